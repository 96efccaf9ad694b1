package settings

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Source reads what is saved, by name.
type Source interface {
	Saved(ctx context.Context) (map[string]string, error)
}

// Live are the settings as they count now; it is safe for concurrent use.
type Live struct {
	Sheet  Sheet
	Source Source
	Clock  clock.Clock
	Log    *slog.Logger

	mu     sync.Mutex
	known  bool
	values Values
	readAt time.Time
}

// age is how long a saved setting may take to count.
const age = 3 * time.Second

// readTime bounds one look at the database; a step waits for it.
const readTime = 2 * time.Second

// Now reads what is saved, at most every few seconds. While the database cannot be read, and before there are tables, the
// settings known last count, else the defaults.
func (l *Live) Now(ctx context.Context) Values {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Clock.Now()
	if l.known && now.Sub(l.readAt) < age {
		return l.values
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTime)
	defer cancel()
	saved, err := l.Source.Saved(ctx)
	switch {
	case err == nil:
		l.values = l.Sheet.Values(saved)
	case !l.known:
		l.values = l.Sheet.Values(nil)
	}
	if err != nil {
		l.Log.DebugContext(ctx, "settings cannot be read, the last ones count", slog.Any("err", err))
	}
	l.known, l.readAt = true, l.Clock.Now()
	return l.values
}

// Forget makes the next Now read; call it after a change.
func (l *Live) Forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readAt = time.Time{}
}
