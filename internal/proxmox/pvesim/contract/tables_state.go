package contract

// qemuStateRoutes are the calls for power, snapshots and migration of a VM.
func qemuStateRoutes() []route {
	return []route{
		get(vmPath+"/migrate", onVM("VM.Migrate"), atVM(), params{str("target").of("pve-node")}).onNode().private(),
		post(vmPath+"/migrate", onVM("VM.Migrate"), atVM(), params{
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
		get(vmPath+"/snapshot", onVM("VM.Audit"), atVM()).onNode().private(),
		post(vmPath+"/snapshot", onVM("VM.Snapshot"), atVM(), snapshotName(), params{str("description"), flag("vmstate")}).onNode(),
		del(vmPath+"/snapshot/{snapname}", onVM("VM.Snapshot"), atVM(), snapshotName(), params{flag("force")}).onNode(),
		get(vmPath+"/snapshot/{snapname}", everyone(), atVM(), snapshotName()),
		get(vmPath+"/snapshot/{snapname}/config", anyOnVM("VM.Snapshot", "VM.Snapshot.Rollback", "VM.Audit"), atVM(), snapshotName()).onNode(),
		put(vmPath+"/snapshot/{snapname}/config", onVM("VM.Snapshot"), atVM(), snapshotName(), params{str("description")}).onNode(),
		post(vmPath+"/snapshot/{snapname}/rollback", anyOnVM("VM.Snapshot", "VM.Snapshot.Rollback"), atVM(), snapshotName(), params{flag("start")}).onNode(),
		get(vmPath+"/status", everyone(), atVM()).onNode(),
		get(vmPath+"/status/current", onVM("VM.Audit"), atVM()).onNode().private(),
		post(vmPath+"/status/reboot", onVM("VM.PowerMgmt"), atVM(), params{whole("timeout").min(0)}).onNode(),
		post(vmPath+"/status/reset", onVM("VM.PowerMgmt"), atVM(), params{flag("skiplock")}).onNode(),
		post(vmPath+"/status/resume", onVM("VM.PowerMgmt"), atVM(), params{flag("nocheck"), flag("skiplock")}).onNode(),
		post(vmPath+"/status/shutdown", onVM("VM.PowerMgmt"), atVM(), params{flag("forceStop"), flag("keepActive"), flag("skiplock"), whole("timeout").min(0)}).onNode(),
		post(vmPath+"/status/start", onVM("VM.PowerMgmt"), atVM(), params{
			str("force-cpu"),
			str("machine").like(machineType).chars(40).til(V74),
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
		post(vmPath+"/status/stop", onVM("VM.PowerMgmt"), atVM(), params{
			flag("keepActive"),
			str("migratedfrom").of("pve-node"),
			flag("overrule-shutdown").from(V84),
			flag("skiplock"),
			whole("timeout").min(0),
		}).onNode(),
		post(vmPath+"/status/suspend", onVM("VM.PowerMgmt"), atVM(), params{
			flag("skiplock"),
			str("statestorage").of("pve-storage-id").needs("todisk"),
			flag("todisk"),
		}).onNode(),
	}
}
