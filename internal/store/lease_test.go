package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// openedAt is a world ordered at moment, by the test's clock.
func openedAt(t *testing.T) (world, *store.DB, *stopped) {
	t.Helper()
	w := newWorld(t)
	c := &stopped{now: moment()}
	d := w.Store(t, withClock(c))
	if err := d.Open(t.Context(), w.order()); err != nil {
		t.Fatal(err)
	}
	return w, d, c
}

func TestClaim_onlyOneProcessGetsIt(t *testing.T) {
	t.Parallel()
	w, _, c := openedAt(t)
	replicas := []*store.DB{w.Store(t, withClock(c)), w.Store(t, withClock(c))}
	var mu sync.Mutex
	won := 0
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			_, _, err := replicas[n%2].Claim(t.Context(), w.service, c.now)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, pipeline.ErrNotDue):
				t.Errorf("a loser got %v, want ErrNotDue", err)
			}
		})
	}
	group.Wait()
	if won != 1 {
		t.Errorf("%d of 16 claims succeeded, want 1", won)
	}
}

// A process dies: after the lease has run out on the given clock another goes on, and what the first still writes is lost.
func TestClaim_afterTheLeaseRanOutTheFirstHolderWritesNothing(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	other := w.Store(t, withClock(c))
	l, m, run := claim(t, d, w.service, c.now)
	if _, _, err := other.Claim(t.Context(), w.service, c.now.Add(29*time.Second)); !errors.Is(err, pipeline.ErrNotDue) {
		t.Fatalf("Claim within the lease: %v, want ErrNotDue", err)
	}
	later := c.now.Add(30 * time.Second)
	l2, m2, run2 := claim(t, other, w.service, later)
	if l2.Token <= l.Token {
		t.Errorf("token after %d is %d, want it to grow", l.Token, l2.Token)
	}
	m.VMID, m.Node, m.Mails = 999, "wrong", []vm.Mail{{Template: "wrong"}}
	before := dump(t, w)
	for name, err := range map[string]error{
		"Settle":  d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.SetIP, later)),
		"Fail":    d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, "wrong", later), pipeline.Trouble{Failures: 1, Attention: "wrong"}),
		"End":     d.End(t.Context(), l, &run, m, later, time.Time{}),
		"Note":    d.Note(t.Context(), l, m),
		"Release": d.Release(t.Context(), l, later),
	} {
		if !errors.Is(err, pipeline.ErrLost) {
			t.Errorf("%s by the former holder: %v, want ErrLost", name, err)
		}
	}
	if after := dump(t, w); after != before {
		t.Errorf("the former holder changed something:\n%s\n%s", before, after)
	}
	m2.VMID = 100
	if err := other.Settle(t.Context(), l2, &run2, m2, entry(1, vm.Creation, vm.SetIP, later)); err != nil {
		t.Errorf("Settle by the new holder: %v", err)
	}
}

// The same process may lose a lease, claim the machine again and still have the first pass running.
func TestClaim_anEarlierLeaseOfTheSameProcessWritesNothing(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	l, m, run := claim(t, d, w.service, c.now)
	later := c.now.Add(time.Minute)
	claim(t, d, w.service, later)
	for name, err := range map[string]error{
		"Settle":  d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.SetIP, later)),
		"Fail":    d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, "wrong", later), pipeline.Trouble{}),
		"End":     d.End(t.Context(), l, &run, m, later, time.Time{}),
		"Note":    d.Note(t.Context(), l, m),
		"Release": d.Release(t.Context(), l, later),
	} {
		if !errors.Is(err, pipeline.ErrLost) {
			t.Errorf("%s with the earlier lease: %v, want ErrLost", name, err)
		}
	}
}

// dump is everything a lease can write.
func dump(t *testing.T, w world) string {
	t.Helper()
	var all []string
	for _, q := range []string{
		"SELECT CONCAT_WS('|', node, task, wake_at, lease_holder, lease_token, failures, attention, last_error) FROM kvmbridge_vm",
		"SELECT CONCAT_WS('|', vm_id, vm_name, vm_status, vm_net0_mac, vm_last_action_log, vm_deploy_log) FROM puqProxmoxKVM_vm_info",
		"SELECT COUNT(*) FROM kvmbridge_runs", "SELECT COUNT(*) FROM kvmbridge_run_steps", "SELECT COUNT(*) FROM kvmbridge_outbox",
	} {
		all = append(all, w.Text(t, q))
	}
	return strings.Join(all, "\n")
}

func TestSettle_refusesAStatusThatSomebodyElseChanged(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	l, m, run := claim(t, d, w.service, c.now)
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'terminate'") // an admin, by hand
	if err := d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.SetIP, c.now)); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("Settle: %v, want ErrLost", err)
	}
	if got := w.Text(t, "SELECT vm_status FROM puqProxmoxKVM_vm_info"); got != "terminate" {
		t.Errorf("status = %s, want it left alone", got)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_runs"); got != "0" {
		t.Errorf("runs = %s, want the whole transaction undone", got)
	}
}

func TestRenew_prolongsWhatIsHeldAndNothingElse(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	other := w.Store(t, withClock(c))
	l, _, _ := claim(t, d, w.service, c.now)
	at := c.now.Add(20 * time.Second)
	if err := errors.Join(d.Renew(t.Context(), at), other.Renew(t.Context(), at.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Claim(t.Context(), w.service, c.now.Add(49*time.Second)); !errors.Is(err, pipeline.ErrNotDue) {
		t.Errorf("Claim of a renewed lease: %v, want ErrNotDue", err)
	}
	if err := d.Release(t.Context(), l, c.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := d.Renew(t.Context(), c.now.Add(10*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Claim(t.Context(), w.service, c.now.Add(time.Hour)); err != nil {
		t.Errorf("Claim after a release: %v; Renew must not touch what was given back", err)
	}
}

// A lease that could not be given back must run out, although the process goes on renewing the others.
func TestRenew_leavesLeasesAloneThatItCouldNotGiveBack(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	l, _, _ := claim(t, d, w.service, c.now)
	w.Exec(t, "RENAME TABLE kvmbridge_vm TO elsewhere") // the database is in trouble just now
	if err := d.Release(t.Context(), l, time.Time{}); err == nil {
		t.Fatal("Release without a table succeeded")
	}
	w.Exec(t, "RENAME TABLE elsewhere TO kvmbridge_vm")
	if err := d.Renew(t.Context(), c.now.Add(25*time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Claim(t.Context(), w.service, c.now.Add(30*time.Second)); err != nil {
		t.Errorf("Claim when the lost lease has run out: %v", err)
	}
}

func TestDue_listsWhatIsDueAndWhenTheRestWillBe(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ids := w.more(t, 1000)
	at := func(id int64, when time.Time) {
		w.Exec(t, "UPDATE kvmbridge_vm SET wake_at = ? WHERE service_id = ?", when, id)
	}
	at(ids[0], c.now.Add(-2*time.Minute))
	at(ids[1], c.now.Add(time.Minute))
	got, next, err := d.Due(t.Context(), c.now, 10)
	if err != nil || fmt.Sprint(got) != fmt.Sprint([]int64{ids[0], w.service}) || !next.Equal(c.now.Add(time.Minute)) {
		t.Errorf("Due = %v, %v, %v; want the two that are due, longest first, and the minute", got, next, err)
	}
	got, next, err = d.Due(t.Context(), c.now, 1)
	if err != nil || len(got) != 1 || next.After(c.now) {
		t.Errorf("Due with limit 1 = %v, %v, %v; want one and a moment that has come for the rest", got, next, err)
	}
	claim(t, d, w.service, c.now) // held: due again when the lease ends
	got, next, err = d.Due(t.Context(), c.now, 10)
	if err != nil || len(got) != 1 || !next.Equal(c.now.Add(30*time.Second)) {
		t.Errorf("Due with a held machine = %v, %v, %v; want the end of the lease next", got, next, err)
	}
}

// Ten thousand machines with nothing to do cost one query that reads next to nothing.
func TestDue_readsNoIdleRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.more(t, 2000)
	d := w.Store(t)
	var plan []struct {
		Key  *string `db:"key"`
		Rows int     `db:"rows"`
	}
	for _, q := range []string{
		"EXPLAIN SELECT service_id, wake_at FROM kvmbridge_vm WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 101",
		"EXPLAIN SELECT id, due_at FROM kvmbridge_outbox WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT 51",
	} {
		plan = nil
		if err := w.SQL.Unsafe().SelectContext(t.Context(), &plan, q); err != nil {
			t.Fatal(err)
		}
		if len(plan) != 1 || plan[0].Key == nil || plan[0].Rows > 10 {
			t.Errorf("%s: plan %+v, want a walk along an index over no rows", q, plan)
		}
	}
	if ids, next, err := d.Due(t.Context(), moment(), 100); err != nil || len(ids) != 0 || !next.IsZero() {
		t.Errorf("Due = %v, %v, %v; want nothing", ids, next, err)
	}
}

func TestSuspend_wakesAParkedMachineAndIsNotOverheard(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	e := failure(1, vm.Creation, "waits until the service is unsuspended", c.now)
	if err := d.Fail(ctx, l, &run, m, e, pipeline.Trouble{Parked: true}); err != nil {
		t.Fatal(err)
	}
	if ids, _, err := d.Due(ctx, c.now.Add(time.Hour), 10); err != nil || len(ids) != 0 {
		t.Fatalf("Due = %v, %v; want a parked machine not to be due", ids, err)
	}
	if err := d.Suspend(ctx, w.service, true); err != nil {
		t.Fatal(err)
	}
	l, m, run = claim(t, d, w.service, c.now)
	if !m.Suspended {
		t.Error("the wish did not reach the machine")
	}
	// The wish changes while the step is under way and about to park.
	if err := d.Suspend(ctx, w.service, false); err != nil {
		t.Fatal(err)
	}
	if err := d.Fail(ctx, l, &run, m, failure(1, vm.Creation, "waits", c.now), pipeline.Trouble{Parked: true}); err != nil {
		t.Fatal(err)
	}
	if ids, _, err := d.Due(ctx, c.now.Add(time.Second), 10); err != nil || len(ids) != 1 {
		t.Errorf("Due = %v, %v; want the machine, its event arrived during the run", ids, err)
	}
	if err := d.Suspend(ctx, 4711, true); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Suspend without record: %v, want ErrNoMachine", err)
	}
}

func TestSettle_toReadyLooksAtTheWishOnceMore(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	if err := d.Settle(ctx, l, &run, m, entry(1, vm.Creation, vm.Starting, c.now)); err != nil {
		t.Fatal(err)
	}
	m.Mails = []vm.Mail{{Template: "ready"}}
	if err := d.Suspend(ctx, w.service, true); err != nil { // behind the last step's back
		t.Fatal(err)
	}
	if err := d.Settle(ctx, l, &run, m, entry(2, vm.Starting, vm.Ready, c.now)); !errors.Is(err, pipeline.ErrAgain) {
		t.Fatalf("Settle to ready of a machine that was suspended meanwhile: %v, want ErrAgain", err)
	}
	if len(m.Mails) != 0 || m.Status != vm.Starting {
		t.Errorf("machine after ErrAgain: mails %v, status %s; want none and starting", m.Mails, m.Status)
	}
	m.Suspended, m.Mails = true, []vm.Mail{{Template: "ready"}}
	if err := d.Settle(ctx, l, &run, m, entry(2, vm.Starting, vm.Ready, c.now)); err != nil {
		t.Fatal(err)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"); got != "1" {
		t.Errorf("mails = %s, want exactly one", got)
	}
}

// A process dies between the last settlement of a run and its end: the next one to look ends it in the log.
func TestRelease_forGoodEndsTheRunThatWasLeft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		to             pipeline.State
		failed, result string
	}{
		"done":     {vm.Ready, "", "success"},
		"given up": {vm.ErrorTerminate, "VM 101 is locked", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d, clock := openedAt(t)
			l, m, run := claim(t, d, w.service, clock.now)
			e := entry(1, vm.Creation, c.to, clock.now)
			if c.failed != "" {
				e.Result, run.Failed = c.failed, c.failed
			}
			must(t, d.Settle(t.Context(), l, &run, m, e))
			clock.now = clock.now.Add(time.Hour)
			heir := w.Store(t, withClock(clock))
			next, _, err := heir.Claim(t.Context(), w.service, clock.now)
			must(t, err, heir.Release(t.Context(), next, time.Time{}))
			last, _, err := heir.LastRun(t.Context(), w.service)
			if err != nil || last.Result != c.result || last.Error != c.failed || !last.Finished.Equal(clock.now) {
				t.Errorf("run %+v, %v; want it ended with %q", last, err, c.result)
			}
			if history := w.Text(t, "SELECT vm_deploy_log FROM puqProxmoxKVM_vm_info"); !strings.Contains(history, `"result":"`+c.result+`"`) {
				t.Errorf("history %s, want the run in it", history)
			}
		})
	}
}
