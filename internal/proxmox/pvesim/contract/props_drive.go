package contract

// driveStrings are the property strings of disks. The names ending in -alloc
// belong to the calls that may create a disk, so they take import-from.
func driveStrings() []format {
	importable := params{str("import-from").of("pve-volume-id-or-absolute-path")}
	ide := params{str("model").of("urlencoded").chars(120)}
	return []format{
		keys("inline/ide-alloc", driveKeys(), throttleKeys(), wwnKeys(), ide, importable),
		keys("pve-qm-ide", driveKeys(), throttleKeys(), wwnKeys(), ide),
		keys("inline/sata-alloc", driveKeys(), throttleKeys(), wwnKeys(), importable),
		keys("inline/scsi-alloc", driveKeys(), throttleKeys(), wwnKeys(), importable, threadKeys(), params{
			whole("queues").min(2),
			flag("scsiblock"),
			str("product").like(`[A-Za-z0-9\-_\s]{0,16}`).from(V84),
			str("vendor").like(`[A-Za-z0-9\-_\s]{0,8}`).from(V84),
		}),
		keys("inline/virtio-alloc", driveKeys(), throttleKeys(), importable, threadKeys()),
		keys("inline/efidisk0-alloc", fileKeys(), importable, imageFormat(), params{
			str("efitype").oneOf("2m", "4m"),
			str("ms-cert").oneOf("2011", "2023", "2023w", "2023k").from(V92),
			flag("pre-enrolled-keys"),
			str("size").of("disk-size"),
		}),
		keys("inline/tpmstate0-alloc", fileKeys(), importable, params{
			str("format").oneOf("raw", "qcow2", "vmdk").from(V92),
			str("size").of("disk-size"),
			str("version").oneOf("v1.2", "v2.0"),
		}),
		keys("inline/unused", params{str("file").of("pve-volume-id").must().bare(), other("volume", "file")}),
	}
}

func fileKeys() params {
	return params{str("file").of("pve-volume-id-or-qm-path").must().bare(), other("volume", "file")}
}

func imageFormat() params {
	return params{
		str("format").oneOf("raw", "cow", "qcow", "qed", "qcow2", "vmdk", "cloop").til(V74),
		str("format").oneOf("raw", "qcow", "qed", "qcow2", "vmdk", "cloop").from(V84),
	}
}

// driveKeys are known on every bus.
func driveKeys() params {
	return join(fileKeys(), imageFormat(), params{
		str("aio").oneOf("native", "threads", "io_uring"),
		flag("backup"),
		str("cache").oneOf("none", "writethrough", "writeback", "unsafe", "directsync"),
		whole("cyls").til(V84),
		flag("detect_zeroes"),
		str("discard").oneOf("ignore", "on"),
		whole("heads").til(V84),
		str("media").oneOf("cdrom", "disk"),
		flag("replicate"),
		str("rerror").oneOf("ignore", "report", "stop"),
		whole("secs").til(V84),
		str("serial").of("urlencoded").chars(60),
		flag("shared"),
		str("size").of("disk-size"),
		flag("snapshot"),
		str("trans").oneOf("none", "lba", "auto").til(V84),
		str("werror").oneOf("enospc", "ignore", "report", "stop"),
	})
}

func wwnKeys() params {
	return params{flag("ssd"), str("wwn").like(`(?:^(0x)[0-9a-fA-F]{16})`)}
}

func threadKeys() params { return params{flag("iothread"), flag("ro")} }

// throttleKeys limit bandwidth (mbps in MiB/s) and operations, in total and per
// direction, each with a burst. The plain bps keys are accepted and lost
// (pve-behaviour §7).
func throttleKeys() params {
	var rows params
	for _, way := range []string{"", "_rd", "_wr"} {
		rows = append(rows, whole("bps"+way), whole("bps"+way+"_max_length").min(1),
			whole("iops"+way), whole("iops"+way+"_max"), whole("iops"+way+"_max_length").min(1),
			num("mbps"+way), num("mbps"+way+"_max"))
		if way != "" {
			rows = append(rows, other("bps"+way+"_length", "bps"+way+"_max_length"),
				other("iops"+way+"_length", "iops"+way+"_max_length"))
		}
	}
	return rows
}
