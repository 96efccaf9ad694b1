package schema

import "strings"

const (
	idSet      = `(?:\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*)`
	pciHost    = `(?:(?:(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?)(;(?:(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?))*)`
	hexID      = `(?:^0x[0-9a-fA-F]{4}$)`
	usbHost    = `(?:(?:(?:(?:(0x)?([0-9A-Fa-f]{4}):(0x)?([0-9A-Fa-f]{4})))|(?:(?:(\d+)\-(\d+(\.\d+)*)))|[Ss][Pp][Ii][Cc][Ee]))`
	base64Text = `[A-Za-z0-9+\/]+={0,2}`
)

// MachineType is the pattern of the names of emulated boards.
const MachineType = `(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)`

// UUID is the pattern of a UUID.
const UUID = `[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}`

// guestStrings are the property strings of a VM as a whole.
func guestStrings() []Format {
	return []Format{
		keys("inline/agent", Rows{
			Flag("enabled").Must().bare(), Flag("fstrim_cloned_disks"), Str("type").OneOf("virtio", "isa"),
			Flag("freeze-fs-on-backup").Til(V84),
			Flag("freeze-fs").From(V92), other("freeze-fs-on-backup", "freeze-fs").From(V92), other("guest-fsfreeze", "freeze-fs").From(V92),
		}),
		keys("inline/memory", Rows{Whole("current").Must().Min(16).bare()}).From(V84),
		keys("inline/machine", Rows{
			Str("type").Like(MachineType).Chars(40).bare(), Str("viommu").OneOf("intel", "virtio"),
			Flag("enable-s3"), Flag("enable-s4"), Num("aw-bits").Between(32, 64).From(V92),
		}).From(V84),
		keys("inline/numa", Rows{
			Str("cpus").Like(idSet).Must(), Str("hostnodes").Like(idSet),
			Num("memory"), Str("policy").OneOf("preferred", "bind", "interleave"),
		}),
		keys("inline/spice_enhancements", Rows{Flag("foldersharing"), Str("videostreaming").OneOf("off", "all", "filter")}),
		keys("pve-vm-cpu-conf", cpuKeys()).judged(cpuVerdict),
		keys("pve-qm-boot", Rows{Str("legacy").Like(`[acdn]{1,4}`).bare(), Str("order").Of("pve-qm-bootdev-list")}),
		keys("pve-qm-ipconfig", Rows{
			Str("ip").Of("pve-ipv4-config"), Str("gw").Of("ipv4").Needs("ip"),
			Str("ip6").Of("pve-ipv6-config"), Str("gw6").Of("ipv6").Needs("ip6"),
		}),
		keys("pve-qm-cicustom", Rows{
			Str("meta").Of("pve-volume-id"), Str("network").Of("pve-volume-id"),
			Str("user").Of("pve-volume-id"), Str("vendor").Of("pve-volume-id"),
		}),
		keys("pve-qm-smbios1", smbiosKeys()),
		keys("pve-qemu-sev-fmt", Rows{
			Str("type").OneOf("std", "es", "snp").Chars(3).Must().bare(),
			Flag("allow-smt"), Flag("kernel-hashes"), Flag("no-debug"), Flag("no-key-sharing"),
		}).From(V84),
		keys("pve-qemu-tdx-fmt", Rows{
			Str("type").OneOf("tdx").Must().bare(), Flag("attestation").Must(), Whole("vsock-cid").Min(2), Whole("vsock-port").Min(0),
		}).From(V92),
	}
}

func smbiosKeys() Rows {
	rows := Rows{Flag("base64"), Str("uuid").Like(UUID)}
	for _, name := range []string{"family", "manufacturer", "product", "serial", "sku", "version"} {
		rows = append(rows, Str(name).Like(base64Text))
	}
	return rows
}

func cpuKeys() Rows {
	rows := Rows{
		Str("cputype").bare(),
		Str("flags").Like(`(?:(?:([+-])([a-zA-Z0-9\-_\.]+))(;(?:([+-])([a-zA-Z0-9\-_\.]+)))*)`),
		Whole("guest-phys-bits").Between(32, 64).From(V92),
		Flag("hidden"),
		Str("hv-vendor-id").Like(`(?:[a-zA-Z0-9]{1,12})`),
		Whole("level").Between(0, 1<<32-1).From(V92),
		Str("phys-bits").Of("pve-phys-bits"),
	}
	for _, v := range Versions() {
		rows = append(rows, Str("reported-model").OneOf(cpuModels(v)...).From(v).Til(v))
	}
	return rows
}

// cpuModels are the built-in CPU models of a release.
func cpuModels(v Version) []string {
	var all []string
	for model := range strings.FieldsSeq(cpuModelNames) {
		name, since, _ := strings.Cut(model, "@")
		if v >= Version(since) {
			all = append(all, name)
		}
	}
	return all
}

// cpuLevels are abstract models that a VM may use but not report.
func cpuLevels() []string {
	return []string{"x86-64-v2", "x86-64-v2-AES", "x86-64-v3", "x86-64-v4"}
}

// cpuModelNames are the models of the newest release, with the release that
// brought one after @.
const cpuModelNames = `
486 a64fx@9.2 athlon Broadwell Broadwell-IBRS Broadwell-noTSX Broadwell-noTSX-IBRS Cascadelake-Server
Cascadelake-Server-noTSX Cascadelake-Server-v2@8.4 Cascadelake-Server-v4@8.4 Cascadelake-Server-v5@8.4
ClearwaterForest@9.2 Conroe Cooperlake@8.4 Cooperlake-v2@8.4 core2duo coreduo cortex-a35@9.2 cortex-a53@9.2
cortex-a55@9.2 cortex-a57@9.2 cortex-a710@9.2 cortex-a72@9.2 cortex-a76@9.2 EPYC EPYC-Genoa@8.4
EPYC-Genoa-v2@9.2 EPYC-IBPB EPYC-Milan EPYC-Milan-v2@8.4 EPYC-Milan-v3@9.2 EPYC-Rome EPYC-Rome-v2@8.4
EPYC-Rome-v3@8.4 EPYC-Rome-v4@8.4 EPYC-Rome-v5@9.2 EPYC-Turin@9.2 EPYC-v3@8.4 EPYC-v4@8.4 EPYC-v5@9.2
GraniteRapids@8.4 GraniteRapids-v2@9.2 GraniteRapids-v3@9.2 Haswell Haswell-IBRS Haswell-noTSX
Haswell-noTSX-IBRS host Icelake-Client Icelake-Client-noTSX Icelake-Server Icelake-Server-noTSX
Icelake-Server-v3@8.4 Icelake-Server-v4@8.4 Icelake-Server-v5@8.4 Icelake-Server-v6@8.4 Icelake-Server-v7@9.2
IvyBridge IvyBridge-IBRS KnightsMill kvm32 kvm64 max Nehalem Nehalem-IBRS neoverse-n1@9.2 neoverse-n2@9.2
neoverse-v1@9.2 Opteron_G1 Opteron_G2 Opteron_G3 Opteron_G4 Opteron_G5 Penryn pentium pentium2 pentium3 phenom
qemu32 qemu64 SandyBridge SandyBridge-IBRS SapphireRapids@8.4 SapphireRapids-v2@8.4 SapphireRapids-v3@9.2
SapphireRapids-v4@9.2 SierraForest@9.2 SierraForest-v2@9.2 SierraForest-v3@9.2 Skylake-Client
Skylake-Client-IBRS Skylake-Client-noTSX-IBRS Skylake-Client-v4@8.4 Skylake-Server Skylake-Server-IBRS
Skylake-Server-noTSX-IBRS Skylake-Server-v4@8.4 Skylake-Server-v5@8.4 Westmere Westmere-IBRS`
