package vm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// grantUndo lets terminations be taken back for that long, in every process that starts from now on.
func (w *world) grantUndo(d time.Duration) {
	w.undo, w.steps.Settings.Undo = d, d
	w.desk.Undo, w.desk.Reprieves = d, w.store
}

// awaitHeld waits until the guest of a service that was terminated is kept for its return.
func (w *world) awaitHeld(service int64) vm.Machine {
	w.t.Helper()
	w.await("guest that is held", 30*time.Second, func() bool {
		m := w.machine(service)
		return m.Status == vm.Terminate && strings.Contains(m.LastError, "kept until")
	})
	w.awaitIdle()
	return w.machine(service)
}

func (w *world) addressesOf(service int64) string {
	return w.db.Text(w.t, "SELECT COALESCE(GROUP_CONCAT(address ORDER BY address), '') FROM kvmbridge_ip_allocations WHERE service_id = ?", service)
}

const days = 48 * time.Hour

func TestHold_keepsTheGuestAndGivesItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	w.grantUndo(days)
	before := w.guests()
	m := w.deploy(backedUp(modest(10_000)))
	w.back(m.VMID, m.Node, false)
	held := w.addressesOf(m.ServiceID)
	for range 2 {
		must(t, w.desk.Terminate(t.Context(), m.ServiceID))
		ended := w.machine(m.ServiceID).Ended
		if kept := w.awaitHeld(m.ServiceID); !w.isSuspended(m.VMID) || kept.Failures != 0 || kept.Attention != "" {
			t.Errorf("held as %+v, want it off and unplugged without a failure", kept)
		} else {
			says(t, kept.LastError, ended.Add(days).UTC().Format(time.DateTime), "Create", fmt.Sprintf(`"kvmbridge vm restore %d --service"`, m.ServiceID))
		}
		if w.addressesOf(m.ServiceID) != held || w.backups(m.VMID) != 1 || w.entries(m.ServiceID) != "" {
			t.Errorf("it holds %q and %d backups, and WHMCS was told %q", w.addressesOf(m.ServiceID), w.backups(m.VMID), w.entries(m.ServiceID))
		}
		must(t, w.desk.Restore(t.Context(), m.ServiceID))
		w.await("guest that is back", 20*time.Second, func() bool { return w.isBack(m.VMID) })
		w.awaitQueue(m.ServiceID)
		w.checkModest(m.ServiceID, "pve2")
	}
	if again := w.machine(m.ServiceID); again.Status != vm.Ready || !again.Ended.IsZero() || w.addressesOf(m.ServiceID) != held {
		t.Errorf("it is %+v, want what it was", again)
	}
	w.checkForeign(before, map[int]bool{m.VMID: true})
	w.checkMails(m.ServiceID, 1)
}

// When the time is over the termination goes on by itself, also in another process than the one that began it.
func TestHold_expires(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"in one process": false, "in the next process": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const undo = 5 * time.Minute
			w := newWorld(t, bystanders)
			w.grantUndo(undo)
			before := w.guests()
			id := w.order(modest(10_000))
			p := w.newProcess(nil, id)
			w.awaitStatus(id, vm.Ready)
			must(t, w.desk.Terminate(t.Context(), id))
			ended := w.machine(id).Ended
			w.awaitHeld(id)
			if restart {
				p.stop()
				w.newProcess(nil, id)
				_ = clock.Sleep(t.Context(), w.clk, 10*time.Second)
			}
			if m := w.machine(id); m.Status != vm.Terminate || !w.isSuspended(10_000) {
				t.Errorf("it stands at %s before its time", m.Status)
			}
			w.awaitStatus(id, vm.Removed)
			if took := w.clk.Now().Sub(ended); took < undo {
				t.Errorf("removed after %s, want at least %s", took, undo)
			}
			w.awaitIdle()
			w.checkRemoved(id)
			w.checkForeign(before, map[int]bool{})
			sentence(t, w.desk.Restore(t.Context(), id), "remove", "no termination")
		})
	}
}

// The process dies while it switches the guest off; the one that comes next keeps it all the same.
func TestHold_survivesTheDeathOfItsProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	w.grantUndo(days)
	id := w.order(modest(10_000))
	p := w.newProcess(nil, id)
	w.awaitStatus(id, vm.Ready)
	must(t, w.desk.Terminate(t.Context(), id))
	p.engine.Wake()
	w.await("shutdown", 20*time.Second, func() bool { return w.count("qmshutdown") > 0 })
	_ = p.die()
	p.stop()
	w.newProcess(nil, id)
	w.awaitHeld(id)
	if !w.isSuspended(10_000) {
		t.Error("the guest is not off and unplugged")
	}
	must(t, w.desk.Restore(t.Context(), id))
	w.await("guest that is back", 20*time.Second, func() bool { return w.isBack(10_000) })
}

// A suspended service stays suspended; Create makes WHMCS call it Active, so that it is suspended no more.
func TestHold_andASuspension(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	w.grantUndo(days)
	id := w.deploy(modest(10_000)).ServiceID
	must(t, w.desk.Suspend(t.Context(), id))
	w.await("suspension", 20*time.Second, func() bool { return w.isSuspended(10_000) })
	w.awaitQueue(id)
	must(t, w.desk.Terminate(t.Context(), id))
	w.awaitHeld(id)
	must(t, w.desk.Restore(t.Context(), id))
	w.awaitStatus(id, vm.Ready)
	w.awaitQueue(id)
	if m := w.machine(id); !w.isSuspended(10_000) || !m.Suspended {
		t.Errorf("restored as %+v, want it suspended", m)
	}
	must(t, w.desk.Terminate(t.Context(), id))
	w.awaitHeld(id)
	must(t, w.desk.Create(t.Context(), id, "Another-Secret-9"))
	w.await("guest that is back", 20*time.Second, func() bool { return w.isBack(10_000) })
	w.awaitQueue(id)
	w.checkModest(id, "pve2")
	if n := w.count("qmclone"); n != 1 {
		t.Errorf("%d clones, want the guest of before", n)
	}
}

// A change that the termination cut short is made when the termination is taken back.
func TestHold_takesUpAChangeThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	w.grantUndo(days)
	id := w.order(modest(10_000))
	var p *process
	started := make(chan struct{})
	p = w.newProcess(once(vm.CPStop, func(*vm.Machine) {
		<-started
		if err := w.desk.Terminate(t.Context(), id); err != nil {
			t.Error(err)
		}
		p.engine.Interrupt(id)
		p.engine.Wake()
	}), id)
	close(started)
	w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.product(id, `"cpu":2`, `"cpu":3`)
	must(t, w.desk.ChangePackage(t.Context(), id))
	w.awaitHeld(id)
	must(t, w.desk.Restore(t.Context(), id))
	w.await("guest that is back and changed", 30*time.Second, func() bool {
		g, _ := w.sim.Guest(10_000)
		return w.isBack(10_000) && g.Config["cores"] == "3" && w.machine(id).Status == vm.Ready
	})
	w.awaitQueue(id)
	w.checkUpgradeMails(id, "1")
}

// What was still being built has nothing to come back to, and somebody else's guest is not held.
func TestHold_onlyWhatIsTheServices(t *testing.T) {
	t.Parallel()
	t.Run("half built", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, bystanders)
		w.grantUndo(days)
		id := w.order(modest(10_000))
		x := &terminator{world: w, ends: map[int64]ending{id: {at: vm.SetNetwork}}}
		x.p = w.newProcess(x.settle, id)
		w.awaitStatus(id, vm.Removed)
		x.wg.Wait()
		w.awaitIdle()
		w.checkRemoved(id)
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, bystanders)
		w.grantUndo(days)
		m := w.deploy(modest(10_000))
		w.sim.RemoveGuest(m.VMID)
		w.terminate(m.ServiceID, vm.Removed)
		w.checkRemoved(m.ServiceID)
	})
	t.Run("somebody else's", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, bystanders)
		w.grantUndo(days)
		m := w.deploy(modest(10_000))
		w.sim.RemoveGuest(m.VMID)
		w.sim.AddGuest(intruder(m.VMID, m.Node))
		before := w.guests()
		w.sim.ForgetRequests()
		w.terminate(m.ServiceID, vm.ErrorTerminate)
		w.checkForeign(before, map[int]bool{})
		if text := w.entries(m.ServiceID); strings.Count(text, "FAILED") != 1 || !strings.Contains(text, "will not touch it") {
			t.Errorf("entries %q", text)
		}
	})
}

func TestHold_sentencesForWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.deploy(modest(10_000)).ServiceID
	w.sim.SetLock(10_000, "backup") // keeps every termination where it is
	sentence(t, w.desk.Restore(t.Context(), id), "ready", "no termination")
	move := func(to pipeline.State) { must(t, w.store.Move(t.Context(), id, to)) }
	move(vm.Terminate)
	sentence(t, w.desk.Restore(t.Context(), id), "being removed", "termination.undo")
	w.desk.Undo, w.desk.Reprieves = time.Hour, w.store
	w.await("pass that works on it", 20*time.Second, func() bool {
		return w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_vm WHERE lease_holder IS NOT NULL") == "1"
	})
	sentence(t, w.desk.Restore(t.Context(), id), "switched off", "Try again")
	w.db.Exec(t, "UPDATE kvmbridge_vm SET ended_at = ended_at - INTERVAL 2 HOUR")
	sentence(t, w.desk.Restore(t.Context(), id), "being removed", "until", "UTC")
	w.db.Exec(t, "UPDATE kvmbridge_vm SET ended_at = NULL")
	sentence(t, w.desk.Restore(t.Context(), id), "still being built", "Create")
	sentence(t, w.desk.Restore(t.Context(), 987654), "no VM")
}
