package hypervisor

import (
	"context"
	"time"
)

// Copies are snapshots and backups of single guests.
type Copies interface {
	// Snapshots lists them oldest first, unfinished ones too.
	Snapshots(ctx context.Context, node string, vmid int) ([]Snapshot, error)
	// CanSnapshot tells whether all disks of the guest are on storages that make snapshots.
	CanSnapshot(ctx context.Context, node string, vmid int) (bool, error)
	// TakeSnapshot of the disks, and of the memory of a guest that runs. The task fails when the name exists.
	TakeSnapshot(ctx context.Context, node string, vmid int, name, description string) (upid string, err error)
	// Rollback brings a snapshot back, with the configuration of that time, and starts the guest. One that runs is cut off.
	Rollback(ctx context.Context, node string, vmid int, name string) (upid string, err error)
	DeleteSnapshot(ctx context.Context, node string, vmid int, name string) (upid string, err error)
	// Backups lists what a storage holds of a guest id, oldest first.
	Backups(ctx context.Context, node, storage string, vmid int) ([]Backup, error)
	// BackupConfig is the configuration of the guest at the time of the backup, as the archive holds it.
	BackupConfig(ctx context.Context, node, volume string) (GuestConfig, error)
	// Dump starts a backup and has nothing else removed, whatever the storage's own rules say; a storage that may hold no more
	// makes the task fail. ErrNoGuest when the guest is not on that node. notes is text; its first line is what Backups lists.
	Dump(ctx context.Context, node, storage string, vmid int, notes string) (upid string, err error)
	// Restore puts a backup in the place of the stopped guest it is of. Its snapshots go, and keys of set override what the
	// backup holds; no disks. When the task fails the disks can be incomplete.
	Restore(ctx context.Context, node string, vmid int, volume string, set map[string]string) (upid string, err error)
	// DeleteBackup removes one; upid is empty when Proxmox was done before it answered. A backup that is gone is no error.
	DeleteBackup(ctx context.Context, node, storage, volume string) (upid string, err error)
}

// Snapshot is a state of a guest that it can return to.
type Snapshot struct {
	Name        string
	Description string
	Taken       time.Time // whole seconds
	Memory      bool
	Unfinished  string // "prepare" or "delete" while it is made or removed, or when that broke off
}

// Backup is one archive on a storage.
type Backup struct {
	Volume    string // storage:backup/…
	Made      time.Time
	Size      int64  // bytes
	Notes     string // first line
	Protected bool
	// Verified is what a backup server found when it read the archive again; other storages do not.
	Verified Verification
}

// Verification of a backup.
type Verification string

// Verifications. A backup server verifies when its own settings say so, often much later.
const (
	Unverified   Verification = ""
	VerifiedGood Verification = "ok"
	VerifiedBad  Verification = "failed"
)
