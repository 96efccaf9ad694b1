package pvesim

import (
	"fmt"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
)

// task is a worker: it waits for locks, takes time, and ends with an exit status.
type task struct {
	s          *Sim
	upid       string
	node       string
	kind, ref  string // ref is the id field of the UPID
	who        access.Identity
	pid        int
	start, end time.Time
	log        []string
	exit       string // empty while it runs
	warnings   int
	holds      []*timeline.Hold
	timer      *timeline.Event
	undo       []func() // what a failure takes back, newest first
	stopText   string   // exit status when somebody stops it
}

const lockWait = 10 * time.Second

func lockName(vmid int) string { return fmt.Sprintf("/var/lock/qemu-server/lock-%d.conf", vmid) }

func lockTimeout(vmid int) string { return "can't lock file '" + lockName(vmid) + "' - got timeout" }

// task starts a worker for the call and answers its id.
func (c *call) task(kind, ref string, body func(t *task)) (any, error) {
	return c.taskOn(c.node, kind, ref, body), nil
}

func (c *call) taskOn(node, kind, ref string, body func(t *task)) string {
	f := c.fault
	return c.spawn(c.id, node, kind, ref, func(t *task) {
		switch {
		case f != nil && f.TaskFails != "":
			t.after(c.cfg.Durations.of(kind), func() { t.fail(f.TaskFails) })
		case f != nil:
			t.warnings += f.TaskWarnings
			fallthrough
		default:
			body(t)
		}
	}).upid
}

func (s *Sim) spawn(who access.Identity, node, kind, ref string, body func(t *task)) *task {
	s.pid++
	t := &task{s: s, node: node, kind: kind, ref: ref, who: who, pid: s.pid, start: s.line.Now(), stopText: "received interrupt"}
	t.upid = fmt.Sprintf("UPID:%s:%08X:%08X:%08X:%s:%s:%s:", node, t.pid, t.pstart(), t.start.Unix(), kind, ref, who)
	s.tasks = append(s.tasks, t)
	body(t)
	return t
}

func (t *task) pstart() int { return 100_000 + t.pid*7 }

func (t *task) running() bool { return t.exit == "" }

func (t *task) say(format string, args ...any) { t.log = append(t.log, fmt.Sprintf(format, args...)) }

// after goes on later, unless the task has ended by then.
func (t *task) after(d time.Duration, then func()) {
	t.timer = t.s.line.After(d, func() {
		if t.running() {
			then()
		}
	})
}

// work takes the usual time of this kind of task and goes on.
func (t *task) work(then func()) { t.after(t.s.cfg.Durations.of(t.kind), then) }

func (t *task) ok() {
	if t.warnings > 0 {
		t.finish(fmt.Sprintf("WARNINGS: %d", t.warnings), fmt.Sprintf("TASK WARNINGS: %d", t.warnings))
		return
	}
	t.finish("OK", "TASK OK")
}

// done ends the task by an error, or well when there is none.
func (t *task) done(err error) {
	if err != nil {
		t.fail(err.Error())
		return
	}
	t.ok()
}

func (t *task) fail(text string) {
	for i := len(t.undo) - 1; i >= 0; i-- {
		t.undo[i]()
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	t.finish(text, "TASK ERROR: "+text)
}

func (t *task) finish(exit, last string) {
	t.exit, t.end = exit, t.s.line.Now()
	t.log = append(t.log, last)
	t.timer.Cancel()
	for _, h := range t.holds {
		h.Release()
	}
}

// stop is somebody's DELETE of the task; stopping a finished one changes nothing.
func (t *task) stop() {
	if t.running() {
		t.fail(t.stopText)
	}
}

// claim waits for a lock and goes on with it held until the task ends.
func (t *task) claim(c timeline.Claim, timeout string, then func()) {
	waited := false
	c.Waiting = func() {
		waited = true
		t.say("trying to acquire lock...")
	}
	c.Got = func(h *timeline.Hold) {
		t.holds = append(t.holds, h)
		if waited {
			t.say(" OK")
		}
		then()
	}
	c.Timeout = func() { t.fail(timeout) }
	h := t.s.line.Acquire(c)
	if t.running() {
		t.holds = append(t.holds, h)
	} else {
		h.Release()
	}
}

// lock takes a guest's file lock.
func (t *task) lock(vmid int, then func()) {
	t.claim(timeline.Claim{Name: lockName(vmid), Wait: lockWait}, lockTimeout(vmid), then)
}

// share takes a guest's file lock beside others, with the short wait of a clone.
func (t *task) share(vmid int, exclusive bool, then func()) {
	t.claim(timeline.Claim{Name: lockName(vmid), Shared: !exclusive, Wait: time.Second}, lockTimeout(vmid), then)
}

// slot takes one of the places for clones from a storage; none limits nothing.
func (t *task) slot(storage string, shared bool, then func()) {
	if t.s.cfg.CloneSlots == 0 || storage == "" {
		then()
		return
	}
	name := "pve-storage-" + storage
	text := "can't lock file '/var/lock/pve-manager/" + name + "' - got timeout"
	if shared {
		text = "cfs-lock 'storage-" + storage + "' error: got lock request timeout"
	}
	t.claim(timeline.Claim{Name: name, Shared: true, Slots: t.s.cfg.CloneSlots, Wait: lockWait}, text, then)
}
