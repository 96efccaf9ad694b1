package pipeline_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
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

// launch is run in the background.
func launch(t *testing.T, cfg pipeline.Config[job], d time.Duration) {
	t.Helper()
	e, err := pipeline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	go func() { defer cancel(); e.Run(ctx) }()
}

// While it is paused nothing new is taken up; what is in work goes on to its end, and what waited is taken up afterwards.
func TestEngine_pausedTakesNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		start := time.Now()
		s.rows[2] = &row{job: job{id: 2, state: "a"}, wake: start.Add(20 * time.Second)}
		cfg := config(s, table(func(ctx context.Context, _ *job) error { return clock.Sleep(ctx, clock.System{}, time.Minute) }, nothing))
		paused := func(after time.Duration) bool { return after > 10*time.Second && after < 5*time.Minute }
		cfg.Paused = func(context.Context) bool { return paused(time.Since(start)) }
		launch(t, cfg, 10*time.Minute)
		time.Sleep(4 * time.Minute)
		if begun, waiting := s.get(1), s.get(2); begun.state != "c" || waiting.state != "a" || waiting.token != 0 {
			t.Errorf("paused: the one in work is at %q, the other at %q after %d claims", begun.state, waiting.state, waiting.token)
		}
		time.Sleep(3 * time.Minute)
		if got := s.get(2); got.state != "c" {
			t.Errorf("afterwards the other is at %q", got.state)
		}
		time.Sleep(4 * time.Minute)
	})
}

// A step whose time is a setting obeys the one of the moment.
func TestEngine_limitIsThatOfTheMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		start := time.Now()
		table := table(func(context.Context, *job) error {
			if time.Since(start) < 3*time.Minute {
				return pipeline.Wait(time.Second, "the task")
			}
			return nil
		})
		table.Steps[0].Limit = func(context.Context) time.Duration {
			if time.Since(start) < time.Minute {
				return 5 * time.Second
			}
			return time.Hour
		}
		launch(t, config(s, table), 10*time.Minute)
		time.Sleep(time.Minute)
		short := s.get(1).trouble.Failures
		time.Sleep(time.Minute)
		if long := s.get(1).trouble.Failures; short < 2 || long > short+1 {
			t.Errorf("%d failures in a minute with 5 s, %d more with an hour", short, long-short)
		}
		time.Sleep(9 * time.Minute)
		if got := s.get(1); got.state != "b" {
			t.Errorf("it ended at %q", got.state)
		}
	})
}
