package showroom

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app/namebench"
)

// listBench polls dns.php once and answers for its three figures.
type listBench struct {
	measured bool
	namebench.Result
}

// full is the whole list, divided by plain PHP.
func (b *listBench) full(ctx context.Context, say func(string, ...any)) (float64, error) {
	if err := b.run(ctx); err != nil {
		return 0, err
	}
	say("floor dns_php: plain PHP %s for %d bytes; through PHP and sidecar %s, right after a change %s", b.Floor, b.Size, b.Full, b.Cold)
	return b.Full.Seconds() / b.Floor.Seconds(), nil
}

// unchanged is a 304, divided by plain PHP.
func (b *listBench) unchanged(ctx context.Context, say func(string, ...any)) (float64, error) {
	if err := b.run(ctx); err != nil {
		return 0, err
	}
	say("floor dns_php_unchanged: plain PHP %s; not modified %s", b.Floor, b.Unchanged)
	return b.Unchanged.Seconds() / b.Floor.Seconds(), nil
}

// memory is what the sidecar grew by, in MiB.
func (b *listBench) memory(ctx context.Context, _ func(string, ...any)) (float64, error) {
	err := b.run(ctx)
	return float64(b.Grown) / (1 << 20), err
}

func (b *listBench) run(ctx context.Context) (err error) {
	if b.measured {
		return nil
	}
	s, err := newStage(ctx, 1, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	b.Result, err = namebench.Measure(ctx, namebench.Place{URL: s.ground.WHMCS.URL, Root: s.ground.WHMCS.Dir, Exec: s.exec})
	b.measured = err == nil
	return err
}
