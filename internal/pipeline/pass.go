package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// pass is one claimed record on its way through a table.
type pass[R any] struct {
	*Engine[R]
	lease    Lease
	r        *R
	log      *slog.Logger
	table    Table[R]
	run      Run
	failures int
	since    time.Time
	held     time.Time // when the lease was last seen in force
}

func (p *pass[R]) state() State { return *p.cfg.State(p.r) }

// carry runs steps until the table ends, one of them fails, or the process stops.
func (p *pass[R]) carry(ctx context.Context) error {
	table, ok := p.tableAt(p.state())
	if !ok {
		return p.cfg.Store.Release(ctx, p.lease, time.Time{})
	}
	p.table, p.held = table, p.cfg.Clock.Now()
	p.failures, p.since = p.cfg.Failures(p.r)
	run, err := p.cfg.Store.Begin(ctx, p.lease, table.Name, p.state(), p.cfg.Clock.Now())
	if err != nil {
		return fmt.Errorf("begin a run: %w", err)
	}
	p.run = run
	p.observe(func(o Observer[R]) { o.Began(p.table, p.r) })
	trouble := p.prepare(ctx)
	for {
		step, more := p.table.Step(p.state())
		if !more {
			return p.finish(ctx)
		}
		if again, err := p.advance(ctx, step, trouble); err != nil || !again {
			return err
		}
	}
}

func (p *pass[R]) prepare(ctx context.Context) error {
	if p.cfg.Prepare == nil {
		return nil
	}
	return p.safely(func() error { return p.cfg.Prepare(ctx, p.r) })
}

// advance runs one step and writes down how it went; again says whether the next step may follow.
func (p *pass[R]) advance(ctx context.Context, step Step[R], err error) (again bool, _ error) {
	entry := Entry{N: p.run.Steps + 1, Label: step.Label, From: step.From, To: step.To, Started: p.cfg.Clock.Now(), Result: "success"}
	if err == nil {
		err = p.do(ctx, step, &entry)
	}
	if ctx.Err() != nil {
		return false, p.leave(ctx)
	}
	if errors.Is(err, ErrLost) {
		return false, err
	}
	skip, skipped := errors.AsType[SkipError](err)
	_, given := errors.AsType[GiveUpError](err)
	switch {
	case given && step.Otherwise != "":
		entry.To, entry.Result, p.run.Failed = step.Otherwise, err.Error(), err.Error()
	case skipped:
		entry.Skip, entry.Took = skip.Reason, 0
	case err != nil:
		return false, p.stand(ctx, entry, err)
	}
	return true, p.settle(ctx, entry)
}

func (p *pass[R]) settle(ctx context.Context, entry Entry) error {
	err := p.cfg.Store.Settle(ctx, p.lease, &p.run, p.r, entry)
	if errors.Is(err, ErrAgain) {
		return nil // the status has not moved, so the same step follows
	}
	if err != nil {
		return fmt.Errorf("settle %s -> %s: %w", entry.From, entry.To, err)
	}
	p.run.Steps, p.held = entry.N, p.cfg.Clock.Now()
	p.failures, p.since = 0, time.Time{}
	*p.cfg.State(p.r) = entry.To
	p.log.InfoContext(ctx, "step done", slog.String("step", entry.Label), slog.String("to", string(entry.To)),
		slog.String("skip", entry.Skip), slog.Int64("ms", entry.Took.Milliseconds()))
	p.observe(func(o Observer[R]) { o.Settled(p.table, p.r, entry) })
	return nil
}

// stand keeps the status: the step failed, or waits for an event.
func (p *pass[R]) stand(ctx context.Context, entry Entry, cause error) error {
	entry.To, entry.Result = entry.From, cause.Error()
	t := p.trouble(cause, p.failures, p.since, p.cfg.Clock.Now())
	if err := p.cfg.Store.Fail(ctx, p.lease, &p.run, p.r, entry, t); err != nil {
		return fmt.Errorf("write down that %q failed (%w): %w", entry.Label, cause, err)
	}
	p.log.WarnContext(ctx, "step stands", slog.String("step", entry.Label), slog.String("status", string(entry.From)),
		slog.Int("failures", t.Failures), slog.Bool("attention", t.Attention != ""), slog.Any("err", cause))
	p.observe(func(o Observer[R]) { o.Stood(p.table, p.r, entry, t) })
	return nil
}

// finish ends the run; a table that leads into another one leaves the record due.
func (p *pass[R]) finish(ctx context.Context) error {
	now, wake := p.cfg.Clock.Now(), time.Time{}
	if _, more := p.tableAt(p.state()); more {
		wake = now
	}
	if err := p.cfg.Store.End(ctx, p.lease, &p.run, p.r, now, wake); err != nil {
		return fmt.Errorf("end the run: %w", err)
	}
	p.observe(func(o Observer[R]) { o.Ended(p.table, p.r) })
	return nil
}

// leave gives the lease back when this process has to stop in the middle; that is no failure of the record.
func (p *pass[R]) leave(ctx context.Context) error {
	cause := context.Cause(ctx)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if errors.Is(cause, ErrLost) {
		return ErrLost
	}
	if err := p.cfg.Store.Note(ctx, p.lease, p.r); err != nil { // a task that was just started must not be forgotten
		return fmt.Errorf("note where the step stopped: %w", err)
	}
	return p.cfg.Store.Release(ctx, p.lease, p.cfg.Clock.Now())
}

// giveBack ends a pass that could not write down what it did, whether or not the commit went through: renewed for ever, its
// lease would keep everybody from the record. Who comes next reads how far it got. A lease that was lost is fenced: giving
// it back changes nothing, and one that only seemed lost goes back.
func (p *pass[R]) giveBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	wake := p.cfg.Clock.Now().Add(pause(1, p.cfg.Retry, p.cfg.Random()))
	if err := p.cfg.Store.Release(ctx, p.lease, wake); err != nil && !errors.Is(err, ErrLost) {
		p.logUnlessDone(ctx, "give a lease back", err, slog.Int64("service_id", p.lease.ID))
	}
}

// do enters the step's lane, then looks and acts until the step no longer has to wait.
func (p *pass[R]) do(ctx context.Context, step Step[R], entry *Entry) error {
	leave, err := p.enterLane(ctx, step)
	if err != nil {
		return err
	}
	defer leave()
	entry.Started = p.cfg.Clock.Now()
	limit := p.limit(ctx, step)
	for first := true; ; first = false {
		err := p.safely(func() error { return step.Do(ctx, p.r) })
		entry.Took = p.cfg.Clock.Now().Sub(entry.Started)
		wait, waiting := errors.AsType[WaitError](err)
		switch {
		case !waiting:
			return err
		case entry.Took+wait.For > limit:
			return fmt.Errorf("still waiting for %s after %s, will look again", wait.What, entry.Took.Round(time.Second))
		}
		if err := p.sleep(ctx, wait.For, first); err != nil {
			return err
		}
	}
}

func (p *pass[R]) limit(ctx context.Context, step Step[R]) time.Duration {
	if step.Limit != nil {
		return orDefault(step.Limit(ctx), p.cfg.StepTimeout)
	}
	return orDefault(step.Timeout, p.cfg.StepTimeout)
}

// sleep notes the record before the first wait, so that a process that takes over knows the task it waits for. After a wait it
// looks at the lease: what comes next may be a deletion, and somebody may have moved the record meanwhile.
func (p *pass[R]) sleep(ctx context.Context, d time.Duration, first bool) error {
	if first {
		if err := p.cfg.Store.Note(ctx, p.lease, p.r); err != nil {
			return fmt.Errorf("note what is awaited: %w", err)
		}
	}
	if err := clock.Sleep(ctx, p.cfg.Clock, d); err != nil {
		return err
	}
	return p.holds(ctx)
}

// believed is how long a lease that was in force is not asked about again: a busy database makes every question a pause.
const believed = 3 * time.Second

func (p *pass[R]) holds(ctx context.Context) error {
	now := p.cfg.Clock.Now()
	if now.Sub(p.held) < believed {
		return nil
	}
	if err := p.cfg.Store.Holds(ctx, p.lease); err != nil {
		return fmt.Errorf("look at the lease: %w", err)
	}
	p.held = now
	return nil
}

func (p *pass[R]) enterLane(ctx context.Context, step Step[R]) (func(), error) {
	if step.Lane == nil {
		return func() {}, nil
	}
	var key string
	err := p.safely(func() (err error) {
		key, err = step.Lane(ctx, p.r)
		return err
	})
	if err != nil {
		return nil, err
	}
	leave, err := p.cfg.Lanes.Enter(ctx, key)
	if err != nil {
		return nil, err
	}
	if err := p.holds(ctx); err != nil { // the lane may have been full for minutes
		leave()
		return nil, err
	}
	return leave, nil
}

// safely turns a panic into an error: one machine's bug must not stop the others.
func (p *pass[R]) safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			p.log.Error("panic in a step", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
			err = WithFault(fmt.Errorf("internal error: %v", v), Permanent)
		}
	}()
	return do()
}

func (p *pass[R]) tableAt(s State) (Table[R], bool) {
	for _, t := range p.cfg.Tables {
		if _, ok := t.Step(s); ok {
			return t, true
		}
	}
	return Table[R]{}, false
}

func (p *pass[R]) observe(tell func(Observer[R])) {
	if p.cfg.Observer != nil {
		tell(p.cfg.Observer)
	}
}
