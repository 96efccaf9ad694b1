package contract

// deviceStrings are the property strings of emulated and passed-through
// devices other than disks.
func deviceStrings() []format {
	return []format{
		keys("inline/net", netKeys()),
		keys("inline/vga", params{
			str("type").oneOf("cirrus", "qxl", "qxl2", "qxl3", "qxl4", "none", "serial0", "serial1", "serial2", "serial3",
				"std", "virtio", "virtio-gl", "vmware").bare(),
			whole("memory").between(4, 512),
			str("clipboard").oneOf("vnc").from(V84),
		}),
		keys("inline/audio0", params{
			str("device").oneOf("ich9-intel-hda", "intel-hda", "AC97").must(),
			str("driver").oneOf("spice", "none"),
		}),
		keys("inline/ivshmem", params{whole("size").min(1).must(), str("name").like(`[a-zA-Z0-9\-]+`)}),
		keys("inline/rng0", rngKeys()).til(V74),
		keys("pve-qm-rng", rngKeys()).from(V84),
		keys("inline/usb", params{
			str("host").of("pve-qm-usb-device").must().bare().til(V74),
			str("host").like(usbHost).bare().from(V84),
			str("mapping").of("pve-configid").from(V84),
			flag("usb3"),
		}),
		keys("inline/virtiofs", params{
			str("dirid").of("pve-configid").must().bare(),
			str("cache").oneOf("auto", "always", "metadata", "never"),
			flag("direct-io"), flag("expose-acl"), flag("expose-xattr"),
		}).from(V84),
		keys("pve-qm-hostpci", params{
			str("host").like(pciHost).must().bare().til(V74),
			str("host").like(pciHost).bare().from(V84),
			str("mapping").of("pve-configid").from(V84),
			str("driver").oneOf("vfio", "keep").from(V92),
			str("device-id").like(hexID), str("vendor-id").like(hexID),
			str("sub-device-id").like(hexID), str("sub-vendor-id").like(hexID),
			flag("legacy-igd"), flag("pcie"), flag("rombar"), flag("x-vga"),
			str("mdev").like(`[^/\.:]+`), str("romfile").like(`[^,;]+`),
		}),
		keys("pve-qm-watchdog", params{
			str("model").oneOf("i6300esb", "ib700").bare(),
			str("action").oneOf("reset", "shutdown", "poweroff", "pause", "debug", "none"),
		}),
	}
}

func rngKeys() params {
	return params{
		str("source").oneOf("/dev/urandom", "/dev/random", "/dev/hwrng").must().bare(),
		whole("max_bytes"), whole("period"),
	}
}

// netKeys are those of a network card. The name of a card model is also a key:
// virtio=MAC sets both model and macaddr.
func netKeys() params {
	models := []string{
		"e1000", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "e1000e", "i82551", "i82557b", "i82559er",
		"ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "virtio", "vmxnet3",
	}
	rows := params{
		str("model").oneOf(models...).must().bare(),
		str("macaddr").of("mac-addr"),
		str("bridge").of("pve-bridge-id"),
		whole("tag").between(1, 4094),
		str("trunks").like(idSet),
		flag("firewall"), flag("link_down"),
		num("rate").min(0),
		whole("mtu").between(1, 65520),
		whole("queues").between(0, 64),
	}
	for _, model := range models {
		rows = append(rows, other(model, "macaddr").named("model"))
	}
	return rows
}
