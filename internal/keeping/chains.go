package keeping

import "context"

// step stands at a phase; do makes what the phase is named for true, and is safe to run again.
type step struct {
	at Phase
	do func(*Keeper, context.Context, *work) error
}

// chains are the phases of every kind of deed, in order; after the last one it is done.
//
//nolint:gochecknoglobals // immutable table
var chains = map[Kind][]step{
	Backup:       {{Queued, (*Keeper).beginBackup}, {Dumping, (*Keeper).dump}, {Checking, (*Keeper).check}, {Rotating, (*Keeper).rotateBackups}},
	Restore:      {{Queued, (*Keeper).beginRestore}, {Stopping, (*Keeper).stop}, {Restoring, (*Keeper).restore}, {Reapplying, (*Keeper).reapply}},
	DropBackup:   {{Queued, (*Keeper).beginDrop}, {Dropping, (*Keeper).dropBackup}},
	Snapshot:     {{Queued, (*Keeper).beginSnapshot}, {Rotating, (*Keeper).rotateSnapshots}, {Taking, (*Keeper).take}},
	Rollback:     {{Queued, (*Keeper).beginRollback}, {Returning, (*Keeper).rollback}, {Reapplying, (*Keeper).reapply}},
	DropSnapshot: {{Queued, (*Keeper).beginDrop}, {Dropping, (*Keeper).dropSnapshot}},
}
