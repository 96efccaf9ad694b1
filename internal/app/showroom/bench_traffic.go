package showroom

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app/trafficbench"
)

// trafficBench collects the traffic of 10,000 machines and answers for both figures of it.
type trafficBench struct {
	measured bool
	got      trafficbench.Figures
}

// calls is how many requests Proxmox gets for an hour of 10,000 machines.
func (b *trafficBench) calls(ctx context.Context, _ func(string, ...any)) (float64, error) {
	err := b.run(ctx)
	return float64(b.got.Calls), err
}

// time is how long that takes, divided by the time of one INSERT of as many rows.
func (b *trafficBench) time(ctx context.Context, say func(string, ...any)) (float64, error) {
	if err := b.run(ctx); err != nil {
		return 0, err
	}
	say("floor stats_time: one INSERT of 10000 rows %s; collecting 10000 machines took %s with %d calls", b.got.Insert, b.got.Collect, b.got.Calls)
	return b.got.Collect.Seconds() / b.got.Insert.Seconds(), nil
}

func (b *trafficBench) run(ctx context.Context) (err error) {
	if b.measured {
		return nil
	}
	s, err := newStage(ctx, 1, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	b.got, err = trafficbench.Measure(ctx, s.sidecar.store)
	b.measured = err == nil
	return err
}
