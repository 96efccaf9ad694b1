package showroom

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const (
	lifeSpeed      = 5
	batchTerminals = 50
)

// deployed starts a stage and brings n services to ready.
func deployed(ctx context.Context, n int) (s *stage, first int64, err error) {
	if s, err = newStage(ctx, lifeSpeed, false); err != nil {
		return nil, 0, err
	}
	if first, err = s.services(ctx, n); err == nil {
		for i := range int64(n) {
			err = errors.Join(err, s.create(ctx, first+i))
		}
	}
	for i := range int64(n) {
		if err == nil {
			_, err = s.sidecar.awaitReady(ctx, first+i)
		}
	}
	if err != nil {
		return nil, 0, errors.Join(err, s.close())
	}
	return s, first, nil
}

// reach waits until the machine of a service stands at a status.
func (s *stage) reach(ctx context.Context, service int64, at pipeline.State) error {
	_, err := s.sidecar.awaitStatus(ctx, service, at, 2*time.Millisecond)
	return err
}

// changeNothing counts the calls of a package change that changes nothing.
func changeNothing(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, service, err := deployed(ctx, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	m, err := s.sidecar.store.Find(ctx, service)
	if err != nil {
		return 0, err
	}
	before, tasks := s.sidecar.Calls.Load(), len(s.ground.Sim.Tasks())
	if err := s.call(ctx, "ChangePackage", service); err != nil {
		return 0, err
	}
	if err := s.sidecar.awaitRuns(ctx, service, 2); err != nil {
		return 0, err
	}
	g, _ := s.ground.Sim.Guest(m.VMID)
	say("floor change_nop_calls: running %t, %d tasks started", g.Running, len(s.ground.Sim.Tasks())-tasks)
	return float64(s.sidecar.Calls.Load() - before), nil
}

// terminateLatency compares the end of a stopped VM with the one task that it needs.
func terminateLatency(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, service, err := deployed(ctx, 1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	m, err := s.sidecar.store.Find(ctx, service)
	if err != nil {
		return 0, err
	}
	s.ground.Sim.SetRunning(m.VMID, false)
	begin := s.sidecar.clock.Now()
	if err := s.call(ctx, "TerminateAccount", service); err != nil {
		return 0, err
	}
	if err := s.reach(ctx, service, vm.Removed); err != nil {
		return 0, err
	}
	took, floor := s.sidecar.clock.Now().Sub(begin), pvesim.DefaultDurations().Destroy
	say("floor terminate_latency: the DELETE task takes %s; terminate to remove took %s (clock %dx)", floor, took.Round(time.Millisecond), lifeSpeed)
	return took.Seconds() / floor.Seconds(), nil
}

// batchTerminate ends fifty services at once and compares with one of them alone.
func batchTerminate(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, first, err := deployed(ctx, batchTerminals+1)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	single, err := s.end(ctx, first, 1)
	if err != nil {
		return 0, err
	}
	all, err := s.end(ctx, first+1, batchTerminals)
	say("floor batch_terminate: one running VM alone %s, %d at once %s (clock %dx)", single.Round(time.Millisecond), batchTerminals, all.Round(time.Millisecond), lifeSpeed)
	return all.Seconds() / single.Seconds(), err
}

// end terminates n services and returns how long it took until the last was removed.
func (s *stage) end(ctx context.Context, first int64, n int) (time.Duration, error) {
	begin := s.sidecar.clock.Now()
	for i := range int64(n) {
		if err := s.call(ctx, "TerminateAccount", first+i); err != nil {
			return 0, err
		}
	}
	for i := range int64(n) {
		if err := s.reach(ctx, first+i, vm.Removed); err != nil {
			return 0, err
		}
	}
	return s.sidecar.clock.Now().Sub(begin), nil
}
