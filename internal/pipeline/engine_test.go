package pipeline_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type deed = func(context.Context, *job) error

func nothing(context.Context, *job) error { return nil }

// table runs a -> b -> c -> d with these deeds.
func table(deeds ...deed) pipeline.Table[job] {
	states := []pipeline.State{"a", "b", "c", "d", "e"}
	t := pipeline.Table[job]{Name: "test", Title: "Test", Start: "a", End: states[len(deeds)]}
	for i, d := range deeds {
		t.Steps = append(t.Steps, pipeline.Step[job]{From: states[i], To: states[i+1], Label: "step " + string(states[i]), Do: d})
	}
	return t
}

func config(s *memory, t pipeline.Table[job]) pipeline.Config[job] {
	return pipeline.Config[job]{
		Store: s, Tables: []pipeline.Table[job]{t}, Clock: clock.System{},
		State:    func(j *job) *pipeline.State { return &j.state },
		Failures: func(j *job) (int, time.Time) { return j.failures, j.since },
		Random:   func() float64 { return 0.5 },
		Log:      slog.New(slog.DiscardHandler),
	}
}

// run lets an engine work for d of bubble time.
func run(t *testing.T, cfg pipeline.Config[job], d time.Duration) {
	t.Helper()
	e, err := pipeline.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	e.Run(ctx)
}

func TestEngine_carriesEveryRecordToTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(50, time.Now())
		run(t, config(s, table(nothing, nothing, nothing)), time.Minute)
		for id := range s.rows {
			if got := s.get(id); got.state != "d" || got.runs != 1 || !got.wake.IsZero() {
				t.Fatalf("record %d: state %q runs %d wake %v, want d, 1, none", id, got.state, got.runs, got.wake)
			}
		}
	})
}

func TestEngine_retriesForeverWithGrowingPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		var at []time.Duration
		start := time.Now()
		run(t, config(s, table(func(context.Context, *job) error {
			at = append(at, time.Since(start).Round(time.Second))
			return errors.New("the node is down")
		})), 10*time.Minute)
		want := []time.Duration{0, 2, 6, 14, 30, 62, 122, 182}
		for i, w := range want {
			if i >= len(at) || at[i] < w*time.Second || at[i] > (w+2)*time.Second {
				t.Fatalf("tries at %v, want about %v (seconds)", at, want)
			}
		}
		got := s.get(1)
		if got.state != "a" || got.trouble.Attention == "" || got.trouble.Failures < 10 {
			t.Errorf("after ten minutes: state %q, trouble %+v; want a, with attention", got.state, got.trouble)
		}
	})
}

func TestEngine_proceedsByItselfOnceTheCauseIsGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		mended := time.Now().Add(3 * time.Minute)
		run(t, config(s, table(nothing, func(context.Context, *job) error {
			if time.Now().Before(mended) {
				return pipeline.WithFault(errors.New("template is missing"), pipeline.NeedsPerson)
			}
			return nil
		}, nothing)), 5*time.Minute)
		if got := s.get(1); got.state != "d" || got.failures != 0 {
			t.Errorf("state %q failures %d, want d and 0", got.state, got.failures)
		}
	})
}

func TestEngine_callsAPersonAtOnceWhenOnlyAPersonCanHelp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		run(t, config(s, table(func(context.Context, *job) error {
			return pipeline.WithFault(errors.New("no right to clone"), pipeline.NeedsPerson)
		})), time.Second)
		if got := s.get(1).trouble; got.Failures != 1 || got.Attention != "no right to clone" {
			t.Errorf("trouble %+v, want attention after the first failure", got)
		}
	})
}

func TestEngine_waitingIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		looks := 0
		run(t, config(s, table(func(_ context.Context, j *job) error {
			if looks++; looks < 30 {
				j.task = "UPID:1"
				return pipeline.Wait(time.Second, "the clone")
			}
			return nil
		})), 31*time.Second)
		if got := s.get(1); got.state != "b" || got.failures != 0 || len(s.log) != 1 || s.log[0].Took != 29*time.Second {
			t.Errorf("state %q, log %+v; want b with one line of 29s", got.state, s.log)
		}
	})
}

func TestEngine_givesUpWaitingAfterTheStepsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		tb := table(func(context.Context, *job) error { return pipeline.Wait(time.Second, "the migration") })
		tb.Steps[0].Timeout = 10 * time.Second
		run(t, config(s, tb), 11*time.Second)
		if len(s.log) != 1 || !strings.Contains(s.log[0].Result, "still waiting for the migration") {
			t.Errorf("log %+v, want one line about the wait", s.log)
		}
	})
}

func TestEngine_skipAdvancesWithZeroDuration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		run(t, config(s, table(func(ctx context.Context, _ *job) error {
			_ = clock.Sleep(ctx, clock.System{}, time.Second)
			return pipeline.Skip("no change")
		})), time.Minute)
		if e := s.log[0]; s.get(1).state != "b" || e.Skip != "no change" || e.Took != 0 || e.Result != "success" {
			t.Errorf("entry %+v, want a skip that advanced", e)
		}
	})
}

func TestEngine_parkedIsNotDueByTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		tries := 0
		run(t, config(s, table(func(context.Context, *job) error { tries++; return pipeline.Park("suspended") })), time.Hour)
		if got := s.get(1); tries != 1 || !got.trouble.Parked || !got.wake.IsZero() || got.failures != 0 {
			t.Errorf("tries %d, row %+v; want one try and no wake time", tries, got)
		}
	})
}

func TestEngine_runsTheStepAgainWhenAWishChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		s.again = 1
		tries := 0
		run(t, config(s, table(func(context.Context, *job) error { tries++; return nil })), time.Second)
		if s.get(1).state != "b" || tries != 2 {
			t.Errorf("state %q after %d tries, want b after 2", s.get(1).state, tries)
		}
	})
}

func TestEngine_survivesAPanic(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		run(t, config(s, table(func(context.Context, *job) error { panic("bug") })), time.Second)
		if got := s.log[0].Result; got != "internal error: bug" {
			t.Errorf("result %q, want the panic as an error", got)
		}
	})
}

func TestEngine_stoppingIsNoFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		run(t, config(s, table(func(ctx context.Context, _ *job) error {
			<-ctx.Done()
			return ctx.Err()
		})), 5*time.Second)
		got := s.get(1)
		if len(s.log) != 0 || got.failures != 0 || !got.until.IsZero() || got.wake.IsZero() {
			t.Errorf("row %+v log %v: want the lease back, due at once, nothing logged", got, s.log)
		}
	})
}

// A crash after the commit of each step: the next process goes on from there and does not repeat the step.
func TestEngine_goesOnAfterACrashBehindEveryCommit(t *testing.T) {
	t.Parallel()
	for _, at := range []pipeline.State{"a", "b", "c"} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newMemory(1, time.Now())
				s.loseCommit = at
				count := func(_ context.Context, j *job) error { j.visits = append(j.visits, string(j.state)); return nil }
				run(t, config(s, table(count, count, count)), 5*time.Minute)
				if got := s.get(1); got.state != "d" || strings.Join(got.visits, "") != "abc" {
					t.Errorf("state %q visits %v, want d and each step once", got.state, got.visits)
				}
			})
		})
	}
}

func TestEngine_goesOnByItselfAfterACommitThatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		s.refuseCommits = 3
		run(t, config(s, table(nothing, nothing)), time.Minute)
		if got := s.get(1); got.state != "c" || got.runs != 1 {
			t.Errorf("state %q runs %d, want c, 1: its lease was renewed for ever", got.state, got.runs)
		}
	})
}

func TestEngine_twoEnginesNeverWorkOneRecordTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(200, time.Now())
		var mu sync.Mutex
		busy := map[int64]bool{}
		tb := table(func(ctx context.Context, j *job) error {
			mu.Lock()
			if busy[j.id] {
				t.Errorf("record %d is worked on twice", j.id)
			}
			busy[j.id] = true
			mu.Unlock()
			_ = clock.Sleep(ctx, clock.System{}, 45*time.Second) // longer than a lease
			mu.Lock()
			busy[j.id] = false
			mu.Unlock()
			return nil
		}, nothing)
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { run(t, config(s, tb), 2*time.Minute) })
		}
		wg.Wait()
		for id := range s.rows {
			if got := s.get(id); got.state != "c" || got.runs != 1 {
				t.Fatalf("record %d: state %q runs %d, want c and 1", id, got.state, got.runs)
			}
		}
	})
}

// A process that cannot renew its leases, or waits for ever to hear that it did, must stop touching the world before
// somebody else starts.
func TestEngine_stopsItsWorkWhenLeasesCannotBeRenewed(t *testing.T) {
	t.Parallel()
	for name, renew := range map[string]func(context.Context) error{
		"refused": func(context.Context) error { return errors.New("database is gone") },
		"no answer": func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newMemory(1, time.Now())
			s.renew = renew
			start := time.Now()
			var ended time.Duration
			run(t, config(s, table(func(ctx context.Context, _ *job) error {
				<-ctx.Done()
				ended = cmp.Or(ended, time.Since(start))
				return ctx.Err()
			})), 29*time.Second)
			if ended == 0 || ended >= 29*time.Second {
				t.Errorf("%s: the step was stopped after %v, want before the lease of 30s runs out", name, ended)
			}
		})
	}
}

// The renewals that succeed again must not keep a lease alive whose pass was stopped meanwhile.
func TestEngine_goesOnWhenLeasesCanBeRenewedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		back := time.Now().Add(25 * time.Second)
		s.renew = func(context.Context) error {
			if time.Now().Before(back) {
				return errors.New("database is gone")
			}
			return nil
		}
		run(t, config(s, table(func(ctx context.Context, _ *job) error {
			return clock.Sleep(ctx, clock.System{}, 40*time.Second)
		})), 5*time.Minute)
		if got := s.get(1).state; got != "b" {
			t.Errorf("the record is at %q five minutes later, want b", got)
		}
	})
}

func TestLanes_boundEachLaneInOrderOfArrival(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(10, time.Now())
		var now, peak atomic.Int32
		tb := table(func(ctx context.Context, _ *job) error {
			if n := now.Add(1); n > peak.Load() {
				peak.Store(n)
			}
			_ = clock.Sleep(ctx, clock.System{}, 5*time.Second)
			now.Add(-1)
			return nil
		})
		tb.Steps[0].Lane = func(context.Context, *job) (string, error) { return "clone/1/local", nil }
		cfg := config(s, tb)
		cfg.Lanes = pipeline.NewLanes(map[string]int{"clone": 2})
		run(t, cfg, 26*time.Second)
		for id := range s.rows {
			if s.get(id).state != "b" {
				t.Fatalf("record %d is at %q, want b: ten in pairs of 5 s take 25 s", id, s.get(id).state)
			}
		}
		if peak.Load() != 2 {
			t.Errorf("peak %d, want 2", peak.Load())
		}
	})
}

func TestTable_checkFindsBrokenChains(t *testing.T) {
	t.Parallel()
	good := table(nothing, nothing)
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	gap := table(nothing, nothing)
	gap.Steps[1].From = "x"
	end := table(nothing, nothing)
	end.End = "x"
	idle := table(nothing)
	idle.Steps[0].Do = nil
	for name, tb := range map[string]pipeline.Table[job]{"gap": gap, "end": end, "idle": idle} {
		if tb.Check() == nil {
			t.Errorf("%s: a broken chain passes", name)
		}
	}
}

// Somebody else moves a record while a step waits, at its first look or a later one, or for its place in a lane: the step does
// nothing more.
func TestEngine_looksAtTheLeaseAfterAWait(t *testing.T) {
	t.Parallel()
	for name, steal := range map[string]int{"first wait": 1, "third wait": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newMemory(1, time.Now())
				looks := 0
				run(t, config(s, table(func(context.Context, *job) error {
					if looks++; looks == steal {
						s.steal(1)
					}
					return pipeline.Wait(5*time.Second, "the guest to stop")
				})), time.Minute)
				if looks != steal {
					t.Errorf("%d looks, want %d: the record was somebody else's", looks, steal)
				}
			})
		})
	}
}

func TestEngine_looksAtTheLeaseBehindALane(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newMemory(1, time.Now())
		tab := table(func(context.Context, *job) error {
			t.Error("the step ran for a record that was somebody else's")
			return nil
		})
		tab.Steps[0].Lane = func(context.Context, *job) (string, error) { return "clone/1", nil }
		cfg := config(s, tab)
		cfg.Lanes = pipeline.NewLanes(map[string]int{"clone": 1})
		leave, err := cfg.Lanes.Enter(t.Context(), "clone/1")
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(5*time.Second, func() { s.steal(1); leave() })
		run(t, cfg, 20*time.Second)
	})
}
