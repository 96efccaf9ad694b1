package contract

import (
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// configParams are the keys of a VM's configuration: create and both kinds of
// change take the same ones.
func configParams() params {
	return join(machineParams(), driveParams(), deviceParams(), cloudInitParams())
}

// machineParams describe processor, memory, machine and behaviour.
func machineParams() params {
	return params{
		flag("acpi"),
		str("affinity").Of("pve-cpuset"),
		str("agent").Of("inline/agent"),
		flag("allow-ksm").From(V92),
		str("amd-sev").Of("pve-qemu-sev-fmt").From(V84),
		str("arch").OneOf("x86_64", "aarch64"),
		str("args"), flag("autostart"),
		whole("balloon").Min(0),
		str("bios").OneOf("seabios", "ovmf"),
		whole("cores").Min(1),
		str("cpu").Of("pve-vm-cpu-conf"),
		num("cpulimit").Between(0, 128),
		whole("cpuunits").Between(1, 262144),
		str("description").Chars(8192),
		flag("freeze"),
		str("hookscript").Of("pve-volume-id"),
		str("hotplug").Of("pve-hotplug-features"),
		str("hugepages").OneOf("any", "2", "1024"),
		str("intel-tdx").Of("pve-qemu-tdx-fmt").From(V92),
		flag("keephugepages"), flag("kvm"), flag("localtime"),
		str("lock").OneOf(strings.Fields("backup clone create migrate rollback snapshot snapshot-delete suspending suspended")...),
		str("machine").Like(schema.MachineType).Chars(40).Til(V74),
		str("machine").Of("inline/machine").From(V84),
		whole("memory").Min(16).Til(V74),
		str("memory").Of("inline/memory").From(V84),
		num("migrate_downtime").Min(0),
		whole("migrate_speed").Min(0),
		flag("numa"),
		str("numa").UpTo(7).Of("inline/numa"),
		flag("onboot"),
		str("ostype").OneOf(strings.Fields("other wxp w2k w2k3 w2k8 wvista win7 win8 win10 win11 l24 l26 solaris")...),
		flag("protection"), flag("reboot"),
		whole("shares").Between(0, 50000),
		str("smbios1").Of("pve-qm-smbios1").Chars(512),
		whole("smp").Min(1),
		whole("sockets").Min(1),
		str("startdate").Like(`(now|\d{4}-\d{1,2}-\d{1,2}(T\d{1,2}:\d{1,2}:\d{1,2})?)`),
		str("startup").Of("pve-startup-order"),
		str("tags").Of("pve-tag-list"),
		flag("tdf"), flag("template"),
		whole("vcpus").Min(1),
		str("vmgenid").Like("(?:" + schema.UUID + "|[01])"),
		str("vmstatestorage").Of("pve-storage-id"),
		str("name").Of("dns-name"),
	}
}

// driveParams are disks and what to boot from.
func driveParams() params {
	return params{
		str("boot").Of("pve-qm-boot"),
		str("bootdisk").Of("pve-qm-bootdisk").Like(`(ide|sata|scsi|virtio)\d+`),
		str("cdrom").Of("pve-qm-ide"),
		str("efidisk0").Of("inline/efidisk0-alloc"),
		str("ide").UpTo(3).Of("inline/ide-alloc"),
		str("sata").UpTo(5).Of("inline/sata-alloc"),
		str("scsi").UpTo(30).Of("inline/scsi-alloc"),
		str("scsihw").OneOf("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi"),
		str("tpmstate0").Of("inline/tpmstate0-alloc"),
		str("unused").UpTo(255).Of("inline/unused"),
		str("virtio").UpTo(15).Of("inline/virtio-alloc"),
	}
}

// deviceParams are network cards and other devices.
func deviceParams() params {
	return params{
		str("audio0").Of("inline/audio0"),
		str("hostpci").UpTo(15).Of("pve-qm-hostpci"),
		str("ivshmem").Of("inline/ivshmem"),
		str("keyboard").OneOf(strings.Fields("de de-ch da en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sv sl tr")...),
		str("net").UpTo(31).Of("inline/net"),
		str("parallel").UpTo(2).Like(`/dev/parport\d+|/dev/usb/lp\d+`),
		str("rng0").Of("inline/rng0").Til(V74),
		str("rng0").Of("pve-qm-rng").From(V84),
		str("serial").UpTo(3).Like("(/dev/.+|socket)").Til(V84),
		str("serial").UpTo(3).Like("(/dev/[^,]+|socket)").From(V92),
		str("spice_enhancements").Of("inline/spice_enhancements"),
		flag("tablet"),
		str("usb").UpTo(13).Of("inline/usb"),
		str("vga").Of("inline/vga"),
		str("virtiofs").UpTo(9).Of("inline/virtiofs").From(V84),
		str("watchdog").Of("pve-qm-watchdog"),
	}
}

// cloudInitParams are the values for cloud-init.
func cloudInitParams() params {
	return params{
		str("cicustom").Of("pve-qm-cicustom"),
		str("cipassword"),
		str("citype").OneOf("configdrive2", "nocloud", "opennebula"),
		flag("ciupgrade").From(V84),
		str("ciuser"),
		str("ipconfig").UpTo(31).Of("pve-qm-ipconfig"),
		str("nameserver").Of("address-list"),
		str("searchdomain"),
		str("sshkeys").Of("urlencoded"),
	}
}
