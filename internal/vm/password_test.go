package vm_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// rekeyed starts a process whose key opens nothing that was sealed before, and returns its desk.
func (w *world) rekeyed() *desk.Desk {
	w.t.Helper()
	box, err := seal.New([]byte(rand.Text()))
	must(w.t, err)
	s := w.db.Store(w.t, func(c *store.Config) { c.Clock, c.Lease, c.Box = w.clk, w.lease, box })
	w.start(w.engine(s, w.newSteps(s, w.connect(w.srv))))
	d := *w.desk
	d.Registry = s
	return &d
}

func says(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q, want %q in it", text, w)
		}
	}
}

// A deploy whose password cannot be read stands where it is needed, says so, and goes on with a new one.
func TestPassword_unreadableStopsOnlyWhatNeedsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(modest(10_000))
	d := w.rekeyed()
	w.await("call for a person", 40*time.Second, func() bool { return w.machine(id).Attention != "" })
	if m := w.machine(id); m.Status != vm.SetFirewall {
		t.Errorf("it stands at %s, want %s", m.Status, vm.SetFirewall)
	} else {
		says(t, m.Attention, "password", "sealed with another key", "Change Password")
	}
	must(t, d.ChangePassword(t.Context(), id, "Another-Secret-9"))
	w.awaitStatus(id, vm.Ready)
	w.awaitQueue(id)
	w.checkModest(id, "pve2")
	w.checkMails(id, 1)
}

// A job that writes the password is refused like that, too, and the rest of the guest's life goes on.
func TestPassword_unreadableOfALiveGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(modest(10_000))
	first := w.newProcess(nil, id)
	w.awaitAll(patience, id)
	first.stop()
	d := w.rekeyed()
	w.product(id, `"cpu":2`, `"cpu":3`)
	must(t, d.ChangePackage(t.Context(), id))
	w.awaitChange(id)
	if g, _ := w.sim.Guest(10_000); g.Config["cores"] != "3" {
		t.Errorf("%s cores, want 3", g.Config["cores"])
	}
	must(t, d.Run(t.Context(), id, vm.JobStop))
	w.await("guest that is off", 20*time.Second, func() bool { g, _ := w.sim.Guest(10_000); return !g.Running })
	w.awaitQueue(id)
	must(t, d.Run(t.Context(), id, vm.JobCloudInit))
	w.await("call for a person", 20*time.Second, func() bool { return w.machine(id).Attention != "" })
	says(t, w.machine(id).Attention, "password", "Change Password")
	must(t, d.Terminate(t.Context(), id))
	w.awaitStatus(id, vm.Removed)
	w.awaitIdle()
	w.db.Exec(t, "DELETE FROM kvmbridge_outbox WHERE subject LIKE '%needs a person%'")
	w.checkRemoved(id)
}
