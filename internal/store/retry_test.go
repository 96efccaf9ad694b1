package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestRetry_makesDueAndKeepsWhatWasOrdered(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	ctx := t.Context()
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Wish(ctx, w.service, vm.ChangePackage))
	m.Task = "UPID:1"
	trouble := pipeline.Trouble{Failures: 4, Since: c.now, Wake: c.now.Add(time.Hour)}
	must(t, d.Fail(ctx, l, &run, m, failure(1, vm.Creation, "no address", c.now), trouble))
	if due(t, d, c.now) {
		t.Fatal("it is due before its time")
	}
	must(t, d.Retry(ctx, w.service))
	s, err := d.Show(ctx, w.service)
	if err != nil || !due(t, d, c.now) || s.Wish != vm.ChangePackage || s.Machine.Task != "UPID:1" || s.Machine.Failures != 4 || s.Machine.Status != vm.Creation {
		t.Errorf("after Retry: due %v, %+v, %v; want it due and all else as it was", due(t, d, c.now), s, err)
	}
}

// A machine that is being worked on keeps its worker and is looked at once more.
func TestRetry_leavesAPassAlone(t *testing.T) {
	t.Parallel()
	w, d, c := openedAt(t)
	l, m, run := claim(t, d, w.service, c.now)
	must(t, d.Retry(t.Context(), w.service))
	if due(t, d, c.now) {
		t.Error("it is due although somebody works on it")
	}
	must(t, d.Fail(t.Context(), l, &run, m, failure(1, vm.Creation, "no address", c.now), pipeline.Trouble{Failures: 1, Since: c.now, Wake: c.now.Add(time.Hour)}))
	if !due(t, d, c.now.Add(time.Second)) {
		t.Error("the retry that came meanwhile is forgotten")
	}
}

func TestRetry_refusesWhatNobodyDoesByTime(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	for _, at := range []pipeline.State{vm.Removed, vm.ErrorTerminate} {
		must(t, d.Move(t.Context(), w.service, at))
		if err := d.Retry(t.Context(), w.service); !errors.Is(err, vm.ErrRefused) {
			t.Errorf("Retry at %s: %v, want ErrRefused", at, err)
		}
	}
	if err := d.Retry(t.Context(), 4711); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Retry of nothing: %v, want ErrNoMachine", err)
	}
}
