package schema

// driveStrings are the property strings of disks. The names ending in -alloc
// belong to the calls that may create a disk, so they take import-from.
func driveStrings() []Format {
	importable := Rows{Str("import-from").Of("pve-volume-id-or-absolute-path")}
	ide := Rows{Str("model").Of("urlencoded").Chars(120)}
	return []Format{
		keys("inline/ide-alloc", driveKeys(), throttleKeys(), wwnKeys(), ide, importable),
		keys("pve-qm-ide", driveKeys(), throttleKeys(), wwnKeys(), ide),
		keys("inline/sata-alloc", driveKeys(), throttleKeys(), wwnKeys(), importable),
		keys("inline/scsi-alloc", driveKeys(), throttleKeys(), wwnKeys(), importable, threadKeys(), Rows{
			Whole("queues").Min(2),
			Flag("scsiblock"),
			Str("product").Like(`[A-Za-z0-9\-_\s]{0,16}`).From(V84),
			Str("vendor").Like(`[A-Za-z0-9\-_\s]{0,8}`).From(V84),
		}),
		keys("inline/virtio-alloc", driveKeys(), throttleKeys(), importable, threadKeys()),
		keys("inline/efidisk0-alloc", fileKeys(), importable, imageFormat(), Rows{
			Str("efitype").OneOf("2m", "4m"),
			Str("ms-cert").OneOf("2011", "2023", "2023w", "2023k").From(V92),
			Flag("pre-enrolled-keys"),
			Str("size").Of("disk-size"),
		}),
		keys("inline/tpmstate0-alloc", fileKeys(), importable, Rows{
			Str("format").OneOf("raw", "qcow2", "vmdk").From(V92),
			Str("size").Of("disk-size"),
			Str("version").OneOf("v1.2", "v2.0"),
		}),
		keys("inline/unused", Rows{Str("file").Of("pve-volume-id").Must().bare(), other("volume", "file")}),
	}
}

func fileKeys() Rows {
	return Rows{Str("file").Of("pve-volume-id-or-qm-path").Must().bare(), other("volume", "file")}
}

func imageFormat() Rows {
	return Rows{
		Str("format").OneOf("raw", "cow", "qcow", "qed", "qcow2", "vmdk", "cloop").Til(V74),
		Str("format").OneOf("raw", "qcow", "qed", "qcow2", "vmdk", "cloop").From(V84),
	}
}

// driveKeys are known on every bus.
func driveKeys() Rows {
	return Join(fileKeys(), imageFormat(), Rows{
		Str("aio").OneOf("native", "threads", "io_uring"),
		Flag("backup"),
		Str("cache").OneOf("none", "writethrough", "writeback", "unsafe", "directsync"),
		Whole("cyls").Til(V84),
		Flag("detect_zeroes"),
		Str("discard").OneOf("ignore", "on"),
		Whole("heads").Til(V84),
		Str("media").OneOf("cdrom", "disk"),
		Flag("replicate"),
		Str("rerror").OneOf("ignore", "report", "stop"),
		Whole("secs").Til(V84),
		Str("serial").Of("urlencoded").Chars(60),
		Flag("shared"),
		Str("size").Of("disk-size"),
		Flag("snapshot"),
		Str("trans").OneOf("none", "lba", "auto").Til(V84),
		Str("werror").OneOf("enospc", "ignore", "report", "stop"),
	})
}

func wwnKeys() Rows {
	return Rows{Flag("ssd"), Str("wwn").Like(`(?:^(0x)[0-9a-fA-F]{16})`)}
}

func threadKeys() Rows { return Rows{Flag("iothread"), Flag("ro")} }

// throttleKeys limit bandwidth (mbps in MiB/s) and operations, in total and per
// direction, each with a burst. The plain bps keys are accepted and lost
// (pve-behaviour §7).
func throttleKeys() Rows {
	var rows Rows
	for _, way := range []string{"", "_rd", "_wr"} {
		rows = append(rows, Whole("bps"+way), Whole("bps"+way+"_max_length").Min(1),
			Whole("iops"+way), Whole("iops"+way+"_max"), Whole("iops"+way+"_max_length").Min(1),
			Num("mbps"+way), Num("mbps"+way+"_max"))
		if way != "" {
			rows = append(rows, other("bps"+way+"_length", "bps"+way+"_max_length"),
				other("iops"+way+"_length", "iops"+way+"_max_length"))
		}
	}
	return rows
}
