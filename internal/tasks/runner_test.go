package tasks_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// hand is a clock that goes on when the test says so.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func newHand() *hand { return &hand{now: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)} }

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// passUntil lets seconds go by until something is over.
func (h *hand) passUntil(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(5 * time.Millisecond):
			h.pass(time.Second)
		}
	}
}

// After looks often: there are few sleepers, and short tests.
func (h *hand) After(d time.Duration) <-chan time.Time {
	rung, at := make(chan time.Time, 1), h.Now().Add(d)
	go func() {
		for range 60_000 { // a sleeper that nobody waits for any more
			if !h.Now().Before(at) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		rung <- at
	}()
	return rung
}

// bench is a database with runners.
type bench struct {
	*testing.T
	db    *testdb.DB
	book  *taskrows.Book
	clock *hand
	rules tasks.Rules
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db := testdb.New(t)
	rules := tasks.Rules{LockTimeout: 10 * time.Minute, Intervals: map[string]time.Duration{}}
	for _, task := range tasks.Table() {
		rules.Intervals[task.ID] = task.Default
	}
	return &bench{T: t, db: db, book: taskrows.New(db.SQL), clock: newHand(), rules: rules}
}

func (b *bench) runner(holder string, deeds map[string]tasks.Run) *tasks.Runner {
	return &tasks.Runner{
		Book: b.book, Deeds: deeds, Rules: func(context.Context) tasks.Rules { return b.rules }, Clock: b.clock,
		Log: slog.New(slog.DiscardHandler), Holder: holder,
	}
}

func (b *bench) row(id string) tasks.Row {
	b.Helper()
	rows, err := b.book.Rows(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return rows[id]
}

// due runs one task that should be due, or not.
func (b *bench) due(r *tasks.Runner, id string, want bool) {
	b.Helper()
	if o, err := r.Run(b.Context(), id, tasks.Manner{}); err != nil || o.Ran != want {
		b.Errorf("%s ran: %t, %v; want %t", id, o.Ran, err, want)
	}
}

func counting(n *atomic.Int64) tasks.Run {
	return func(context.Context) (tasks.Result, error) {
		n.Add(1)
		return tasks.Result{Processed: 3, Errors: 1, Details: []string{"service 7: no space"}}, nil
	}
}

func TestRunner_runsWhatIsDueAndWritesDownHowItWent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var n atomic.Int64
	r := b.runner("a", map[string]tasks.Run{tasks.Statistics: counting(&n)})
	began := b.clock.Now()
	b.due(r, tasks.Statistics, true)
	want := tasks.Row{
		ID: tasks.Statistics, Started: began, Finished: began, Token: 1,
		Result: tasks.Result{Processed: 3, Errors: 1, Details: []string{"service 7: no space"}},
	}
	if d := cmp.Diff(want, b.row(tasks.Statistics)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	b.clock.pass(59 * time.Minute)
	b.due(r, tasks.Statistics, false)
	b.clock.pass(time.Minute)
	b.due(r, tasks.Statistics, true)
	b.rules.Intervals[tasks.Statistics] = 0
	b.clock.pass(24 * time.Hour)
	b.due(r, tasks.Statistics, false)
	b.due(r, tasks.ScheduleBackup, false) // not built
	if n.Load() != 2 {
		t.Errorf("the task ran %d times", n.Load())
	}
}

// Whoever looks, and however many at once: one due time is one run.
func TestRunner_runsADueTaskOnceHoweverManyLook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var n atomic.Int64
	slow := func(ctx context.Context) (tasks.Result, error) {
		time.Sleep(5 * time.Millisecond)
		return counting(&n)(ctx)
	}
	const rounds, replicas = 10, 6
	for range rounds {
		var wg sync.WaitGroup
		for i := range replicas {
			wg.Go(func() {
				if err := b.runner(strconv.Itoa(i), map[string]tasks.Run{tasks.ProcessVMs: slow}).RunDue(b.Context(), 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		b.clock.pass(time.Minute)
	}
	if n.Load() != rounds {
		t.Errorf("%d due times, %d runs", rounds, n.Load())
	}
}

func TestRunner_takesOverFromARunThatNeverEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	began := b.clock.Now()
	if _, err := b.book.Claim(t.Context(), tasks.Row{ID: tasks.ProcessVMs}, "dead", began, began.Add(b.rules.LockTimeout)); err != nil {
		t.Fatal(err)
	}
	var n atomic.Int64
	r := b.runner("alive", map[string]tasks.Run{tasks.ProcessVMs: counting(&n)})
	b.clock.pass(b.rules.LockTimeout - time.Second)
	b.due(r, tasks.ProcessVMs, false)
	if row := b.row(tasks.ProcessVMs); !row.Running(b.clock.Now()) || row.Holder != "dead" || !row.Started.Equal(began) {
		t.Errorf("before the lock timeout: %+v", row)
	}
	b.clock.pass(2 * time.Second)
	b.due(r, tasks.ProcessVMs, true)
	if err := b.book.Finish(t.Context(), tasks.ProcessVMs, 1, b.clock.Now(), "too late", tasks.Result{}); !errors.Is(err, tasks.ErrTaken) {
		t.Errorf("the dead one's word was taken: %v", err)
	}
	if row := b.row(tasks.ProcessVMs); row.Fault != "" || row.Holder != "" || n.Load() != 1 {
		t.Errorf("after the take-over: %+v, %d runs", row, n.Load())
	}
}

// blocked is a deed that lasts until it is told to end.
func blocked(began chan struct{}, why *atomic.Value) tasks.Run {
	return func(ctx context.Context) (tasks.Result, error) {
		close(began)
		<-ctx.Done()
		why.Store(context.Cause(ctx).Error())
		return tasks.Result{Processed: 9}, ctx.Err()
	}
}

func TestRunner_endsARunThatLastsTooLong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	began, why, done := make(chan struct{}), atomic.Value{}, make(chan struct{})
	r := b.runner("a", map[string]tasks.Run{tasks.ProcessVMs: blocked(began, &why)})
	go func() { defer close(done); b.due(r, tasks.ProcessVMs, true) }()
	<-began
	b.clock.pass(b.rules.LockTimeout)
	b.clock.passUntil(done)
	row := b.row(tasks.ProcessVMs)
	if !strings.Contains(row.Fault, "ended because it lasted longer than the lock timeout") || row.Holder != "" || row.Result.Processed != 9 {
		t.Errorf("the row says %+v", row)
	}
}

func TestRunner_leavesNoLockBehindWhenTheServiceStops(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	began, why, done := make(chan struct{}), atomic.Value{}, make(chan struct{})
	r := b.runner("a", map[string]tasks.Run{tasks.ProcessVMs: blocked(began, &why)})
	ctx, stop := context.WithCancel(t.Context())
	go func() { defer close(done); _, _ = r.Run(ctx, tasks.ProcessVMs, tasks.Manner{}) }()
	<-began
	stop()
	<-done
	if row := b.row(tasks.ProcessVMs); row.Holder != "" || !strings.HasPrefix(row.Fault, "ended because the service was stopped") {
		t.Errorf("the row says %+v", row)
	}
}

// Staff release the lock of a run that turns out to be alive: it is ended and not heard any more.
func TestRelease_endsTheRunAndMakesRoom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	began, why, done := make(chan struct{}), atomic.Value{}, make(chan struct{})
	r := b.runner("a", map[string]tasks.Run{tasks.ProcessVMs: blocked(began, &why)})
	go func() { defer close(done); b.due(r, tasks.ProcessVMs, true) }()
	<-began
	row := b.row(tasks.ProcessVMs)
	if err := b.book.Release(t.Context(), row.ID, row.Token, "released by admin 1", b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if err := b.book.Release(t.Context(), row.ID, row.Token, "released by admin 2", b.clock.Now()); !errors.Is(err, tasks.ErrTaken) {
		t.Errorf("a second release: %v", err)
	}
	b.clock.passUntil(done)
	if why.Load() != tasks.ErrTaken.Error() {
		t.Errorf("the run ended because of %q", why.Load())
	}
	if row := b.row(tasks.ProcessVMs); !row.Finished.IsZero() || row.Holder != "" {
		t.Errorf("the run that lost its lock wrote %+v", row)
	}
	if got := b.db.Text(t, "SELECT GROUP_CONCAT(kind, ': ', subject) FROM kvmbridge_outbox"); got != "activity: released by admin 1" {
		t.Errorf("outbox: %s", got)
	}
	var n atomic.Int64
	b.clock.pass(time.Minute)
	b.due(b.runner("b", map[string]tasks.Run{tasks.ProcessVMs: counting(&n)}), tasks.ProcessVMs, true)
}

// One task's trouble is not the others'.
func TestRunDue_goesOnPastFailuresInTheOrderOfTheTable(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var order []string
	r := b.runner("a", map[string]tasks.Run{
		tasks.Statistics: func(context.Context) (tasks.Result, error) {
			order = append(order, "statistics")
			return tasks.Result{}, nil
		},
		tasks.ProcessVMs: func(context.Context) (tasks.Result, error) { order = append(order, "vms"); panic("a bug") },
		tasks.RemoveSnapshots: func(context.Context) (tasks.Result, error) {
			order = append(order, "snapshots")
			return tasks.Result{Errors: 1, Details: make([]string, 1000)}, errors.New("no cluster")
		},
	})
	if err := r.RunDue(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "vms snapshots statistics" {
		t.Errorf("order %s", got)
	}
	if got := b.row(tasks.ProcessVMs).Fault; !strings.HasPrefix(got, "internal error: a bug") {
		t.Errorf("the panic reads %q", got)
	}
	failed := b.row(tasks.RemoveSnapshots)
	if failed.Fault != "no cluster" || len(failed.Result.Details) != 51 || failed.Result.Details[50] != "... and 950 more" {
		t.Errorf("the failure reads %q with %d lines", failed.Fault, len(failed.Result.Details))
	}
}

func TestDue_isInTimeALittleEarlyWhenACronRings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	row := tasks.Row{Started: now.Add(-4*time.Minute - 58*time.Second)}
	for _, c := range []struct {
		every, slack time.Duration
		want         bool
	}{
		{5 * time.Minute, 0, false},
		{5 * time.Minute, 30 * time.Second, true},
		{6 * time.Minute, 30 * time.Second, false},
		{10 * time.Minute, time.Hour, false}, // at most half an interval
	} {
		if got := row.Due(c.every, c.slack, now); got != c.want {
			t.Errorf("every %s, slack %s: due %t", c.every, c.slack, got)
		}
	}
}
