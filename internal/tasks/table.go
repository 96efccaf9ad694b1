package tasks

import "time"

// IDs of the tasks, as the command line and the table kvmbridge_tasks have them.
const (
	ProcessVMs      = "processVirtualMachines"
	RemoveSnapshots = "removeOldSnapshots"
	RestoreStatus   = "restoreBackupStatus"
	BackupStatus    = "nowBackupStatus"
	ScheduleBackup  = "scheduleBackup"
	ScheduleSnap    = "scheduleSnapshot"
	Statistics      = "collectingStatistics"
)

// Task is one line of the table.
type Task struct {
	ID      string
	Name    string
	Duty    string        // what it does, for people
	Default time.Duration // shortest time between two runs, unless the settings say otherwise
	Idle    string        // what an interval of 0 means for people
}

const off = "0 disables the task."

// Table lists the tasks in the order in which they run.
func Table() []Task {
	return []Task{
		{
			ProcessVMs, "Process Virtual Machines", "Wakes the work on virtual machines: deploy, change package, reinstall, DNS, terminate. It goes on by itself between two runs.",
			time.Minute, "0 pauses all work on virtual machines.",
		},
		{RemoveSnapshots, "Remove Old Snapshots", "Deletes snapshots that are past their lifetime.", 5 * time.Minute, off},
		{RestoreStatus, "Restore Backup Status", "Watches restores, applies the package again and tells the client.", time.Minute, off},
		{BackupStatus, "Now Backup Status", "Watches backups that were started by hand.", time.Minute, off},
		{ScheduleBackup, "Schedule Backup", "Starts the scheduled backups that are due and removes the oldest.", 5 * time.Minute, off},
		{ScheduleSnap, "Schedule Snapshot", "Starts the scheduled snapshots that are due and removes the oldest.", 5 * time.Minute, off},
		{Statistics, "Collecting Statistics", "Collects the traffic of every virtual machine.", time.Hour, off},
	}
}

// Find is the task of that id.
func Find(id string) (Task, bool) {
	for _, t := range Table() {
		if t.ID == id {
			return t, true
		}
	}
	return Task{}, false
}
