package retention

import (
	"regexp"
	"time"
)

// Names of snapshots. Proxmox takes 2 to 40 letters, digits, hyphens and underscores with a letter first, and no name twice.
const (
	scheduledName = "scheduler_2006-01-02"
	manualName    = "manual_2006-01-02_15-04-05"
)

// ScheduledName is the name of the snapshot of a slot.
func ScheduledName(d Day) string { return d.noon().Format(scheduledName) }

// ScheduledText is its description.
func ScheduledText(d Day) string { return "Scheduler: " + d.String() }

// ManualName is the name of a snapshot that a person took at t.
func ManualName(t time.Time) string { return t.UTC().Format(manualName) }

var ownName = regexp.MustCompile(`^(scheduler_\d{4}-\d\d-\d\d|manual_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d)$`)

// OwnName tells whether a snapshot has a name that this package gave it. Others were made by hand in Proxmox.
func OwnName(name string) bool { return ownName.MatchString(name) }
