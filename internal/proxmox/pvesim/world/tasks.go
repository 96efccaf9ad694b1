package world

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
)

// Task is a worker: it waits for locks, takes time, and ends with an exit status.
type Task struct {
	UPID, Node string
	Kind, Ref  string // Ref is the id field of the UPID
	Who        access.Identity
	PID        int
	Start, End time.Time
	Log        []string
	Exit       string   // empty while it runs
	Undo       []func() // what a failure takes back, newest first
	StopText   string   // exit status when somebody stops it

	s        *World
	warnings int
	holds    []*timeline.Hold
	timer    *timeline.Event
}

// LockWait is how long workers and calls wait for a file lock.
const LockWait = 10 * time.Second

// LockName is the file lock of a guest.
func LockName(vmid int) string { return fmt.Sprintf("/var/lock/qemu-server/lock-%d.conf", vmid) }

// LockTimeout is what a task dies of that waited in vain for a guest's file lock.
func LockTimeout(vmid int) string { return "can't lock file '" + LockName(vmid) + "' - got timeout" }

// Task starts a worker for the call and answers its id.
func (c *Call) Task(kind, ref string, body func(t *Task)) (any, error) {
	return c.TaskOn(c.Node, kind, ref, body), nil
}

// TaskOn starts a worker on a node, which need not be that of the path, and answers its id.
func (c *Call) TaskOn(node, kind, ref string, body func(t *Task)) string {
	f := c.Fault
	return c.Spawn(c.ID, node, kind, ref, func(t *Task) {
		if f.Exit != "" {
			t.After(c.Cfg.Durations.of(kind), func() { t.Fail(f.Exit) })
			return
		}
		t.warnings += f.Warnings
		body(t)
	}).UPID
}

// Spawn starts a worker for somebody.
func (s *World) Spawn(who access.Identity, node, kind, ref string, body func(t *Task)) *Task {
	s.PID++
	t := &Task{
		s: s, Node: node, Kind: kind, Ref: ref, Who: who, PID: s.PID, Start: s.Line.Now(), StopText: "received interrupt",
	}
	t.UPID = fmt.Sprintf("UPID:%s:%08X:%08X:%08X:%s:%s:%s:", node, t.PID, t.PStart(), t.Start.Unix(), kind, ref, who)
	s.Tasks = append(s.Tasks, t)
	body(t)
	return t
}

// PStart is the start field of the id, in clock ticks of the node.
func (t *Task) PStart() int { return 100_000 + t.PID*7 }

// Running tells whether the task has not ended.
func (t *Task) Running() bool { return t.Exit == "" }

// Say adds a line to the log.
func (t *Task) Say(format string, args ...any) { t.Log = append(t.Log, fmt.Sprintf(format, args...)) }

// After goes on later, unless the task has ended by then.
func (t *Task) After(d time.Duration, then func()) {
	t.timer = t.s.Line.After(d, func() {
		if t.Running() {
			then()
		}
	})
}

// Work takes the usual time of this kind of task and goes on.
func (t *Task) Work(then func()) { t.After(t.s.Cfg.Durations.of(t.Kind), then) }

// OK ends the task well, or with warnings when there were any.
func (t *Task) OK() {
	if t.warnings > 0 {
		t.finish(fmt.Sprintf("WARNINGS: %d", t.warnings), fmt.Sprintf("TASK WARNINGS: %d", t.warnings))
		return
	}
	t.finish("OK", "TASK OK")
}

// Done ends the task by an error, or well when there is none.
func (t *Task) Done(err error) {
	if err != nil {
		t.Fail(err.Error())
		return
	}
	t.OK()
}

// Fail takes back what the task had done and ends it with a text.
func (t *Task) Fail(text string) {
	for _, undo := range slices.Backward(t.Undo) {
		undo()
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	t.finish(text, "TASK ERROR: "+text)
}

func (t *Task) finish(exit, last string) {
	t.Exit, t.End = exit, t.s.Line.Now()
	t.Log = append(t.Log, last)
	t.timer.Cancel()
	for _, h := range t.holds {
		h.Release()
	}
}

// Stop is somebody's DELETE of the task; stopping a finished one changes nothing.
func (t *Task) Stop() {
	if t.Running() {
		t.Fail(t.StopText)
	}
}

// Claim waits for a lock and goes on with it held until the task ends.
func (t *Task) Claim(c timeline.Claim, timeout string, then func()) {
	waited := false
	c.Waiting = func() {
		waited = true
		t.Say("trying to acquire lock...")
	}
	c.Got = func(h *timeline.Hold) {
		t.holds = append(t.holds, h)
		if waited {
			t.Say(" OK")
		}
		then()
	}
	c.Timeout = func() { t.Fail(timeout) }
	h := t.s.Line.Acquire(c)
	if t.Running() {
		t.holds = append(t.holds, h)
	} else {
		h.Release()
	}
}

// Lock takes a guest's file lock.
func (t *Task) Lock(vmid int, then func()) {
	t.Claim(timeline.Claim{Name: LockName(vmid), Wait: LockWait}, LockTimeout(vmid), then)
}

// Share takes a guest's file lock beside others, with the short wait of a clone.
func (t *Task) Share(vmid int, exclusive bool, then func()) {
	t.Claim(timeline.Claim{Name: LockName(vmid), Shared: !exclusive, Wait: time.Second}, LockTimeout(vmid), then)
}

// Slot takes one of the places for clones from a storage; none limits nothing.
func (t *Task) Slot(storage string, shared bool, then func()) {
	if t.s.Cfg.CloneSlots == 0 || storage == "" {
		then()
		return
	}
	name := "pve-storage-" + storage
	text := "can't lock file '/var/lock/pve-manager/" + name + "' - got timeout"
	if shared {
		text = "cfs-lock 'storage-" + storage + "' error: got lock request timeout"
	}
	t.Claim(timeline.Claim{Name: name, Shared: true, Slots: t.s.Cfg.CloneSlots, Wait: LockWait}, text, then)
}
