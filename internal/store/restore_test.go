package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func endedAt(t *testing.T, d *store.DB, service int64) time.Time {
	t.Helper()
	m, err := d.Find(t.Context(), service)
	must(t, err)
	return m.Ended
}

func TestMove_remembersWhenAnEndWasOrdered(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ordered := c.now
	for _, step := range []struct {
		to   pipeline.State
		want time.Time
	}{
		{vm.Terminate, ordered},
		{vm.Terminate, ordered}, // ordered again
		{vm.ErrorTerminate, ordered},
		{vm.Terminate, ordered},
		{vm.Ready, time.Time{}},
		{vm.ErrorTerminate, time.Time{}},
		{vm.Terminate, time.Time{}}, // an end that began without an order
		{vm.Creation, time.Time{}},
		{vm.Terminate, time.Time{}}, // nothing was ready yet
		{vm.Removed, time.Time{}},
	} {
		must(t, d.Move(t.Context(), w.service, step.to))
		if got := endedAt(t, d, w.service); !got.Equal(step.want) {
			t.Errorf("at %s: ended %s, want %s", step.to, got, step.want)
		}
		c.now = c.now.Add(time.Minute)
	}
}

func TestRestore_isReadyAgainWithEverythingThatIsDue(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]pipeline.State{"at rest": vm.Ready, "in a change": vm.CPCPURAM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d, c := readyAt(t)
			ordered := c.now
			must(t, d.Move(t.Context(), w.service, at), d.Ask(t.Context(), w.service, vm.JobStop), d.Move(t.Context(), w.service, vm.Terminate))
			c.now = c.now.Add(time.Hour)
			for since, want := range map[time.Time]error{ordered: vm.ErrRefused, ordered.Add(time.Minute): vm.ErrRefused} {
				if err := d.Restore(t.Context(), w.service, since); !errors.Is(err, want) {
					t.Errorf("Restore of an earlier end: %v, want %v", err, want)
				}
			}
			must(t, d.Restore(t.Context(), w.service, ordered.Add(-time.Second)))
			l, m, err := d.Claim(t.Context(), w.service, c.now)
			must(t, err)
			if at == vm.CPCPURAM {
				if m.Status != vm.ChangePackage {
					t.Errorf("it stands at %s, want the change taken up", m.Status)
				}
				return
			}
			if m.Status != vm.Ready || m.Job != vm.JobPower || !m.Ended.IsZero() || l.Token == 0 {
				t.Errorf("machine = %+v, want it ready with its power due", m)
			}
			if held, err := d.Held(t.Context(), w.service); err != nil || texts(held) != "10.0.0.2 10.0.0.3" {
				t.Errorf("addresses = %s, %v", texts(held), err)
			}
			if err := d.Restore(t.Context(), w.service, ordered.Add(-time.Second)); !errors.Is(err, vm.ErrRefused) {
				t.Errorf("Restore at ready: %v, want ErrRefused", err)
			}
		})
	}
}

// A process that works on a machine may have begun to remove it; one that died does not.
func TestRestore_cutsNobodyShort(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	before := c.now.Add(-time.Second)
	must(t, d.Move(t.Context(), w.service, vm.Terminate))
	claim(t, d, w.service, c.now)
	if err := d.Restore(t.Context(), w.service, before); !errors.Is(err, vm.ErrBusy) {
		t.Errorf("Restore while somebody works on it: %v, want ErrBusy", err)
	}
	if m, err := d.Find(t.Context(), w.service); err != nil || m.Status != vm.Terminate || m.Job != "" {
		t.Errorf("machine = %+v, %v; want it untouched", m, err)
	}
	c.now = c.now.Add(time.Hour) // its lease ran out
	must(t, d.Restore(t.Context(), w.service, before))
}

func TestFail_parkedUntilATimeIsDueThen(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	must(t, d.Move(t.Context(), w.service, vm.Terminate))
	l, m, run := claim(t, d, w.service, c.now)
	until := c.now.Add(time.Hour)
	must(t, d.Fail(t.Context(), l, &run, m, failure(1, vm.Terminate, "it can be taken back", c.now), pipeline.Trouble{Parked: true, Wake: until}))
	if due(t, d, until.Add(-time.Second)) || !due(t, d, until) {
		t.Errorf("due before %s or not at it", until)
	}
	if m, err := d.Find(t.Context(), w.service); err != nil || m.Failures != 0 || m.Attention != "" || m.LastError != "it can be taken back" {
		t.Errorf("machine = %+v, %v; want no failure", m, err)
	}
}
