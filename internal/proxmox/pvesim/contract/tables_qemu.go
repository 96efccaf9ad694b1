package contract

// qemuRoutes are the calls for VMs, their configuration, disks and consoles.
func qemuRoutes() []route {
	return []route{
		get("/nodes/{node}/qemu", everyone(), atNode(), params{flag("full")}).onNode().private(),
		post("/nodes/{node}/qemu", everyone(), atVM(), configParams(), params{
			str("archive").chars(255),
			whole("bwlimit").min(0),
			flag("force").needs("archive"),
			flag("ha-managed").from(V92),
			str("import-working-storage").of("pve-storage-id").from(V84),
			flag("live-restore").needs("archive").til(V74),
			flag("live-restore").from(V84),
			str("pool").of("pve-poolid"),
			flag("start"),
			str("storage").of("pve-storage-id"),
			flag("unique").needs("archive"),
		}).onNode(),
		del(vmPath, onVM("VM.Allocate"), atVM(), params{flag("destroy-unreferenced-disks"), flag("purge"), flag("skiplock")}).onNode(),
		get(vmPath, everyone(), atVM()).onNode(),
		post(vmPath+"/clone", mayClone(), atVM(), newVMID(), params{
			whole("bwlimit").min(0),
			str("description"),
			str("format").oneOf("raw", "qcow2", "vmdk"),
			flag("full"),
			str("name").of("dns-name"),
			str("pool").of("pve-poolid"),
			str("snapname").of("pve-configid").chars(40),
			str("storage").of("pve-storage-id"),
			str("target").of("pve-node"),
		}).onNode(),
		get(vmPath+"/cloudinit", onVM("VM.Audit"), atVM()).onNode(),
		put(vmPath+"/cloudinit", onVM("VM.Config.Cloudinit"), atVM()).onNode().before(brokenOn("/vms/{vmid}", "VM.Config.Cloudinit"), V74),
		get(vmPath+"/cloudinit/dump", onVM("VM.Audit"), atVM(), params{str("type").oneOf("user", "network", "meta").must()}).onNode(),
		get(vmPath+"/config", onVM("VM.Audit"), atVM(), params{flag("current"), str("snapshot").of("pve-configid").chars(40)}).onNode(),
		post(vmPath+"/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), params{
			whole("background_delay").between(1, 30),
			str("delete").of("pve-configid-list"),
			str("digest").chars(40),
			flag("force").needs("delete"),
			str("import-working-storage").of("pve-storage-id").from(V84),
			str("revert").of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
		put(vmPath+"/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), params{
			str("delete").of("pve-configid-list"),
			str("digest").chars(40),
			flag("force").needs("delete"),
			str("revert").of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
		get(vmPath+"/feature", onVM("VM.Audit"), atVM(), params{
			str("feature").oneOf("snapshot", "clone", "copy").must(),
			str("snapname").of("pve-configid").chars(40),
		}).onNode().private(),
		post(vmPath+"/move_disk", onVM("VM.Config.Disk"), atVM(), targetVMID(), params{
			whole("bwlimit").min(0),
			flag("delete"),
			str("digest").chars(40),
			str("disk").oneOf(volumeKeys()...).must(),
			str("format").oneOf("raw", "qcow2", "vmdk"),
			str("storage").of("pve-storage-id"),
			str("target-digest").chars(40),
			str("target-disk").oneOf(volumeKeys()...),
		}).onNode(),
		get(vmPath+"/pending", onVM("VM.Audit"), atVM()).onNode(),
		put(vmPath+"/resize", onVM("VM.Config.Disk"), atVM(), params{
			str("digest").chars(40),
			str("disk").oneOf(diskKeys()...).must(),
			str("size").like(`\+?\d+(\.\d+)?[KMGT]?`).must(),
			flag("skiplock"),
		}).onNode(),
		get(vmPath+"/rrd", onVM("VM.Audit"), atVM(), params{
			str("cf").oneOf("AVERAGE", "MAX"),
			str("ds").of("pve-configid-list").must(),
			str("timeframe").oneOf("hour", "day", "week", "month", "year").must(),
		}).private(),
		get(vmPath+"/rrddata", onVM("VM.Audit"), atVM(), params{
			str("cf").oneOf("AVERAGE", "MAX"),
			str("timeframe").oneOf("hour", "day", "week", "month", "year").must(),
		}).private(),
		post(vmPath+"/template", onVM("VM.Allocate"), atVM(), params{str("disk").oneOf(diskKeys()...)}).onNode(),
		post(vmPath+"/termproxy", onVM("VM.Console"), atVM(), params{str("serial").oneOf("serial0", "serial1", "serial2", "serial3")}),
		put(vmPath+"/unlink", onVM("VM.Config.Disk"), atVM(), params{flag("force"), str("idlist").of("pve-configid-list").must()}).onNode(),
		post(vmPath+"/vncproxy", onVM("VM.Console"), atVM(), params{flag("generate-password"), flag("websocket")}),
		get(vmPath+"/vncwebsocket", onVM("VM.Console"), atVM(), params{whole("port").between(5900, 5999).must(), str("vncticket").chars(512).must()}),
	}
}

// mayClone wants the right to copy and the right to create, the latter on the
// new id or on the pool it goes to.
func mayClone() Perm {
	create := either(on("/vms/{newid}", "VM.Allocate"), on("/pool/{pool}", "VM.Allocate").ifGiven("pool"))
	return both(onVM("VM.Clone"), create)
}
