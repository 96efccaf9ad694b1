package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// tenure ends the work of this process when its leases could not be renewed in time: from then on somebody else
// may hold them, and a step must not touch a guest that another process touches.
type tenure struct {
	lease time.Duration
	mu    sync.Mutex
	last  time.Time
	ctx   context.Context //nolint:containedctx // a tenure is the lifetime that passes are bound to
	stop  context.CancelCauseFunc
}

func newTenure(c clock.Clock, lease time.Duration) *tenure {
	t := &tenure{lease: lease, last: c.Now()}
	t.ctx, t.stop = context.WithCancelCause(context.Background())
	return t
}

func (t *tenure) renew(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = now
}

// expire ends the present tenure when the leases have run out, and opens the next one.
func (t *tenure) expire(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.last) < t.lease*2/3 {
		return
	}
	t.stop(ErrLost)
	t.ctx, t.stop = context.WithCancelCause(context.Background())
}

// bind returns a context that ends with ctx or with the present tenure.
func (t *tenure) bind(ctx context.Context) (context.Context, func()) {
	t.mu.Lock()
	life := t.ctx
	t.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(life, func() { cancel(context.Cause(life)) })
	return ctx, func() {
		detach()
		cancel(nil)
	}
}
