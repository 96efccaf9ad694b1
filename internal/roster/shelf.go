package roster

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

const (
	// cheap is a reading that everybody waits for.
	cheap = 50 * time.Millisecond
	// pause is the least time between two readings that are not cheap; it is costs times the last one if that is more.
	pause = 2 * time.Second
	costs = 10
	// oldest is the age at which an index is not shown any more: nobody has looked for a while.
	oldest = time.Minute
	// readTime bounds one reading.
	readTime = 2 * time.Minute
)

// edition is an index as it was read at one moment.
type edition struct {
	*Index

	began   time.Time
	cost    time.Duration
	changes int // that it knows of
}

// reading is one that goes on, or waits for the one before it.
type reading struct {
	done chan struct{}
	edition
	err error
}

// shelf keeps the newest edition. While reading is cheap there is a new one for everybody; otherwise the last one is given
// out and the next is read meanwhile, seldom enough that the database hardly notices.
type shelf struct {
	read  func(ctx context.Context) (*Index, error)
	clock clock.Clock
	log   *slog.Logger

	mu      sync.Mutex
	last    edition
	changes int      // what we have changed ourselves
	running *reading // nil = none
	next    *reading // begins when running ends, nil = none
}

// changed makes the next caller wait for an edition that is read from now on.
func (s *shelf) changed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
}

// current is the edition to use now.
func (s *shelf) current(ctx context.Context) (*Index, error) {
	s.mu.Lock()
	last, age := s.last, s.clock.Now().Sub(s.last.began)
	if last.Index == nil || last.cost < cheap || last.changes != s.changes || age > oldest {
		r := s.fresh(ctx)
		s.mu.Unlock()
		return r.wait(ctx)
	}
	if age >= max(pause, costs*last.cost) && s.running == nil {
		s.fresh(ctx)
	}
	s.mu.Unlock()
	return last.Index, nil
}

// fresh is a reading that begins after this moment; s.mu is held.
func (s *shelf) fresh(ctx context.Context) *reading {
	ctx = context.WithoutCancel(ctx) // others wait for it too
	switch {
	case s.running == nil:
		s.running = &reading{done: make(chan struct{})}
		go s.run(ctx, s.running)
		return s.running
	case s.next == nil:
		s.next = &reading{done: make(chan struct{})}
	}
	return s.next
}

// run reads, and goes on with the reading that waits.
func (s *shelf) run(ctx context.Context, r *reading) {
	for r != nil {
		s.mu.Lock()
		r.began, r.changes = s.clock.Now(), s.changes
		earlier := s.last.Index
		s.mu.Unlock()
		s.fill(ctx, r, earlier)
		s.mu.Lock()
		if r.err == nil {
			s.last = r.edition
		}
		s.running, s.next = s.next, nil
		close(r.done)
		r = s.running
		s.mu.Unlock()
	}
}

func (s *shelf) fill(ctx context.Context, r *reading, earlier *Index) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	if r.Index, r.err = s.read(ctx); r.err != nil {
		s.log.WarnContext(ctx, "the list of machines could not be read", slog.Any("err", r.err))
		return
	}
	r.cost = s.clock.Now().Sub(r.began)
	r.prepare(earlier)
}

func (r *reading) wait(ctx context.Context) (*Index, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.done:
		return r.Index, r.err
	}
}
