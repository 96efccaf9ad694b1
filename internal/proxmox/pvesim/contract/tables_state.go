package contract

// qemuStateRoutes are the calls for power, snapshots and migration of a VM.
func qemuStateRoutes() []route {
	return []route{
		get("/nodes/{node}/qemu/{vmid}/migrate", on("/vms/{vmid}", "VM.Migrate"), atVM(), params{str("target").of("pve-node")}).onNode().private(),
		post("/nodes/{node}/qemu/{vmid}/migrate", on("/vms/{vmid}", "VM.Migrate"), atVM(), params{
			whole("bwlimit").min(0),
			flag("force"),
			str("migration_network").of("CIDR"),
			str("migration_type").oneOf("secure", "insecure"),
			flag("online"),
			str("target").of("pve-node").must(),
			str("targetstorage").of("storage-pair-list"),
			flag("with-conntrack-state").from(V92),
			flag("with-local-disks"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/snapshot", on("/vms/{vmid}", "VM.Audit"), atVM()).onNode().private(),
		post("/nodes/{node}/qemu/{vmid}/snapshot", on("/vms/{vmid}", "VM.Snapshot"), atVM(), params{
			str("description"),
			str("snapname").of("pve-configid").chars(40).must(),
			flag("vmstate"),
		}).onNode(),
		del("/nodes/{node}/qemu/{vmid}/snapshot/{snapname}", on("/vms/{vmid}", "VM.Snapshot"), atVM(), params{
			str("snapname").of("pve-configid").chars(40).must(),
			flag("force"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/snapshot/{snapname}", everyone(), atVM(), params{str("snapname").of("pve-configid").chars(40).must()}),
		get("/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config", anyOn("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"), atVM(), params{
			str("snapname").of("pve-configid").chars(40).must(),
		}).onNode(),
		put("/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/config", on("/vms/{vmid}", "VM.Snapshot"), atVM(), params{
			str("snapname").of("pve-configid").chars(40).must(),
			str("description"),
		}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/snapshot/{snapname}/rollback", anyOn("/vms/{vmid}", "VM.Snapshot", "VM.Snapshot.Rollback"), atVM(), params{
			str("snapname").of("pve-configid").chars(40).must(),
			flag("start"),
		}).onNode(),
		get("/nodes/{node}/qemu/{vmid}/status", everyone(), atVM()).onNode(),
		get("/nodes/{node}/qemu/{vmid}/status/current", on("/vms/{vmid}", "VM.Audit"), atVM()).onNode().private(),
		post("/nodes/{node}/qemu/{vmid}/status/reboot", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{whole("timeout").min(0)}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/reset", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{flag("skiplock")}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/resume", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{flag("nocheck"), flag("skiplock")}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/shutdown", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{
			flag("forceStop"),
			flag("keepActive"),
			flag("skiplock"),
			whole("timeout").min(0),
		}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/start", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{
			str("force-cpu"),
			str("machine").like(`(pc|pc(-i440fx)?-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|q35|pc-q35-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?|virt(?:-\d+(\.\d+)+)?(\+pve\d+)?)`).chars(40).til(V74),
			str("machine").of("inline/machine").from(V84),
			str("migratedfrom").of("pve-node"),
			str("migration_network").of("CIDR"),
			str("migration_type").oneOf("secure", "insecure"),
			str("nets-host-mtu").like(`net\d+=\d+(,net\d+=\d+)*`).from(V92),
			flag("skiplock"),
			str("stateuri").chars(128),
			str("targetstorage").of("storage-pair-list"),
			whole("timeout").min(0),
			flag("with-conntrack-state").from(V92),
		}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/stop", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{
			flag("keepActive"),
			str("migratedfrom").of("pve-node"),
			flag("overrule-shutdown").from(V84),
			flag("skiplock"),
			whole("timeout").min(0),
		}).onNode(),
		post("/nodes/{node}/qemu/{vmid}/status/suspend", on("/vms/{vmid}", "VM.PowerMgmt"), atVM(), params{
			flag("skiplock"),
			str("statestorage").of("pve-storage-id").needs("todisk"),
			flag("todisk"),
		}).onNode(),
	}
}
