package world

import (
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// Config is the cluster at its first moment.
type Config struct {
	// Version of the simulated release; 9.2 when empty.
	Version contract.Version
	// ClusterName is what cluster/status says; "pvesim" when empty.
	ClusterName string
	Nodes       []NodeConfig
	Storages    []StorageConfig
	Templates   []TemplateConfig
	Guests      []GuestConfig
	Pools       []string
	// Clock on which tasks take their time; the machine's when nil.
	Clock clock.Clock
	// Durations of tasks; DefaultDurations when left zero.
	Durations Durations
	Tokens    []access.Token
	Users     []access.User
	Grants    []access.Grant
	// CloneSlots is how many clones may run at once per source storage; the others wait for the
	// storage's lock and fail after 10 s. 0 = any number.
	CloneSlots int
	// ResourceLag is how far cluster/resources is behind the guests (seconds in reality, 0 for tests).
	ResourceLag time.Duration
}

// NodeConfig is a node. UsedMiB is memory taken by other things than the simulated guests.
type NodeConfig struct {
	Name      string
	MemoryMiB int
	UsedMiB   int
	Cores     int
	Offline   bool
	// Bridges that exist on the node; vmbr0 and vmbr1 when nil.
	Bridges []string
}

// StorageConfig is a storage. Nodes nil means all of them; UsedGiB counts on every node.
type StorageConfig struct {
	ID, Type string // dir, nfs, lvm, lvmthin, zfspool, rbd, pbs
	Shared   bool
	Nodes    []string
	Content  []string // images, iso, backup, ...; images and rootdir when nil
	SizeGiB  int
	UsedGiB  int
	// KeepBackups is the storage's limit of backups per guest, 0 = none.
	KeepBackups int
	// Verdict is what a backup server's verification says of new backups: ok, failed, or nothing.
	Verdict string
}

// TemplateConfig is a template with one disk. Boot is the text of the boot key, or a bare disk name for the
// old bootdisk key; empty for neither. CloudInit is the drive for the cloud-init image, empty for none.
type TemplateConfig struct {
	VMID                int
	Name, Node, Storage string
	Bus                 string // scsi0, virtio0, sata0, ide0
	DiskGiB             int
	Boot                string
	CloudInit           string
	Extra               map[string]string
}

// GuestConfig is an ordinary guest that is there from the start; Config may name disks as storage:GiB.
type GuestConfig struct {
	VMID    int
	Node    string
	Running bool
	Config  map[string]string
}

// Durations is how long each kind of task takes on the simulator's clock.
type Durations struct {
	Clone, Migrate, Start, Stop, Shutdown, Resize, Config, Create, Destroy time.Duration
	Snapshot, Rollback, Backup, Restore, MoveDisk, Template, DeleteVolume  time.Duration
	// AgentBoot is the time from a start until the guest agent answers.
	AgentBoot time.Duration
	// FailedLogin is how late the answer to bad credentials comes; Unreachable the same for a dead node.
	FailedLogin, Unreachable time.Duration
}

// DefaultDurations are those of a small, healthy cluster: clone 5 s, migration 10 s, start 3 s.
func DefaultDurations() Durations {
	return Durations{
		Clone: 5 * time.Second, Migrate: 10 * time.Second, Start: 3 * time.Second,
		Stop: time.Second, Shutdown: 4 * time.Second, Resize: 200 * time.Millisecond,
		Config: 200 * time.Millisecond, Create: time.Second, Destroy: time.Second,
		Snapshot: time.Second, Rollback: 2 * time.Second, Backup: 20 * time.Second,
		Restore: 20 * time.Second, MoveDisk: 5 * time.Second, Template: 300 * time.Millisecond,
		DeleteVolume: 200 * time.Millisecond, AgentBoot: 10 * time.Second,
		FailedLogin: 3 * time.Second, Unreachable: 3 * time.Second,
	}
}

// NoDurations makes every task end at once and every refusal immediate, for tests about other things.
func NoDurations() Durations {
	const tick = time.Nanosecond
	return Durations{
		Clone: tick, Migrate: tick, Start: tick, Stop: tick, Shutdown: tick, Resize: tick, Config: tick,
		Create: tick, Destroy: tick, Snapshot: tick, Rollback: tick, Backup: tick, Restore: tick,
		MoveDisk: tick, Template: tick, DeleteVolume: tick,
	}
}

// of is the length of a task by its type.
func (d Durations) of(kind string) time.Duration {
	return map[string]time.Duration{
		"qmclone": d.Clone, "qmigrate": d.Migrate, "qmstart": d.Start, "qmstop": d.Stop,
		"qmshutdown": d.Shutdown, "qmreboot": d.Shutdown, "resize": d.Resize, "qmconfig": d.Config,
		"qmcreate": d.Create, "qmdestroy": d.Destroy, "qmsnapshot": d.Snapshot, "qmdelsnapshot": d.Snapshot,
		"qmrollback": d.Rollback, "vzdump": d.Backup, "qmrestore": d.Restore, "qmmove": d.MoveDisk,
		"qmtemplate": d.Template, "imgdel": d.DeleteVolume,
	}[kind]
}

// The API token of Demo; made up, for the simulator only.
//
//nolint:gosec // no real credential
const (
	DemoTokenID     = "kvmbridge@pve!demo"
	DemoTokenSecret = "11111111-2222-3333-4444-555555555555"
)

// RolePrivs is the least-privilege role for provisioning on a release (pve-behaviour §21.3), on /.
func RolePrivs(v contract.Version) []string {
	privs := []string{
		"VM.Allocate", "VM.Clone", "VM.Audit", "VM.Config.Disk", "VM.Config.CDROM", "VM.Config.CPU",
		"VM.Config.Memory", "VM.Config.Network", "VM.Config.HWType", "VM.Config.Options",
		"VM.Config.Cloudinit", "VM.PowerMgmt", "VM.Console", "VM.Snapshot", "VM.Snapshot.Rollback",
		"VM.Backup", "VM.Migrate", "Datastore.AllocateSpace", "Datastore.Audit", "Sys.Audit",
		"Pool.Audit", "Pool.Allocate",
	}
	switch v {
	case contract.V74:
		return append(privs, "VM.Monitor")
	case contract.V84:
		return append(privs, "VM.Monitor", "SDN.Use")
	case contract.V92:
	}
	return append(privs, "VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted", "SDN.Use")
}

// rolesOfAllReleases lets the demo's token work whatever release is chosen afterwards.
func rolesOfAllReleases() []string {
	var privs []string
	for _, v := range contract.Versions() {
		privs = append(privs, RolePrivs(v)...)
	}
	slices.Sort(privs)
	return slices.Compact(privs)
}

// Demo is a cluster to play with: three nodes, local and shared storage, two templates of different build
// on pve1, and a token with just the privileges that provisioning needs.
func Demo(clk clock.Clock) Config {
	images := []string{"images", "rootdir"}
	return Config{
		Version: contract.V92, ClusterName: "demo", Clock: clk, Durations: DefaultDurations(),
		Nodes: []NodeConfig{
			{Name: "pve1", MemoryMiB: 64 << 10, UsedMiB: 24 << 10, Cores: 16},
			{Name: "pve2", MemoryMiB: 64 << 10, UsedMiB: 8 << 10, Cores: 16},
			{Name: "pve3", MemoryMiB: 128 << 10, UsedMiB: 100 << 10, Cores: 32},
		},
		Storages: []StorageConfig{
			{ID: "local", Type: "dir", Content: []string{"iso", "vztmpl", "backup", "snippets"}, SizeGiB: 400, UsedGiB: 40},
			{ID: "local-lvm", Type: "lvmthin", Content: images, SizeGiB: 2000, UsedGiB: 100},
			{ID: "shared", Type: "nfs", Shared: true, Content: append([]string{"iso", "backup", "snippets"}, images...), SizeGiB: 8000, UsedGiB: 900},
		},
		Templates: []TemplateConfig{
			{VMID: 9000, Name: "debian-12", Node: "pve1", Storage: "local-lvm", Bus: "scsi0", DiskGiB: 10, Boot: "order=scsi0", CloudInit: "ide2"},
			{VMID: 9001, Name: "ubuntu-24", Node: "pve1", Storage: "shared", Bus: "virtio0", DiskGiB: 10, Boot: "order=ide2;virtio0;net0", CloudInit: "ide2"},
		},
		Tokens: []access.Token{{User: "kvmbridge@pve", Name: "demo", Secret: DemoTokenSecret}},
		Grants: []access.Grant{{Who: "kvmbridge@pve", Path: "/", Privs: rolesOfAllReleases()}},
	}
}
