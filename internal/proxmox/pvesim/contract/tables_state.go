package contract

import "github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"

// qemuStateRoutes are the calls for power, snapshots and migration of a VM.
func qemuStateRoutes() []route {
	return []route{
		get(vmPath+"/migrate", onVM("VM.Migrate"), atVM(), params{str("target").Of("pve-node")}).onNode().private(),
		post(vmPath+"/migrate", onVM("VM.Migrate"), atVM(), params{
			whole("bwlimit").Min(0),
			flag("force"),
			str("migration_network").Of("CIDR"),
			str("migration_type").OneOf("secure", "insecure"),
			flag("online"),
			str("target").Of("pve-node").Must(),
			str("targetstorage").Of("storage-pair-list"),
			flag("with-conntrack-state").From(V92),
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
		post(vmPath+"/status/reboot", onVM("VM.PowerMgmt"), atVM(), params{whole("timeout").Min(0)}).onNode(),
		post(vmPath+"/status/reset", onVM("VM.PowerMgmt"), atVM(), params{flag("skiplock")}).onNode(),
		post(vmPath+"/status/resume", onVM("VM.PowerMgmt"), atVM(), params{flag("nocheck"), flag("skiplock")}).onNode(),
		post(vmPath+"/status/shutdown", onVM("VM.PowerMgmt"), atVM(), params{flag("forceStop"), flag("keepActive"), flag("skiplock"), whole("timeout").Min(0)}).onNode(),
		post(vmPath+"/status/start", onVM("VM.PowerMgmt"), atVM(), params{
			str("force-cpu"),
			str("machine").Like(schema.MachineType).Chars(40).Til(V74),
			str("machine").Of("inline/machine").From(V84),
			str("migratedfrom").Of("pve-node"),
			str("migration_network").Of("CIDR"),
			str("migration_type").OneOf("secure", "insecure"),
			str("nets-host-mtu").Like(`net\d+=\d+(,net\d+=\d+)*`).From(V92),
			flag("skiplock"),
			str("stateuri").Chars(128),
			str("targetstorage").Of("storage-pair-list"),
			whole("timeout").Min(0),
			flag("with-conntrack-state").From(V92),
		}).onNode(),
		post(vmPath+"/status/stop", onVM("VM.PowerMgmt"), atVM(), params{
			flag("keepActive"),
			str("migratedfrom").Of("pve-node"),
			flag("overrule-shutdown").From(V84),
			flag("skiplock"),
			whole("timeout").Min(0),
		}).onNode(),
		post(vmPath+"/status/suspend", onVM("VM.PowerMgmt"), atVM(), params{
			flag("skiplock"),
			str("statestorage").Of("pve-storage-id").Needs("todisk"),
			flag("todisk"),
		}).onNode(),
	}
}
