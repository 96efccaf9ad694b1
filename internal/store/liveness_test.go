package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// life is one machine with everybody who may do something to it: two processes with a pass each, and people who want things.
type life struct {
	ctx    context.Context
	w      world
	c      *stopped
	d      [2]*store.DB
	passes [2]*struct {
		l   pipeline.Lease
		m   *vm.Machine
		run pipeline.Run
		n   int
	}
}

func (f *life) claim(t *rapid.T, p int) {
	l, m, err := f.d[p].Claim(f.ctx, f.w.service, f.c.now)
	if errors.Is(err, pipeline.ErrNotDue) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if m.Job != "" && m.Status != vm.Ready {
		t.Fatalf("job %s at status %s", m.Job, m.Status)
	}
	run, _ := f.d[p].Begin(f.ctx, l, "x", *vm.Position(m), f.c.now)
	f.passes[p] = &struct {
		l   pipeline.Lease
		m   *vm.Machine
		run pipeline.Run
		n   int
	}{l, m, run, 1}
}

// advance settles the next step of a pass, as the engine does; the end of the table ends the run.
func (f *life) advance(t *rapid.T, p int, fails bool) {
	s, d := f.passes[p], f.d[p]
	if s == nil {
		return
	}
	at := *vm.Position(s.m)
	next, more := map[pipeline.State]pipeline.State{
		vm.Creation: vm.Starting, vm.Starting: vm.Ready, vm.ChangePackage: vm.CPStart, vm.CPStart: vm.Ready, vm.SetDNSRecords: vm.Ready, vm.Terminate: vm.Removed,
		vm.JobStop.At(): "job:done", vm.JobPower.At(): "job:done",
	}[at]
	var err error
	switch {
	case !more && s.n == 1:
		err = d.Release(f.ctx, s.l, time.Time{})
	case !more:
		err = d.End(f.ctx, s.l, &s.run, s.m, f.c.now, time.Time{})
	case fails:
		err = d.Fail(f.ctx, s.l, &s.run, s.m, failure(s.n, at, "x", f.c.now), pipeline.Trouble{Failures: 1, Wake: f.c.now.Add(time.Minute)})
	default:
		s.m.Gone = next == vm.Removed
		if err = d.Settle(f.ctx, s.l, &s.run, s.m, entry(s.n, at, next, f.c.now)); err == nil {
			*vm.Position(s.m) = next
			s.n++
			return
		}
		if errors.Is(err, pipeline.ErrAgain) {
			return
		}
	}
	if err != nil && !errors.Is(err, pipeline.ErrLost) {
		t.Fatal(err)
	}
	f.passes[p] = nil
}

// check: whatever is still to be done, somebody will look at it.
func (f *life) check(t *rapid.T) {
	s, err := f.d[0].Show(f.ctx, f.w.service)
	if err != nil {
		t.Fatal(err)
	}
	todo := len(s.Jobs) > 0 || s.Wish != ""
	switch s.Machine.Status {
	case vm.Ready:
	case vm.Removed, vm.ErrorTerminate:
		todo = false
	default:
		todo = true
	}
	if todo && s.WakeAt.IsZero() {
		t.Fatalf("%s with wish %q and jobs %v, and nobody will ever look at it", s.Machine.Status, s.Wish, s.Jobs)
	}
	if s.Holder != "" && s.WakeAt.IsZero() {
		t.Fatal("a lease that never runs out")
	}
}

// allow takes a refusal for an answer.
func (f *life) allow(t *rapid.T, err error) {
	if err != nil && !errors.Is(err, vm.ErrRefused) {
		t.Fatal(err)
	}
}

func TestLife_nothingThatWasWantedIsEverForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &stopped{now: moment()}
	d := [2]*store.DB{w.Store(t, withClock(c)), w.Store(t, withClock(c))}
	rapid.Check(t, func(r *rapid.T) {
		f := &life{ctx: t.Context(), w: w, c: c, d: d}
		f.w.service = w.Service(t, w.client, w.product, w.server)
		if err := d[0].Open(f.ctx, f.w.order()); err != nil {
			r.Fatal(err)
		}
		r.Repeat(f.events())
	})
}

func (f *life) events() map[string]func(*rapid.T) {
	process := rapid.IntRange(0, 1)
	some := func(t *rapid.T) *store.DB { return f.d[process.Draw(t, "process")] }
	return map[string]func(*rapid.T){
		"":        f.check,
		"claim":   func(t *rapid.T) { f.claim(t, process.Draw(t, "process")) },
		"advance": func(t *rapid.T) { f.advance(t, process.Draw(t, "process"), false) },
		"fail":    func(t *rapid.T) { f.advance(t, process.Draw(t, "process"), true) },
		"crash":   func(t *rapid.T) { f.passes[process.Draw(t, "process")] = nil },
		"wait":    func(*rapid.T) { f.c.now = f.c.now.Add(31 * time.Second) },
		"ask": func(t *rapid.T) {
			job := rapid.SampledFrom([]vm.Job{vm.JobStop, vm.JobPower}).Draw(t, "job")
			f.allow(t, some(t).Ask(f.ctx, f.w.service, job))
		},
		"wish": func(t *rapid.T) {
			to := rapid.SampledFrom([]pipeline.State{vm.ChangePackage, vm.SetDNSRecords}).Draw(t, "wish")
			f.allow(t, some(t).Wish(f.ctx, f.w.service, to))
		},
		"suspend": func(t *rapid.T) { f.allow(t, some(t).Suspend(f.ctx, f.w.service, rapid.Bool().Draw(t, "on"))) },
		"move": func(t *rapid.T) {
			to := rapid.SampledFrom([]pipeline.State{vm.Ready, vm.Creation, vm.ChangePackage, vm.Terminate, vm.Removed}).Draw(t, "to")
			f.allow(t, some(t).Move(f.ctx, f.w.service, to))
		},
		"reopen": func(t *rapid.T) { f.allow(t, some(t).Reopen(f.ctx, f.w.order())) },
	}
}
