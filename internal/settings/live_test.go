package settings_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/settings"
)

// rows is a table that can be away.
type rows struct {
	saved map[string]string
	away  error
	reads int
}

func (r *rows) Saved(context.Context) (map[string]string, error) {
	r.reads++
	return r.saved, r.away
}

func live(r *rows) *settings.Live {
	return &settings.Live{Sheet: sheet(), Source: r, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)}
}

func TestLive_takesAChangeUpWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		l := live(r)
		for range 100 {
			if got := l.Now(t.Context()).DefaultTimeout; got != 10*time.Second {
				t.Fatalf("default timeout %s", got)
			}
		}
		if r.reads != 1 {
			t.Errorf("read %d times at once", r.reads)
		}
		r.saved = map[string]string{settings.DefaultTimeout: "33"}
		time.Sleep(3 * time.Second)
		if got := l.Now(t.Context()).DefaultTimeout; got != 33*time.Second || r.reads != 2 {
			t.Errorf("3 s later: %s after %d reads", got, r.reads)
		}
		r.saved = map[string]string{settings.DefaultTimeout: "44"}
		l.Forget()
		if got := l.Now(t.Context()).DefaultTimeout; got != 44*time.Second {
			t.Errorf("after a change of our own: %s", got)
		}
	})
}

func TestLive_keepsTheLastKnownWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{away: errors.New("no such table")}
		l := live(r)
		if got := l.Now(t.Context()); got.DefaultTimeout != 10*time.Second || got.Paused() {
			t.Errorf("before there are tables: %+v", got)
		}
		r.saved, r.away = map[string]string{settings.DefaultTimeout: "33"}, nil
		time.Sleep(3 * time.Second)
		_ = l.Now(t.Context())
		r.saved, r.away = nil, errors.New("gone away")
		time.Sleep(3 * time.Second)
		if got := l.Now(t.Context()).DefaultTimeout; got != 33*time.Second {
			t.Errorf("while it is away: %s", got)
		}
	})
}
