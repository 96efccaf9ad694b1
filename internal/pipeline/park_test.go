package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// What waits for an event until a certain time goes on then, and has not failed.
func TestEngine_parkedUntilATimeGoesOnThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		tries, until := 0, time.Now().Add(2*time.Hour)
		deeds := table(func(context.Context, *job) error {
			tries++
			if time.Now().Before(until) {
				return pipeline.ParkUntil(until, "it can be taken back")
			}
			return nil
		})
		run(t, config(s, deeds), time.Hour)
		if got := s.get(1); tries != 1 || !got.trouble.Parked || !got.wake.Equal(until) || got.failures != 0 || got.state != "a" {
			t.Errorf("tries %d, row %+v; want one try and due at %s", tries, got, until)
		}
		run(t, config(s, deeds), 2*time.Hour)
		if got := s.get(1); tries != 2 || got.state != "b" {
			t.Errorf("tries %d, state %q; want it done at the second", tries, got.state)
		}
	})
}
