package hypervisor

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Cluster is one Proxmox VE cluster as the steps see it. Calls return when Proxmox has answered; a call that
// starts a task returns its UPID and the step decides by looking at the guest. All methods are safe for concurrent use.
// Errors match the sentinels below with errors.Is and carry a pipeline.Fault for the engine.
type Cluster interface {
	Inventory
	Guests
	Firewalls
	Copies
}

// Sentinels that a Cluster's errors match.
var (
	// ErrNoGuest: no guest of that id on that node.
	ErrNoGuest = errors.New("guest does not exist")
	// ErrLocked: the guest, its storage or a lock file is held by another operation; look again later.
	ErrLocked = errors.New("guest is locked")
	// ErrTaken: the id of the new guest is in use in the cluster.
	ErrTaken = errors.New("VM id is taken")
	// ErrUnknownOutcome: the call may or may not have happened (gateway error, lost answer); look before repeating.
	ErrUnknownOutcome = errors.New("outcome unknown")
	// ErrChanged: somebody else changed the configuration since it was read (digest mismatch).
	ErrChanged = errors.New("configuration changed meanwhile")
	// ErrMissing: a named thing inside a guest (IP set, snapshot) does not exist.
	ErrMissing = errors.New("does not exist")
	// ErrNoAgent: the guest has no agent, or it does not answer.
	ErrNoAgent = errors.New("the guest agent does not answer")
)

// Inventory reads the cluster.
type Inventory interface {
	// Resources lists nodes, guests and storages; figures and states can be seconds old, existence is live.
	Resources(ctx context.Context) (Resources, error)
	// Task tells how a task stands. A task nobody remembers any more is reported as Gone, not as an error.
	Task(ctx context.Context, upid string) (Task, error)
	// StopTask interrupts a task of this API user, which then undoes what it can; one that has ended is no error.
	StopTask(ctx context.Context, upid string) error
	// TaskFault turns a failed task's exit text into an error with its fault and sentinel; nil when the text means success.
	TaskFault(exit string) error
	// Averages lists a guest's traffic over time, by the finest rows that reach back to since: a minute long for an hour or
	// a day, half a day for a month. Times that nobody has figures of are absent, and so is all of a guest without any.
	Averages(ctx context.Context, node string, vmid int, since time.Time) ([]Average, error)
}

// Guests reads and changes single guests.
type Guests interface {
	Status(ctx context.Context, node string, vmid int) (GuestStatus, error)
	Config(ctx context.Context, node string, vmid int) (GuestConfig, error)
	// SetConfig applies one change synchronously; with a Digest it fails with ErrChanged if the guest's
	// configuration is no longer that one.
	SetConfig(ctx context.Context, node string, vmid int, change Change) error
	// Clone answers before the clone is done; upid is never empty.
	Clone(ctx context.Context, template GuestRef, clone Clone) (upid string, err error)
	// Migrate moves a stopped guest with its local disks.
	Migrate(ctx context.Context, node string, vmid int, to, targetStorage string) (upid string, err error)
	// Resize grows a disk to an absolute size; upid is empty where Proxmox answers synchronously (7.4).
	Resize(ctx context.Context, node string, vmid int, disk string, sizeGiB int) (upid string, err error)
	// LeavePool takes a guest out of a resource pool whose rights it must not inherit.
	LeavePool(ctx context.Context, pool string, vmid int) error
	Start(ctx context.Context, node string, vmid int) (upid string, err error)
	// Stop cuts the power, also of a guest that hangs in a shutdown.
	Stop(ctx context.Context, node string, vmid int) (upid string, err error)
	// Shutdown asks the guest to power off within timeout; the task fails when it does not.
	Shutdown(ctx context.Context, node string, vmid int, timeout time.Duration) (upid string, err error)
	// Delete removes a stopped guest with its disks, snapshots and every job that names it; backups stay.
	Delete(ctx context.Context, node string, vmid int) (upid string, err error)
	// SetPassword changes a password inside a running guest through its agent; ErrNoAgent when there is none that answers.
	SetPassword(ctx context.Context, node string, vmid int, user, password string) error
}

// Firewalls changes the firewall of single guests. Proxmox does not check that the guest exists.
type Firewalls interface {
	FirewallOptions(ctx context.Context, node string, vmid int) (map[string]string, error)
	SetFirewallOptions(ctx context.Context, node string, vmid int, options map[string]string) error
	// FirewallRules counts the guest's rules; DropFirewallRules removes them all.
	FirewallRules(ctx context.Context, node string, vmid int) (int, error)
	DropFirewallRules(ctx context.Context, node string, vmid int) error
	// IPSet lists the members of a set, host addresses without a prefix; ErrMissing when there is no such set.
	IPSet(ctx context.Context, node string, vmid int, name string) ([]string, error)
	CreateIPSet(ctx context.Context, node string, vmid int, name string) error
	AddToIPSet(ctx context.Context, node string, vmid int, name, address string) error
	// DropIPSet deletes a set with its members; a set that does not exist is no error.
	DropIPSet(ctx context.Context, node string, vmid int, name string) error
	RemoveFromIPSet(ctx context.Context, node string, vmid int, name, address string) error
}

// Resources is everything a cluster has, at one moment.
type Resources struct {
	Nodes    []Node
	Guests   []GuestRef // containers too: they hold ids of the same range
	Storages []Storage  // one entry per node
}

// Guest finds a guest by its id.
func (r Resources) Guest(vmid int) (GuestRef, bool) {
	for _, g := range r.Guests {
		if g.VMID == vmid {
			return g, true
		}
	}
	return GuestRef{}, false
}

// Holds tells whether node can use all these storages for disks.
func (r Resources) Holds(node string, storages []string) bool {
	for _, id := range storages {
		if !slices.ContainsFunc(r.Storages, func(st Storage) bool {
			return st.ID == id && st.Node == node && st.Active && slices.Contains(st.Content, "images")
		}) {
			return false
		}
	}
	return true
}

// Node is a cluster member.
type Node struct {
	Name       string
	Online     bool
	FreeMemory int64 // bytes
}

// Storage is what one node can use.
type Storage struct {
	ID       string
	Node     string
	Type     string   // dir, lvmthin, zfspool, rbd, …
	Content  []string // images, iso, backup, …
	Shared   bool
	Active   bool
	Avail    int64 // bytes
	Capacity int64 // bytes
}

// GuestRef is a line of the cluster's guest list.
type GuestRef struct {
	VMID     int
	Node     string
	Name     string
	Template bool
	Status   string
	Pool     string // resource pool, "" = none
	Counters Counters
}

// Counters are the traffic of a virtual machine's present process, up to twenty seconds old.
type Counters struct {
	Known  bool          // false for containers, for guests just made and for those of a node that is silent
	In     uint64        // bytes received by the guest
	Out    uint64        // bytes sent by it
	Uptime time.Duration // of the process, 0 = the guest does not run
}

// Average is the rate of a guest's traffic between two moments, in bytes per second.
type Average struct {
	From, To time.Time
	In, Out  float64
}

// GuestStatus is the live state of one guest.
type GuestStatus struct {
	Running bool
	Lock    string // clone, backup, migrate, …; "" = free
	Name    string
	Uptime  int64 // seconds
}

// GuestConfig is a guest's configuration as Proxmox stores it: every key as text.
type GuestConfig struct {
	Values map[string]string
	Digest string
}

// Change is one configuration write.
type Change struct {
	Set    map[string]string
	Delete []string
	Purge  bool   // disks in Delete lose their volumes too, instead of becoming unused
	Digest string // "" = whatever the configuration is now
}

// Clone describes a copy of a template on the template's own node.
type Clone struct {
	VMID        int
	Name        string
	Description string // carries the ownership mark from the first moment on
	Full        bool
	Storage     string // full clones only; "" = as in the template
}

// Task is the state of a Proxmox task.
type Task struct {
	Running bool
	Gone    bool   // the node does not remember it
	OK      bool   // ended with OK or WARNINGS
	Exit    string // exit status text when ended
}
