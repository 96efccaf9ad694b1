package vm_test

import (
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Faults that the storm found, one by one.

// A service is suspended while Proxmox starts its new guest: nothing looks at it again before it is ready, so that the build
// waits with a guest that is off, and for no task.
func TestSuspend_whileTheNewGuestStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders, func(c *pvesim.Config) { c.Durations.Start = time.Minute })
	id := w.order(modest(10_000))
	p := w.newProcess(nil, id)
	w.await("start", 40*time.Second, func() bool { return w.count("qmstart") > 0 })
	must(t, w.desk.Suspend(t.Context(), id))
	p.engine.Wake()
	w.await("build that waits", 40*time.Second, func() bool {
		m := w.machine(id)
		return m.Suspended && m.LastError == "the service is suspended; the VM starts when it is unsuspended"
	})
	w.awaitIdle()
	if g, _ := w.sim.Guest(10_000); g.Running || w.machine(id).Task != "" || w.count("qmstop") == 0 {
		t.Errorf("it waits with a guest that runs=%t, for task %q, after %d stops", g.Running, w.machine(id).Task, w.count("qmstop"))
	}
	must(t, w.desk.Unsuspend(t.Context(), id))
	p.engine.Wake()
	w.awaitStatus(id, vm.Ready)
	w.awaitQueue(id)
	w.checkModest(id, "pve2")
	w.checkMails(id, 1)
}

// resetDuringChange starts a process in which an admin resets the machine after the first step of its first change.
func (w *world) resetDuringChange(id int64, to pipeline.State) {
	p := w.newProcess(nil)
	w.desk.Interrupt = func(id int64) { p.engine.Interrupt(id) }
	p.settle = once(vm.CPUpdateIP, func(*vm.Machine) { must(w.t, w.desk.Reset(w.t.Context(), id, to)) })
	p.adopt(id)
}

// An admin who orders something else of a machine in the middle of a change does not take the change back.
func TestReset_keepsTheChangeThatWasUnderWay(t *testing.T) {
	t.Parallel()
	for _, to := range []pipeline.State{vm.SetDNSRecords, vm.Creation, vm.SetIP, vm.ChangePackage} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.order(modest(10_000))
			w.resetDuringChange(id, to)
			w.awaitStatus(id, vm.Ready)
			w.awaitIdle()
			w.product(id, `"cpu":2`, `"cpu":4`)
			must(t, w.desk.ChangePackage(t.Context(), id))
			w.atRest(patience, id)
			if g, _ := w.sim.Guest(10_000); g.Config["cores"] != "4" || !g.Running || len(g.Pending) > 0 {
				t.Errorf("the guest runs=%t with %s cores and %v pending", g.Running, g.Config["cores"], g.Pending)
			}
			w.checkUpgradeMails(id, "1")
		})
	}
}

// An admin who calls a machine ready in the middle of a change ends the change.
func TestReset_toReadyEndsTheChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(modest(10_000))
	w.resetDuringChange(id, vm.Ready)
	w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.product(id, `"cpu":2`, `"cpu":4`)
	must(t, w.desk.ChangePackage(t.Context(), id))
	w.atRest(20*time.Second, id)
	if g, _ := w.sim.Guest(10_000); g.Config["cores"] != "2" || w.count("qmshutdown") > 0 {
		t.Errorf("the guest has %s cores", g.Config["cores"])
	}
	w.checkUpgradeMails(id, "0")
}

// A password that is refused changes nothing: WHMCS keeps the old one.
func TestPassword_isRefusedToWhatEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(modest(10_000)) // nobody works on it
	must(t, w.desk.Terminate(t.Context(), id))
	sentence(t, w.desk.ChangePassword(t.Context(), id, "Another-Secret-9"), "being removed")
	if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'password'"); n != "0" || w.machine(id).Password != "Secret-123" {
		t.Errorf("WHMCS is told %s passwords, and the record holds %q", n, w.machine(id).Password)
	}
}
