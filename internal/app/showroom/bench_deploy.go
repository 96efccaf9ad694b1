package showroom

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
)

// deployBench deploys one VM in real time and answers for both figures of it.
type deployBench struct {
	measured bool
	took     time.Duration
	sent     int64
}

// overhead is the time from the order to ready, divided by the durations of the tasks on its way.
func (b *deployBench) overhead(ctx context.Context, say func(string, ...any)) (float64, error) {
	if err := b.run(ctx); err != nil {
		return 0, err
	}
	d := pvesim.DefaultDurations()
	floor := d.Clone + d.Migrate + d.Start
	say("floor deploy_overhead: clone %s + migrate %s + start %s = %s; order to ready took %s", d.Clone, d.Migrate, d.Start, floor, lines.Seconds(b.took))
	return b.took.Seconds() / floor.Seconds(), nil
}

func (b *deployBench) calls(ctx context.Context, _ func(string, ...any)) (float64, error) {
	err := b.run(ctx)
	return float64(b.sent), err
}

func (b *deployBench) run(ctx context.Context) (err error) {
	if b.measured {
		return nil
	}
	s, err := newStage(ctx, 1, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	service, err := s.services(ctx, 1)
	if err != nil {
		return err
	}
	begin := clock.System{}.Now()
	if err := s.create(ctx, service); err != nil {
		return err
	}
	if _, err := s.sidecar.awaitReady(ctx, service); err != nil {
		return err
	}
	b.took, b.sent, b.measured = clock.System{}.Now().Sub(begin), s.sidecar.Calls.Load(), true
	return nil
}

const (
	batchOrders = 100
	batchSpeed  = 5
)

// batchMakespan orders a hundred VMs at once and divides the time until the last is ready by what the lanes allow at best.
func batchMakespan(ctx context.Context, say func(string, ...any)) (_ float64, err error) {
	s, err := newStage(ctx, batchSpeed, false)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	first, err := s.services(ctx, batchOrders)
	if err != nil {
		return 0, err
	}
	begin := s.sidecar.clock.Now()
	for i := range int64(batchOrders) {
		if err := s.create(ctx, first+i); err != nil {
			return 0, err
		}
	}
	perNode := map[string]int{}
	for i := range int64(batchOrders) {
		m, err := s.sidecar.awaitReady(ctx, first+i)
		if err != nil {
			return 0, err
		}
		perNode[m.Node]++
	}
	took := s.sidecar.clock.Now().Sub(begin)
	floor := laneBound(perNode)
	say("floor batch_makespan: %d orders over nodes %v need at least %s with 2 clones per storage, 2 migrations per node, 4 starts per node; took %s (clock %dx)",
		batchOrders, perNode, floor, took.Round(100*time.Millisecond), batchSpeed)
	return took.Seconds() / floor.Seconds(), nil
}

// laneBound is the time the busiest lane needs, before and after which its first and last VM pass the others.
func laneBound(perNode map[string]int) time.Duration {
	d := pvesim.DefaultDurations()
	rounds := func(n, width int) time.Duration { return time.Duration((n + width - 1) / width) }
	bound := rounds(batchOrders, 2)*d.Clone + d.Start
	for node, n := range perNode {
		if node != "pve1" { // where the template is
			bound = max(bound, d.Clone+rounds(n, 2)*d.Migrate+d.Start)
		}
		bound = max(bound, d.Clone+rounds(n, 4)*d.Start)
	}
	return bound
}
