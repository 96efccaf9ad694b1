package namelist

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

const (
	// oldest is how long an edition is believed in whatever the mark says: clocks of database servers are set back, too.
	oldest = 5 * time.Minute
	// buildTime bounds one reading of the database.
	buildTime = 2 * time.Minute
)

// List gives out the newest edition and keeps it in memory, compressed: some 2 MB for 200,000 addresses. It is safe for
// concurrent use.
type List struct {
	source Source
	clock  clock.Clock
	log    *slog.Logger
	builds singleflight.Group

	mu   sync.Mutex
	last *Edition // nil while there is none that can be believed in
	junk Junk     // of which the log has been told
}

// NewList reads from source. The clock must run with real time.
func NewList(source Source, c clock.Clock, log *slog.Logger) *List {
	return &List{source: source, clock: c, log: log}
}

// Current is the list as it is now. Whoever asks while it is being read gets that reading, which may have begun a moment
// before. There is no answer without the database.
func (l *List) Current(ctx context.Context) (*Edition, error) {
	mark, err := l.source.Mark(ctx)
	if err != nil {
		return nil, err
	}
	if e := l.edition(); e != nil && mark != "" && e.mark == mark && l.clock.Now().Sub(e.made) < oldest {
		return e, nil
	}
	made := l.builds.DoChan("", func() (any, error) { return l.build(context.WithoutCancel(ctx)) })
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-made:
		e, _ := r.Val.(*Edition)
		return e, r.Err
	}
}

func (l *List) edition() *Edition {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// build goes on when the one who asked for it has gone: others wait for it too.
func (l *List) build(ctx context.Context) (*Edition, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	l.keep(ctx, nil) // nobody believes in it any more: two of them would take twice the memory
	made := l.clock.Now()
	e, err := newEdition(ctx, l.source)
	if err != nil {
		return nil, err
	}
	e.made = made
	l.keep(ctx, e)
	return e, nil
}

func (l *List) keep(ctx context.Context, e *Edition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = e
	if e == nil || e.Junk == l.junk {
		return
	}
	if l.junk = e.Junk; l.junk.Services == 0 {
		return
	}
	l.log.WarnContext(ctx, "services whose names cannot be read are left out of the list for dns.php",
		slog.Int("services", e.Junk.Services), slog.Int64("first_service_id", e.Junk.First))
}
