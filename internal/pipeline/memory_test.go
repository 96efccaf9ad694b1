package pipeline_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// job is the record of these tests.
type job struct {
	id       int64
	state    pipeline.State
	failures int
	since    time.Time
	visits   []string
	task     string
}

// memory is a Store that keeps its rows in a map, with leases and fences as the real one has them.
type memory struct {
	mu   sync.Mutex
	ttl  time.Duration
	rows map[int64]*row
	log  []pipeline.Entry
	// loseCommit makes the next settlement at that status fail after it was written.
	loseCommit pipeline.State
	// refuseCommits makes that many settlements fail without an effect; the lease stays.
	refuseCommits int
	again         int
	renew         func(context.Context) error
}

type row struct {
	job
	token   int64
	until   time.Time
	wake    time.Time
	runs    int
	trouble pipeline.Trouble
}

var errLostAnswer = errors.New("connection lost after the commit")

func newMemory(n int, at time.Time) *memory {
	s := &memory{ttl: 30 * time.Second, rows: map[int64]*row{}}
	for i := range int64(n) {
		s.rows[i+1] = &row{job: job{id: i + 1, state: "a"}, wake: at}
	}
	return s
}

func (s *memory) Due(_ context.Context, now time.Time, limit int) (ids []int64, next time.Time, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, r := range s.rows {
		due := r.wake
		if r.until.After(due) {
			due = r.until
		}
		switch {
		case r.wake.IsZero():
		case due.After(now):
			if next.IsZero() || due.Before(next) {
				next = due
			}
		case len(ids) < limit:
			ids = append(ids, id)
		}
	}
	return ids, next, nil
}

func (s *memory) Claim(_ context.Context, id int64, now time.Time) (pipeline.Lease, *job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rows[id]
	if r.wake.IsZero() || r.wake.After(now) || r.until.After(now) {
		return pipeline.Lease{}, nil, pipeline.ErrNotDue
	}
	r.token++
	r.until = now.Add(s.ttl)
	copied := r.job
	return pipeline.Lease{ID: id, Token: r.token}, &copied, nil
}

func (s *memory) Renew(ctx context.Context, now time.Time) error {
	if s.renew != nil {
		if err := s.renew(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows {
		if !r.until.IsZero() {
			r.until = now.Add(s.ttl)
		}
	}
	return nil
}

func (s *memory) Begin(_ context.Context, _ pipeline.Lease, action string, from pipeline.State, at time.Time) (pipeline.Run, error) {
	return pipeline.Run{Action: action, From: from, Started: at}, nil
}

func (s *memory) held(l pipeline.Lease) (*row, error) {
	r := s.rows[l.ID]
	if r.token != l.Token {
		return nil, pipeline.ErrLost
	}
	return r, nil
}

func (s *memory) Settle(_ context.Context, l pipeline.Lease, _ *pipeline.Run, j *job, e pipeline.Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.held(l)
	if err != nil {
		return err
	}
	if s.again > 0 {
		s.again--
		return pipeline.ErrAgain
	}
	if s.refuseCommits > 0 {
		s.refuseCommits--
		return errLostAnswer
	}
	j.failures, j.since = 0, time.Time{}
	r.job, r.state = *j, e.To
	s.log = append(s.log, e)
	if s.loseCommit == e.From {
		s.loseCommit = ""
		r.until = time.Time{}
		return errLostAnswer
	}
	return nil
}

func (s *memory) Fail(_ context.Context, l pipeline.Lease, _ *pipeline.Run, j *job, e pipeline.Entry, t pipeline.Trouble) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.held(l)
	if err != nil {
		return err
	}
	r.job = *j
	r.failures, r.since, r.trouble = t.Failures, t.Since, t
	r.wake, r.until = t.Wake, time.Time{}
	s.log = append(s.log, e)
	return nil
}

func (s *memory) End(_ context.Context, l pipeline.Lease, _ *pipeline.Run, j *job, _, wake time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.held(l)
	if err != nil {
		return err
	}
	r.job, r.wake, r.until = *j, wake, time.Time{}
	r.runs++
	return nil
}

func (s *memory) Release(_ context.Context, l pipeline.Lease, wake time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.held(l)
	if err != nil {
		return err
	}
	r.wake, r.until = wake, time.Time{}
	return nil
}

func (s *memory) Holds(_ context.Context, l pipeline.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.held(l)
	return err
}

func (s *memory) Note(_ context.Context, l pipeline.Lease, j *job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.held(l)
	if err != nil {
		return err
	}
	state := r.state
	r.job = *j
	r.state = state
	return nil
}

func (s *memory) get(id int64) row {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.rows[id]
}

// steal gives the record to a holder that keeps it.
func (s *memory) steal(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rows[id]
	r.token++
	r.until = r.until.Add(time.Hour)
}
