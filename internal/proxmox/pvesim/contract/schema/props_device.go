package schema

// deviceStrings are the property strings of emulated and passed-through
// devices other than disks.
func deviceStrings() []Format {
	return []Format{
		keys("inline/net", netKeys()),
		keys("inline/vga", Rows{
			Str("type").OneOf("cirrus", "qxl", "qxl2", "qxl3", "qxl4", "none", "serial0", "serial1", "serial2", "serial3",
				"std", "virtio", "virtio-gl", "vmware").bare(),
			Whole("memory").Between(4, 512),
			Str("clipboard").OneOf("vnc").From(V84),
		}),
		keys("inline/audio0", Rows{
			Str("device").OneOf("ich9-intel-hda", "intel-hda", "AC97").Must(),
			Str("driver").OneOf("spice", "none"),
		}),
		keys("inline/ivshmem", Rows{Whole("size").Min(1).Must(), Str("name").Like(`[a-zA-Z0-9\-]+`)}),
		keys("inline/rng0", rngKeys()).Til(V74),
		keys("pve-qm-rng", rngKeys()).From(V84),
		keys("inline/usb", Rows{
			Str("host").Of("pve-qm-usb-device").Must().bare().Til(V74),
			Str("host").Like(usbHost).bare().From(V84),
			Str("mapping").Of("pve-configid").From(V84),
			Flag("usb3"),
		}),
		keys("inline/virtiofs", Rows{
			Str("dirid").Of("pve-configid").Must().bare(),
			Str("cache").OneOf("auto", "always", "metadata", "never"),
			Flag("direct-io"), Flag("expose-acl"), Flag("expose-xattr"),
		}).From(V84),
		keys("pve-qm-hostpci", Rows{
			Str("host").Like(pciHost).Must().bare().Til(V74),
			Str("host").Like(pciHost).bare().From(V84),
			Str("mapping").Of("pve-configid").From(V84),
			Str("driver").OneOf("vfio", "keep").From(V92),
			Str("device-id").Like(hexID), Str("vendor-id").Like(hexID),
			Str("sub-device-id").Like(hexID), Str("sub-vendor-id").Like(hexID),
			Flag("legacy-igd"), Flag("pcie"), Flag("rombar"), Flag("x-vga"),
			Str("mdev").Like(`[^/\.:]+`), Str("romfile").Like(`[^,;]+`),
		}),
		keys("pve-qm-watchdog", Rows{
			Str("model").OneOf("i6300esb", "ib700").bare(),
			Str("action").OneOf("reset", "shutdown", "poweroff", "pause", "debug", "none"),
		}),
	}
}

func rngKeys() Rows {
	return Rows{
		Str("source").OneOf("/dev/urandom", "/dev/random", "/dev/hwrng").Must().bare(),
		Whole("max_bytes"), Whole("period"),
	}
}

// netKeys are those of a network card. The name of a card model is also a key:
// virtio=MAC sets both model and macaddr.
func netKeys() Rows {
	models := []string{
		"e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er",
		"ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3",
	}
	rows := Rows{
		Str("model").OneOf(models...).Must().bare(),
		Str("macaddr").Of("mac-addr"),
		Str("bridge").Of("pve-bridge-id"),
		Whole("tag").Between(1, 4094),
		Str("trunks").Like(idSet),
		Flag("firewall"), Flag("link_down"),
		Num("rate").Min(0),
		Whole("mtu").Between(1, 65520),
		Whole("queues").Between(0, 64),
	}
	for _, model := range models {
		rows = append(rows, other(model, "macaddr").named("model"))
	}
	return rows
}
