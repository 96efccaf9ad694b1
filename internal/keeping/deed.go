package keeping

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Kind of a deed.
type Kind string

// Kinds.
const (
	Backup       Kind = "backup"
	Restore      Kind = "restore"
	DropBackup   Kind = "drop_backup"
	Snapshot     Kind = "snapshot"
	Rollback     Kind = "rollback"
	DropSnapshot Kind = "drop_snapshot"
)

// Phase names what a deed has to do next.
type Phase string

// Phases. Every deed begins at Queued and is over at Done or Failed.
const (
	Queued     Phase = "queued"
	Dumping    Phase = "dumping"    // Proxmox makes the backup
	Checking   Phase = "checking"   // the new backup is verified
	Rotating   Phase = "rotating"   // what the quota does not allow goes
	Stopping   Phase = "stopping"   // the guest is powered off
	Restoring  Phase = "restoring"  // the backup takes the guest's place
	Reapplying Phase = "reapplying" // the pipeline makes the guest what its service says
	Taking     Phase = "taking"     // Proxmox makes the snapshot
	Returning  Phase = "returning"  // the snapshot takes the guest's place
	Dropping   Phase = "dropping"   // the copy is removed
	Done       Phase = "done"
	Failed     Phase = "failed"
)

// Deed is one thing done to or with a copy. Its fields are the columns of kvmbridge_copies.
type Deed struct {
	ID        int64
	ServiceID int64
	Kind      Kind
	Slot      retention.Day // zero = a person asked
	Subject   string        // volume id or name of the snapshot
	Note      string
	Phase     Phase
	Place     string // server id and node
	Task      string
	Attempt   int
	Running   bool
	Hold      int64
	Asked     time.Time
	Since     time.Time // beginning of the phase
	Called    time.Time // zero = Proxmox was not asked in this phase
	Failing   time.Time // zero = it does not fail
	Failures  int
	LastError string
	Token     int64
	Due       time.Time // when somebody looks at it; zero = it is over
	Ended     time.Time // zero = it is not over
}

// Over tells whether nothing is left to do.
func (d *Deed) Over() bool { return d.Phase == Done || d.Phase == Failed }

// Effects leave with a deed's next write, in its transaction.
type Effects struct {
	Mails     []vm.Mail
	Alarm     string // for WHMCS's activity log and the operator's webhook; "" = none
	Snapshots *int   // how many there are now
	Backups   *int
	Release   bool // the machine is given back
	Reapply   bool // the machine is to be made what its service says, as soon as it was given back
}

// Planned is a machine with a weekly plan.
type Planned struct {
	ServiceID int64
	Plan      retention.Plan
	Fault     error // the plan cannot be read
}

// Good is the newest backup that ended well, as far as the records know.
type Good struct {
	At  time.Time     // zero = not known to the second
	Day retention.Day // of the newest slot that was served; zero = none
}

// Late is a service with a plan of backups whose newest good one is too old.
type Late struct {
	ServiceID int64
	Name      string
	Last      time.Time // end of the newest good backup, or the day of its slot; zero = there is none
	Since     time.Time // the later of Last and the day on which the plan was saved; zero = not known
}

// Watched is a task of Proxmox that a record names and no deed: of the reference product.
type Watched struct {
	ServiceID int64
	ServerID  int64
	Backup    string // UPID, "" = none
	Restore   string
}
