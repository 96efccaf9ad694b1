package keeping_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
)

// Whatever a client sends as the name of a copy, it is one of his own machine or nothing happens: not those of another client, nor
// a snapshot that staff made by hand.
func TestAsk_reachesOnlyTheMachinesOwnCopies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, other := w.machine(product(2, 2, "server", "")), w.machine(product(2, 2, "server", ""))
	volume := w.backup(other, "server")
	const theirs, byHand = "manual_2026-01-01_00-00-00", "before-migration"
	for _, c := range []struct {
		service int64
		name    string
	}{{other, theirs}, {id, byHand}} {
		upid, err := w.hv.TakeSnapshot(t.Context(), "pve1", vmidOf(c.service), c.name, "")
		w.byHand("a snapshot", upid, err)
	}
	w.engine()
	mine, his := fmt.Sprint(w.sim.Guest(vmidOf(id))), fmt.Sprint(w.sim.Guest(vmidOf(other)))
	for _, o := range []struct {
		kind          keeping.Kind
		subject, says string
	}{
		{keeping.Restore, volume, "no such backup"},
		{keeping.DropBackup, volume, "no such backup"},
		{keeping.Rollback, theirs, "no such snapshot"},
		{keeping.Rollback, byHand, "no such snapshot"},
		{keeping.DropSnapshot, byHand, "no such snapshot"},
		{keeping.DropSnapshot, "../snapshot/" + theirs, "no such snapshot"},
		{keeping.DropSnapshot, theirs, ""}, // it is gone from this machine, for all that anybody knows
	} {
		w.ask(id, o.kind, o.subject)
		w.until("an end", w.settled, nowBackup, restoreStatus, scheduleSnapshot, oldSnapshots)
		if got := w.lastError(id); got == "" != (o.says == "") || !contains([]string{got}, o.says) {
			t.Errorf("%s of %s: %q, want %q", o.kind, o.subject, got, o.says)
		}
	}
	if a, b := fmt.Sprint(w.sim.Guest(vmidOf(id))), fmt.Sprint(w.sim.Guest(vmidOf(other))); a != mine || b != his {
		t.Errorf("the guests changed:\n%s\n%s\n%s\n%s", mine, a, his, b)
	}
	if got := w.backups(other, "server"); len(got) != 1 || got[0].Volume != volume {
		t.Errorf("the other client's backups: %+v", got)
	}
	if !slices.Equal(w.snapshots(other), []string{theirs}) || !slices.Equal(w.snapshots(id), []string{byHand}) {
		t.Errorf("snapshots: %q, %q", w.snapshots(other), w.snapshots(id))
	}
}
