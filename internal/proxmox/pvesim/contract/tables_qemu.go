package contract

// qemuRoutes are the calls for VMs and their configuration.
func qemuRoutes() []route {
	return []route{
		get("/nodes/{node}/qemu", everyone(), atNode(), params{flag("full")}).onNode().private(),
		post("/nodes/{node}/qemu", everyone(), atVM(), configParams(), params{
			str("archive").Chars(255),
			whole("bwlimit").Min(0),
			flag("force").Needs("archive"),
			flag("ha-managed").From(V92),
			str("import-working-storage").Of("pve-storage-id").From(V84),
			flag("live-restore").Needs("archive").Til(V74),
			flag("live-restore").From(V84),
			str("pool").Of("pve-poolid"),
			flag("start"),
			str("storage").Of("pve-storage-id"),
			flag("unique").Needs("archive"),
		}).onNode(),
		del(vmPath, onVM("VM.Allocate"), atVM(), params{flag("destroy-unreferenced-disks"), flag("purge"), flag("skiplock")}).onNode(),
		get(vmPath, everyone(), atVM()).onNode(),
		post(vmPath+"/clone", mayClone(), atVM(), newVMID(), params{
			whole("bwlimit").Min(0),
			str("description"),
			str("format").OneOf("raw", "qcow2", "vmdk"),
			flag("full"),
			str("name").Of("dns-name"),
			str("pool").Of("pve-poolid"),
			str("snapname").Of("pve-configid").Chars(40),
			str("storage").Of("pve-storage-id"),
			str("target").Of("pve-node"),
		}).onNode(),
		get(vmPath+"/cloudinit", onVM("VM.Audit"), atVM()).onNode(),
		put(vmPath+"/cloudinit", onVM("VM.Config.Cloudinit"), atVM()).onNode().before(brokenOn("/vms/{vmid}", "VM.Config.Cloudinit"), V74),
		get(vmPath+"/cloudinit/dump", onVM("VM.Audit"), atVM(), params{str("type").OneOf("user", "network", "meta").Must()}).onNode(),
		get(vmPath+"/config", onVM("VM.Audit"), atVM(), params{flag("current"), str("snapshot").Of("pve-configid").Chars(40)}).onNode(),
		post(vmPath+"/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), params{
			whole("background_delay").Between(1, 30),
			str("delete").Of("pve-configid-list"),
			str("digest").Chars(40),
			flag("force").Needs("delete"),
			str("import-working-storage").Of("pve-storage-id").From(V84),
			str("revert").Of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
		put(vmPath+"/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), params{
			str("delete").Of("pve-configid-list"),
			str("digest").Chars(40),
			flag("force").Needs("delete"),
			str("revert").Of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
	}
}

// qemuPartRoutes are the calls for disks, statistics and consoles of a VM.
func qemuPartRoutes() []route {
	return []route{
		get(vmPath+"/feature", onVM("VM.Audit"), atVM(), params{
			str("feature").OneOf("snapshot", "clone", "copy").Must(),
			str("snapname").Of("pve-configid").Chars(40),
		}).onNode().private(),
		post(vmPath+"/move_disk", onVM("VM.Config.Disk"), atVM(), targetVMID(), params{
			whole("bwlimit").Min(0),
			flag("delete"),
			str("digest").Chars(40),
			str("disk").OneOf(volumeKeys()...).Must(),
			str("format").OneOf("raw", "qcow2", "vmdk"),
			str("storage").Of("pve-storage-id"),
			str("target-digest").Chars(40),
			str("target-disk").OneOf(volumeKeys()...),
		}).onNode(),
		get(vmPath+"/pending", onVM("VM.Audit"), atVM()).onNode(),
		put(vmPath+"/resize", onVM("VM.Config.Disk"), atVM(), params{
			str("digest").Chars(40),
			str("disk").OneOf(diskKeys()...).Must(),
			str("size").Like(`\+?\d+(\.\d+)?[KMGT]?`).Must(),
			flag("skiplock"),
		}).onNode(),
		get(vmPath+"/rrd", onVM("VM.Audit"), atVM(), params{
			str("cf").OneOf("AVERAGE", "MAX"),
			str("ds").Of("pve-configid-list").Must(),
			str("timeframe").OneOf("hour", "day", "week", "month", "year").Must(),
		}).private(),
		get(vmPath+"/rrddata", onVM("VM.Audit"), atVM(), params{
			str("cf").OneOf("AVERAGE", "MAX"),
			str("timeframe").OneOf("hour", "day", "week", "month", "year").Must(),
		}).private(),
		post(vmPath+"/template", onVM("VM.Allocate"), atVM(), params{str("disk").OneOf(diskKeys()...)}).onNode(),
		post(vmPath+"/termproxy", onVM("VM.Console"), atVM(), params{str("serial").OneOf("serial0", "serial1", "serial2", "serial3")}),
		put(vmPath+"/unlink", onVM("VM.Config.Disk"), atVM(), params{flag("force"), str("idlist").Of("pve-configid-list").Must()}).onNode(),
		post(vmPath+"/vncproxy", onVM("VM.Console"), atVM(), params{flag("generate-password"), flag("websocket")}),
		get(vmPath+"/vncwebsocket", onVM("VM.Console"), atVM(), params{whole("port").Between(5900, 5999).Must(), str("vncticket").Chars(512).Must()}),
	}
}

// mayClone wants the right to copy and the right to create, the latter on the
// new id or on the pool it goes to.
func mayClone() Perm {
	create := either(on("/vms/{newid}", "VM.Allocate"), on("/pool/{pool}", "VM.Allocate").ifGiven("pool"))
	return both(onVM("VM.Clone"), create)
}
