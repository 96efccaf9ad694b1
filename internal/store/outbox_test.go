package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// mailed is a world with one mail in its outbox.
func mailed(t *testing.T) (world, *store.DB, *stopped, store.Effect) {
	t.Helper()
	w, d, c := openedAt(t)
	l, m, run := claim(t, d, w.service, c.now)
	m.Mails = []vm.Mail{{Template: "ready", Vars: map[string]string{"a": "b"}}}
	if err := d.Settle(t.Context(), l, &run, m, entry(1, vm.Creation, vm.Ready, c.now)); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Second)
	return w, d, c, pending(t, d, c.now)
}

func pending(t *testing.T, d *store.DB, now time.Time) store.Effect {
	t.Helper()
	effects, _, err := d.Pending(t.Context(), now, 10)
	if err != nil || len(effects) != 1 {
		t.Fatalf("Pending = %v, %v; want one effect", effects, err)
	}
	return effects[0]
}

func nothingPending(t *testing.T, d *store.DB, now, next time.Time) {
	t.Helper()
	effects, at, err := d.Pending(t.Context(), now, 10)
	if err != nil || len(effects) != 0 || !at.Equal(next) {
		t.Errorf("Pending = %v, %v, %v; want nothing before %v", effects, at, err, next)
	}
}

func TestOutbox_oneDelivererAtATime(t *testing.T) {
	t.Parallel()
	w, d, c, e := mailed(t)
	rival := e
	until := c.now.Add(time.Minute)
	if err := d.Attempt(t.Context(), &e, until, store.Mark{Mail: 5, Activity: 7}); err != nil {
		t.Fatal(err)
	}
	if err := w.Store(t).Attempt(t.Context(), &rival, until, store.Mark{}); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("a second deliverer: %v, want ErrLost", err)
	}
	nothingPending(t, d, c.now, until)
	if err := d.Delivered(t.Context(), e, c.now); err != nil {
		t.Fatal(err)
	}
	nothingPending(t, d, c.now.Add(time.Hour), time.Time{})
	if got := w.Text(t, "SELECT vars FROM kvmbridge_outbox"); got != "" {
		t.Errorf("vars after delivery = %q, want them gone", got)
	}
	if err := d.ForgetDelivered(t.Context(), c.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"); got != "0" {
		t.Errorf("rows after Forget = %s, want 0", got)
	}
}

// The deliverer dies after it has called WHMCS: the next one is told to look first, and from where.
func TestOutbox_aTryWithUnknownOutcomeKeepsItsMark(t *testing.T) {
	t.Parallel()
	_, d, c, e := mailed(t)
	dead := e
	if err := d.Attempt(t.Context(), &dead, c.now.Add(time.Minute), store.Mark{Mail: 5, Activity: 7}); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(2 * time.Minute)
	e = pending(t, d, c.now)
	if !e.Open || e.Mark.Mail != 5 || e.Mark.Activity != 7 || e.Attempts != 1 || e.Vars["a"] != "b" {
		t.Errorf("effect after a lost try = %+v, want it open with its mark", e)
	}
	if err := d.Attempt(t.Context(), &e, c.now.Add(time.Minute), store.Mark{Mail: 50, Activity: 70}); err != nil {
		t.Fatal(err)
	}
	if e.Mark.Mail != 5 {
		t.Errorf("mark = %+v, want the first one: the traces may begin there", e.Mark)
	}
	if err := d.Delivered(t.Context(), dead, c.now); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("the dead try's late answer: %v, want ErrLost", err)
	}
	if err := d.Postponed(t.Context(), e, c.now.Add(time.Hour), "refused", false); err != nil {
		t.Fatal(err)
	}
	nothingPending(t, d, c.now, c.now.Add(time.Hour))
	e = pending(t, d, c.now.Add(time.Hour))
	if e.Open || e.LastError != "refused" {
		t.Errorf("effect after a refusal = %+v, want nothing to look for", e)
	}
	if err := d.Attempt(t.Context(), &e, c.now.Add(2*time.Hour), store.Mark{Mail: 50}); err != nil || e.Mark.Mail != 50 {
		t.Errorf("next try: mark %+v, %v; want a fresh one", e.Mark, err)
	}
	if err := d.Postponed(t.Context(), e, c.now.Add(time.Hour), "no answer", true); err != nil {
		t.Fatal(err)
	}
	if e = pending(t, d, c.now.Add(time.Hour)); !e.Open || e.Mark.Mail != 50 {
		t.Errorf("effect after a lost answer = %+v, want it open", e)
	}
}

func TestOpen_tellsWHMCSAPasswordItDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &stopped{now: moment()}
	d := w.Store(t, withClock(c))
	o := w.order()
	o.NewPassword = true
	if err := d.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if e := pending(t, d, c.now); e.Kind != store.KindPassword || e.ServiceID != w.service {
		t.Errorf("effect = %+v, want a password for the service", e)
	}
	if got := w.Text(t, "SELECT CONCAT(subject, vars) FROM kvmbridge_outbox"); got != "" {
		t.Errorf("the outbox holds %q, want no secret", got)
	}
}

// Processes that look at the same moment: what one of them has begun while another was still reading is not begun again.
func TestOutbox_ofManyProcessesIsTriedOnce(t *testing.T) {
	t.Parallel()
	w, _, c, _ := mailed(t)
	const effects, processes = 120, 4
	for range effects - 1 {
		w.Exec(t, "INSERT INTO kvmbridge_outbox (service_id, kind, subject, vars, created_at, due_at) SELECT service_id, kind, subject, vars, created_at, due_at FROM kvmbridge_outbox LIMIT 1")
	}
	var tries atomic.Int64
	var group sync.WaitGroup
	for range processes {
		d := w.Store(t)
		group.Go(func() {
			for {
				list, _, err := d.Pending(t.Context(), c.now, 20)
				if err != nil || len(list) == 0 {
					return
				}
				for _, e := range list {
					if d.Attempt(t.Context(), &e, c.now.Add(time.Minute), store.Mark{}) == nil {
						tries.Add(1)
					}
				}
			}
		})
	}
	group.Wait()
	if n := tries.Load(); n != effects {
		t.Errorf("%d tries of %d effects", n, effects)
	}
}
