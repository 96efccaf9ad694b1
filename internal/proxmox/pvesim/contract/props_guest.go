package contract

import "strings"

const (
	idSet   = `(?:\d+(?:-\d+)?(?:;\d+(?:-\d+)?)*)`
	pciHost = `(?:(?:(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?)(;(?:(?:[a-f0-9]{4,}:)?[a-f0-9]{2}:[a-f0-9]{2}(?:\.[a-f0-9])?))*)`
	hexID   = `(?:^0x[0-9a-fA-F]{4}$)`
	usbHost = `(?:(?:(?:(?:(0x)?([0-9A-Fa-f]{4}):(0x)?([0-9A-Fa-f]{4})))|(?:(?:(\d+)\-(\d+(\.\d+)*)))|[Ss][Pp][Ii][Cc][Ee]))`
	// machineType names the emulated boards.
	machineType = `(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)`
	base64Text  = `[A-Za-z0-9+\/]+={0,2}`
	uuidExpr    = `[a-fA-F0-9]{8}(?:-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}`
)

// guestStrings are the property strings of a VM as a whole.
func guestStrings() []format {
	return []format{
		keys("inline/agent", params{
			flag("enabled").must().bare(), flag("fstrim_cloned_disks"), str("type").oneOf("virtio", "isa"),
			flag("freeze-fs-on-backup").til(V84),
			flag("freeze-fs").from(V92), other("freeze-fs-on-backup", "freeze-fs").from(V92), other("guest-fsfreeze", "freeze-fs").from(V92),
		}),
		keys("inline/memory", params{whole("current").must().min(16).bare()}).from(V84),
		keys("inline/machine", params{
			str("type").like(machineType).chars(40).bare(), str("viommu").oneOf("intel", "virtio"),
			flag("enable-s3"), flag("enable-s4"), num("aw-bits").between(32, 64).from(V92),
		}).from(V84),
		keys("inline/numa", params{
			str("cpus").like(idSet).must(), str("hostnodes").like(idSet),
			num("memory"), str("policy").oneOf("preferred", "bind", "interleave"),
		}),
		keys("inline/spice_enhancements", params{flag("foldersharing"), str("videostreaming").oneOf("off", "all", "filter")}),
		keys("pve-vm-cpu-conf", cpuKeys()).judged(cpuVerdict),
		keys("pve-qm-boot", params{str("legacy").like(`[acdn]{1,4}`).bare(), str("order").of("pve-qm-bootdev-list")}),
		keys("pve-qm-ipconfig", params{
			str("ip").of("pve-ipv4-config"), str("gw").of("ipv4").needs("ip"),
			str("ip6").of("pve-ipv6-config"), str("gw6").of("ipv6").needs("ip6"),
		}),
		keys("pve-qm-cicustom", params{
			str("meta").of("pve-volume-id"), str("network").of("pve-volume-id"),
			str("user").of("pve-volume-id"), str("vendor").of("pve-volume-id"),
		}),
		keys("pve-qm-smbios1", smbiosKeys()),
		keys("pve-qemu-sev-fmt", params{
			str("type").oneOf("std", "es", "snp").chars(3).must().bare(),
			flag("allow-smt"), flag("kernel-hashes"), flag("no-debug"), flag("no-key-sharing"),
		}).from(V84),
		keys("pve-qemu-tdx-fmt", params{
			str("type").oneOf("tdx").must().bare(), flag("attestation").must(), whole("vsock-cid").min(2), whole("vsock-port").min(0),
		}).from(V92),
	}
}

func smbiosKeys() params {
	rows := params{flag("base64"), str("uuid").like(uuidExpr)}
	for _, name := range []string{"family", "manufacturer", "product", "serial", "sku", "version"} {
		rows = append(rows, str(name).like(base64Text))
	}
	return rows
}

func cpuKeys() params {
	rows := params{
		str("cputype").bare(),
		str("flags").like(`(?:(?:([+-])([a-zA-Z0-9\-_\.]+))(;(?:([+-])([a-zA-Z0-9\-_\.]+)))*)`),
		whole("guest-phys-bits").between(32, 64).from(V92),
		flag("hidden"),
		str("hv-vendor-id").like(`(?:[a-zA-Z0-9]{1,12})`),
		whole("level").between(0, 1<<32-1).from(V92),
		str("phys-bits").of("pve-phys-bits"),
	}
	for _, v := range Versions() {
		rows = append(rows, str("reported-model").oneOf(cpuModels(v)...).from(v).til(v))
	}
	return rows
}

// cpuModels are the built-in CPU models of a release.
func cpuModels(v Version) []string {
	var all []string
	for _, model := range strings.Fields(cpuModelNames) {
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
