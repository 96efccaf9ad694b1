package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Config is what an Engine needs. Store, Tables, State, Failures, Clock, Random and Log are required.
type Config[R any] struct {
	Store  Store[R]
	Tables []Table[R]
	// State points at the record's status; the engine moves it when a step has settled.
	State func(*R) *State
	// Failures in a row that the record brought along, and the time of the first.
	Failures func(*R) (int, time.Time)
	// Prepare loads what the steps need before the first of them; its error counts as that step's.
	Prepare  func(context.Context, *R) error
	Observer Observer[R]
	Lanes    *Lanes
	// Paused keeps the engine from taking up records; what it has in work goes on to its end. nil = never.
	Paused func(context.Context) bool
	Clock  clock.Clock
	Random func() float64 // in [0,1)
	Log    *slog.Logger

	Workers     int           // records in progress at once; default 500
	Poll        time.Duration // longest pause between two looks for due records; default 2 s
	Retry       time.Duration // longest pause between two tries of a step; default 60 s
	Lease       time.Duration // time to live of a lease, as the store has it; default 30 s
	StepTimeout time.Duration // of steps that name none; default 2 min
}

// Observer sees runs as they happen; calls come from many goroutines and must not block.
type Observer[R any] interface {
	Began(t Table[R], r *R)
	Settled(t Table[R], r *R, e Entry)
	Stood(t Table[R], r *R, e Entry, tr Trouble)
	Ended(t Table[R], r *R)
}

// Engine carries records through tables.
type Engine[R any] struct {
	cfg    Config[R]
	wake   chan struct{}
	places chan struct{}
	tenure *tenure

	mu     sync.Mutex
	active map[int64]context.CancelFunc
	wg     sync.WaitGroup
}

// New checks the tables and returns an engine that does nothing until Run.
func New[R any](cfg Config[R]) (*Engine[R], error) {
	var errs []error
	for _, t := range cfg.Tables {
		errs = append(errs, t.Check())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	cfg.Workers = orDefault(cfg.Workers, 500)
	cfg.Poll = orDefault(cfg.Poll, 2*time.Second)
	cfg.Retry = orDefault(cfg.Retry, time.Minute)
	cfg.Lease = orDefault(cfg.Lease, 30*time.Second)
	cfg.StepTimeout = orDefault(cfg.StepTimeout, 2*time.Minute)
	return &Engine[R]{
		cfg:    cfg,
		wake:   make(chan struct{}, 1),
		places: make(chan struct{}, cfg.Workers),
		tenure: newTenure(cfg.Clock, cfg.Lease),
		active: map[int64]context.CancelFunc{},
	}, nil
}

func orDefault[T int | time.Duration](v, d T) T {
	if v <= 0 {
		return d
	}
	return v
}

// Wake makes the engine look for due records now; call it after the commit that made one due.
func (e *Engine[R]) Wake() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run works until ctx ends, then gives every lease back and returns when all its goroutines have.
func (e *Engine[R]) Run(ctx context.Context) {
	e.wg.Go(func() { e.renewForever(ctx) })
	e.wg.Go(func() { e.watchTenure(ctx) })
	for ctx.Err() == nil {
		next := e.dispatch(ctx)
		select {
		case <-ctx.Done():
		case <-e.wake:
		case <-e.cfg.Clock.After(next):
		}
	}
	e.wg.Wait()
}

// dispatch starts a goroutine per due record and says how long to sleep.
func (e *Engine[R]) dispatch(ctx context.Context) time.Duration {
	now := e.cfg.Clock.Now()
	free := cap(e.places) - len(e.places)
	if free == 0 || e.paused(ctx) {
		return e.cfg.Poll
	}
	ids, next, err := e.cfg.Store.Due(ctx, now, free)
	if err != nil {
		e.logUnlessDone(ctx, "look for due records", err)
		return e.cfg.Poll
	}
	for _, id := range ids {
		e.start(ctx, id)
	}
	if next.IsZero() {
		return e.cfg.Poll
	}
	return max(min(next.Sub(now), e.cfg.Poll), 10*time.Millisecond)
}

func (e *Engine[R]) paused(ctx context.Context) bool {
	return e.cfg.Paused != nil && e.cfg.Paused(ctx)
}

// Interrupt ends the pass over id, if this process has one, because somebody moved the record under it; the store's fence
// keeps it from writing anything more. Wake the engine afterwards.
func (e *Engine[R]) Interrupt(id int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if stop := e.active[id]; stop != nil {
		stop()
	}
}

func (e *Engine[R]) start(ctx context.Context, id int64) {
	ctx, stop := context.WithCancel(ctx)
	if !e.enlist(id, stop) {
		stop()
		return
	}
	e.places <- struct{}{}
	e.wg.Go(func() {
		e.work(ctx, id)
		stop()
		<-e.places
		e.dismiss(id)
		e.Wake() // the record may be due again, and a place is free
	})
}

func (e *Engine[R]) enlist(id int64, stop context.CancelFunc) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.active[id] != nil {
		return false
	}
	e.active[id] = stop
	return true
}

func (e *Engine[R]) dismiss(id int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.active, id)
}

func (e *Engine[R]) work(ctx context.Context, id int64) {
	ctx, done := e.tenure.bind(ctx)
	defer done()
	lease, r, err := e.cfg.Store.Claim(ctx, id, e.cfg.Clock.Now())
	if errors.Is(err, ErrNotDue) {
		return
	}
	if err != nil {
		e.logUnlessDone(ctx, "claim a record", err, slog.Int64("service_id", id))
		return
	}
	p := &pass[R]{Engine: e, lease: lease, r: r, log: e.cfg.Log.With(slog.Int64("service_id", id))}
	switch err := p.carry(ctx); {
	case errors.Is(err, ErrLost):
		p.log.InfoContext(ctx, "somebody else has the record now", slog.Any("err", err))
		p.giveBack(ctx)
	case err != nil:
		e.logUnlessDone(ctx, "carry a record", err, slog.Int64("service_id", id))
		p.giveBack(ctx)
	}
}

func (e *Engine[R]) renewForever(ctx context.Context) {
	for clock.Sleep(ctx, e.cfg.Clock, e.cfg.Lease/3) == nil {
		now := e.cfg.Clock.Now()
		if err := e.renew(ctx, now); err != nil {
			e.logUnlessDone(ctx, "renew leases", err)
			continue
		}
		e.tenure.renew(now)
	}
}

func (e *Engine[R]) renew(ctx context.Context, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, e.cfg.Lease)
	defer cancel()
	return e.cfg.Store.Renew(ctx, now)
}

// watchTenure looks at the time by itself: a renewal that hangs must not keep work going past its leases.
func (e *Engine[R]) watchTenure(ctx context.Context) {
	for clock.Sleep(ctx, e.cfg.Clock, e.cfg.Lease/12) == nil {
		e.tenure.expire(e.cfg.Clock.Now())
	}
}

func (e *Engine[R]) logUnlessDone(ctx context.Context, what string, err error, attrs ...any) {
	if ctx.Err() == nil {
		e.cfg.Log.ErrorContext(ctx, "pipeline trouble", append(attrs, slog.String("what", what), slog.Any("err", err))...)
	}
}
