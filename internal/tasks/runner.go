package tasks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Run does the work of a task once. It stops when its context ends.
type Run func(ctx context.Context) (Result, error)

// ErrTaken says that the row is not as it was read: somebody else began, ended or released a run.
var ErrTaken = errors.New("somebody else has the task now")

// Book keeps the rows of the tasks.
type Book interface {
	// Rows are by id; a task that never ran has none.
	Rows(ctx context.Context) (map[string]Row, error)
	// Claim begins a run if the row's token still is the one read; ErrTaken when not. It returns the run's token.
	Claim(ctx context.Context, read Row, holder string, now, until time.Time) (token int64, err error)
	// Holds is nil while the run with that token has not been ended by somebody else; then ErrTaken.
	Holds(ctx context.Context, id string, token int64) error
	// Finish ends the run with that token; ErrTaken when it was released or taken over.
	Finish(ctx context.Context, id string, token int64, at time.Time, fault string, result Result) error
	// Release frees the lock of the run with that token, with an entry for WHMCS's activity log; ErrTaken when it has ended or
	// was released.
	Release(ctx context.Context, id string, token int64, entry string, now time.Time) error
}

// Runner runs what is due. All fields are required; a task without a deed never is due.
type Runner struct {
	Book   Book
	Deeds  map[string]Run
	Rules  func(context.Context) Rules
	Clock  clock.Clock
	Log    *slog.Logger
	Holder string // names this process
}

var (
	errTooLong = errors.New("ended because it lasted longer than the lock timeout")
	errStopped = errors.New("ended because the service was stopped")
)

// look is how often a run makes sure that its lock was not released.
const look = 5 * time.Second

// Manner is how a run is asked for.
type Manner struct {
	Slack    time.Duration // see Row.Due
	Force    bool          // whether it is due or not, even a disabled one
	Unlocked bool          // beside whoever is at it; nothing is claimed or written down. Every task bears it.
	// Begun is told when the run begins, with the row as it was before; nil = nobody.
	Begun func(Row)
}

// Outcome is what came of asking for a run.
type Outcome struct {
	Ran    bool
	Held   bool // not run: somebody else is at it
	Row    Row  // before the run
	Result Result
	Fault  string // why the run failed as a whole; "" = it did not
}

// RunDue runs all tasks that are due, one after the other in the order of the table. One that fails does not stop the others.
func (r *Runner) RunDue(ctx context.Context, slack time.Duration) error {
	var errs []error
	for _, t := range Table() {
		if ctx.Err() != nil {
			break
		}
		_, err := r.Run(ctx, t.ID, Manner{Slack: slack})
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Run runs one task if it is due, or forced, and nobody else is at it. The error is about the book: how the run went is
// written down there.
func (r *Runner) Run(ctx context.Context, id string, m Manner) (o Outcome, err error) {
	deed, known := r.Deeds[id]
	if !known {
		return o, nil
	}
	rows, err := r.Book.Rows(ctx)
	if err != nil {
		return o, err
	}
	o.Row = rows[id]
	o.Row.ID = id
	rules, now := r.Rules(ctx), r.Clock.Now()
	switch {
	case m.Unlocked:
		m.begin(o.Row)
		o.Ran = true
		o.Result, err = safely(ctx, deed)
		o.Fault = faultOf(err)
		return o, nil
	case o.Row.Running(now):
		o.Held = true
		return o, nil
	case !m.Force && !o.Row.Due(rules.Intervals[id], m.Slack, now):
		return o, nil
	}
	return r.claimed(ctx, deed, o, m, now.Add(rules.LockTimeout))
}

// claimed takes the lock and runs.
func (r *Runner) claimed(ctx context.Context, deed Run, o Outcome, m Manner, until time.Time) (Outcome, error) {
	id, now := o.Row.ID, r.Clock.Now()
	token, err := r.Book.Claim(ctx, o.Row, r.Holder, now, until)
	if errors.Is(err, ErrTaken) {
		return r.beaten(ctx, o)
	}
	if err != nil {
		return o, fmt.Errorf("begin the task %s: %w", id, err)
	}
	if o.Row.Stale(now) {
		r.Log.WarnContext(ctx, "a stale lock was removed", slog.String("task", id), slog.Time("running_since", o.Row.Started))
	}
	m.begin(o.Row)
	o.Ran = true
	o.Result, o.Fault, err = r.run(ctx, id, token, deed, until)
	return o, err
}

// beaten is the outcome when somebody else began in the same moment.
func (r *Runner) beaten(ctx context.Context, o Outcome) (Outcome, error) {
	rows, err := r.Book.Rows(ctx)
	if err == nil {
		o.Row = rows[o.Row.ID]
	}
	o.Held = true
	return o, err
}

func (m Manner) begin(row Row) {
	if m.Begun != nil {
		m.Begun(row)
	}
}

func faultOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// run does a claimed task and writes down how it went, also when the process has to stop.
func (r *Runner) run(ctx context.Context, id string, token int64, deed Run, until time.Time) (result Result, fault string, err error) {
	result, err = r.bounded(ctx, id, token, deed, until)
	fault = faultOf(err)
	if err != nil {
		r.Log.WarnContext(ctx, "task failed", slog.String("task", id), slog.Any("err", err))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), look)
	defer cancel()
	err = r.Book.Finish(ctx, id, token, r.Clock.Now(), fault, result.shorten())
	if errors.Is(err, ErrTaken) {
		r.Log.WarnContext(ctx, "the lock of a run was released before it ended", slog.String("task", id))
		return result, fault, nil
	}
	if err != nil {
		err = fmt.Errorf("write down how the task %s went: %w", id, err)
	}
	return result, fault, err
}

// bounded ends the deed's context when the lock is stale or was released: from then on somebody else may run the task.
func (r *Runner) bounded(ctx context.Context, id string, token int64, deed Run, until time.Time) (Result, error) {
	ctx, end := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { end(r.watch(ctx, id, token, until)) })
	defer watch.Wait()
	defer end(nil)
	result, err := safely(ctx, deed)
	if err == nil || ctx.Err() == nil {
		return result, err
	}
	cause := context.Cause(ctx)
	if errors.Is(cause, context.Canceled) {
		cause = errStopped
	}
	return result, fmt.Errorf("%w (%w)", cause, err)
}

// watch returns why the run has to end; its error is of no account when the run ended by itself.
func (r *Runner) watch(ctx context.Context, id string, token int64, until time.Time) error {
	for {
		left := until.Sub(r.Clock.Now())
		if left <= 0 {
			return errTooLong
		}
		if err := clock.Sleep(ctx, r.Clock, min(left, look)); err != nil {
			return err
		}
		if err := r.Book.Holds(ctx, id, token); errors.Is(err, ErrTaken) {
			return err
		}
	}
}

// safely turns a panic into an error: one task's bug must not stop the others.
func safely(ctx context.Context, deed Run) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v\n%s", p, debug.Stack())
		}
	}()
	return deed(ctx)
}

func number(n int) string { return strconv.Itoa(n) }
