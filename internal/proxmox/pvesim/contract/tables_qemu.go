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
		del("/nodes/{node}/qemu/{vmid}", on("/vms/{vmid}", "VM.Allocate"), atVM(), params{flag("destroy-unreferenced-disks"), flag("purge"), flag("skiplock")}).onNode(),
		get("/nodes/{node}/qemu/{vmid}", everyone(), atVM()).onNode(),
		post("/nodes/{node}/qemu/{vmid}/clone", both(on("/vms/{vmid}", "VM.Clone"), either(on("/vms/{newid}", "VM.Allocate"), on("/pool/{pool}", "VM.Allocate").ifGiven("pool"))), atVM(), params{
			whole("bwlimit").min(0),
			str("description"),
			str("format").oneOf("raw", "qcow2", "vmdk"),
			flag("full"),
			str("name").of("dns-name"),
			whole("newid").of("pve-vmid").min(1).must().til(V74),
			whole("newid").of("pve-vmid").between(100, 999999999).must().from(V84),
			str("pool").of("pve-poolid"),
			str("snapname").of("pve-configid").chars(40),
			str("storage").of("pve-storage-id"),
			str("target").of("pve-node"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/cloudinit", on("/vms/{vmid}", "VM.Audit"), atVM()).onNode(),
		put("/nodes/{node}/qemu/{vmid}/cloudinit", on("/vms/{vmid}", "VM.Config.Cloudinit"), atVM()).onNode().before(Perm{kind: permBroken, privs: []string{"VM.Config.Cloudinit"}}, V74),
		get("/nodes/{node}/qemu/{vmid}/cloudinit/dump", on("/vms/{vmid}", "VM.Audit"), atVM(), params{str("type").oneOf("user", "network", "meta").must()}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/config", on("/vms/{vmid}", "VM.Audit"), atVM(), params{flag("current"), str("snapshot").of("pve-configid").chars(40)}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), longDigest(), params{
			whole("background_delay").between(1, 30),
			str("delete").of("pve-configid-list"),
			flag("force").needs("delete"),
			str("import-working-storage").of("pve-storage-id").from(V84),
			str("revert").of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
		put("/nodes/{node}/qemu/{vmid}/config", anyOn("/vms/{vmid}", configPrivs()...), atVM(), configParams(), longDigest(), params{
			str("delete").of("pve-configid-list"),
			flag("force").needs("delete"),
			str("revert").of("pve-configid-list"),
			flag("skiplock"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/feature", on("/vms/{vmid}", "VM.Audit"), atVM(), params{
			str("feature").oneOf("snapshot", "clone", "copy").must(),
			str("snapname").of("pve-configid").chars(40),
		}).onNode().private(),
		post("/nodes/{node}/qemu/{vmid}/move_disk", on("/vms/{vmid}", "VM.Config.Disk"), atVM(), longDigest(), params{
			whole("bwlimit").min(0),
			flag("delete"),
			str("disk").oneOf(volumeKeys()...).must(),
			str("format").oneOf("raw", "qcow2", "vmdk"),
			str("storage").of("pve-storage-id"),
			str("target-digest").chars(40),
			str("target-disk").oneOf(volumeKeys()...),
			whole("target-vmid").of("pve-vmid").min(1).til(V74),
			whole("target-vmid").of("pve-vmid").between(100, 999999999).from(V84),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/pending", on("/vms/{vmid}", "VM.Audit"), atVM()).onNode(),
		put("/nodes/{node}/qemu/{vmid}/resize", on("/vms/{vmid}", "VM.Config.Disk"), atVM(), longDigest(), params{
			str("disk").oneOf(diskKeys()...).must(),
			str("size").like(`\+?\d+(\.\d+)?[KMGT]?`).must(),
			flag("skiplock"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/rrd", on("/vms/{vmid}", "VM.Audit"), atVM(), params{
			str("cf").oneOf("AVERAGE", "MAX"),
			str("ds").of("pve-configid-list").must(),
			str("timeframe").oneOf("hour", "day", "week", "month", "year").must(),
		}).private(),
		get("/nodes/{node}/qemu/{vmid}/rrddata", on("/vms/{vmid}", "VM.Audit"), atVM(), params{
			str("cf").oneOf("AVERAGE", "MAX"),
			str("timeframe").oneOf("hour", "day", "week", "month", "year").must(),
		}).private(),
		post("/nodes/{node}/qemu/{vmid}/template", on("/vms/{vmid}", "VM.Allocate"), atVM(), params{str("disk").oneOf(diskKeys()...)}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/termproxy", on("/vms/{vmid}", "VM.Console"), atVM(), params{
			str("serial").oneOf("serial0", "serial1", "serial2", "serial3"),
		}),
		put("/nodes/{node}/qemu/{vmid}/unlink", on("/vms/{vmid}", "VM.Config.Disk"), atVM(), params{
			flag("force"),
			str("idlist").of("pve-configid-list").must(),
		}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/vncproxy", on("/vms/{vmid}", "VM.Console"), atVM(), params{flag("generate-password"), flag("websocket")}),
		get("/nodes/{node}/qemu/{vmid}/vncwebsocket", on("/vms/{vmid}", "VM.Console"), atVM(), params{
			whole("port").between(5900, 5999).must(),
			str("vncticket").chars(512).must(),
		}),
	}
}
