package contract

import "strings"

// configParams are the keys of a VM's configuration: create and both kinds of
// change take the same ones.
func configParams() params {
	return join(machineParams(), driveParams(), deviceParams(), cloudInitParams())
}

// machineParams describe processor, memory, machine and behaviour.
func machineParams() params {
	return params{
		flag("acpi"),
		str("affinity").of("pve-cpuset"),
		str("agent").of("inline/agent"),
		flag("allow-ksm").from(V92),
		str("amd-sev").of("pve-qemu-sev-fmt").from(V84),
		str("arch").oneOf("x86_64", "aarch64"),
		str("args"), flag("autostart"),
		whole("balloon").min(0),
		str("bios").oneOf("seabios", "ovmf"),
		whole("cores").min(1),
		str("cpu").of("pve-vm-cpu-conf"),
		num("cpulimit").between(0, 128),
		whole("cpuunits").between(1, 262144),
		str("description").chars(8192),
		flag("freeze"),
		str("hookscript").of("pve-volume-id"),
		str("hotplug").of("pve-hotplug-features"),
		str("hugepages").oneOf("any", "2", "1024"),
		str("intel-tdx").of("pve-qemu-tdx-fmt").from(V92),
		flag("keephugepages"), flag("kvm"), flag("localtime"),
		str("lock").oneOf(strings.Fields("backup clone create migrate rollback snapshot snapshot-delete suspending suspended")...),
		str("machine").like(machineType).chars(40).til(V74),
		str("machine").of("inline/machine").from(V84),
		whole("memory").min(16).til(V74),
		str("memory").of("inline/memory").from(V84),
		num("migrate_downtime").min(0),
		whole("migrate_speed").min(0),
		flag("numa"),
		str("numa").upTo(7).of("inline/numa"),
		flag("onboot"),
		str("ostype").oneOf(strings.Fields("other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris")...),
		flag("protection"), flag("reboot"),
		whole("shares").between(0, 50000),
		str("smbios1").of("pve-qm-smbios1").chars(512),
		whole("smp").min(1),
		whole("sockets").min(1),
		str("startdate").like(`(now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?)`),
		str("startup").of("pve-startup-order"),
		str("tags").of("pve-tag-list"),
		flag("tdf"), flag("template"),
		whole("vcpus").min(1),
		str("vmgenid").like("(?:" + uuidExpr + "|[01])"),
		str("vmstatestorage").of("pve-storage-id"),
		str("name").of("dns-name"),
	}
}

// driveParams are disks and what to boot from.
func driveParams() params {
	return params{
		str("boot").of("pve-qm-boot"),
		str("bootdisk").of("pve-qm-bootdisk").like(`(ide|sata|scsi|virtio)\d+`),
		str("cdrom").of("pve-qm-ide"),
		str("efidisk0").of("inline/efidisk0-alloc"),
		str("ide").upTo(3).of("inline/ide-alloc"),
		str("sata").upTo(5).of("inline/sata-alloc"),
		str("scsi").upTo(30).of("inline/scsi-alloc"),
		str("scsihw").oneOf("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
		str("tpmstate0").of("inline/tpmstate0-alloc"),
		str("unused").upTo(255).of("inline/unused"),
		str("virtio").upTo(15).of("inline/virtio-alloc"),
	}
}

// deviceParams are network cards and other devices.
func deviceParams() params {
	return params{
		str("audio0").of("inline/audio0"),
		str("hostpci").upTo(15).of("pve-qm-hostpci"),
		str("ivshmem").of("inline/ivshmem"),
		str("keyboard").oneOf(strings.Fields("de de-ch da en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sv sl tr")...),
		str("net").upTo(31).of("inline/net"),
		str("parallel").upTo(2).like(`/dev/parport\d+|/dev/usb/lp\d+`),
		str("rng0").of("inline/rng0").til(V74),
		str("rng0").of("pve-qm-rng").from(V84),
		str("serial").upTo(3).like("(/dev/.+|socket)").til(V84),
		str("serial").upTo(3).like("(/dev/[^,]+|socket)").from(V92),
		str("spice_enhancements").of("inline/spice_enhancements"),
		flag("tablet"),
		str("usb").upTo(13).of("inline/usb"),
		str("vga").of("inline/vga"),
		str("virtiofs").upTo(9).of("inline/virtiofs").from(V84),
		str("watchdog").of("pve-qm-watchdog"),
	}
}

// cloudInitParams are the values for cloud-init.
func cloudInitParams() params {
	return params{
		str("cicustom").of("pve-qm-cicustom"),
		str("cipassword"),
		str("citype").oneOf("configdrive2", "nocloud", "opennebula"),
		flag("ciupgrade").from(V84),
		str("ciuser"),
		str("ipconfig").upTo(31).of("pve-qm-ipconfig"),
		str("nameserver").of("address-list"),
		str("searchdomain"),
		str("sshkeys").of("urlencoded"),
	}
}
