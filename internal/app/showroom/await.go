package showroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// watch is what the demo and the benchmarks wait for at one machine. Times are real ones.
type watch struct {
	what  string // ends "waited for service 7 to …"
	every time.Duration
	limit time.Duration // 0 = waitLimit
	so    func(context.Context, vm.Machine) (bool, error)
}

var errGaveUp = errors.New("its termination was given up")

// waitLimit is far beyond what anything takes that works.
const waitLimit = 10 * time.Minute

// await looks at the machine of a service until it is so. The error of a wait in vain says how the machine stands.
func (s *house) await(ctx context.Context, serviceID int64, w watch) (vm.Machine, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(w.limit, waitLimit))
	defer cancel()
	var last vm.Machine
	for {
		m, err := s.store.Find(ctx, serviceID)
		if err == nil {
			last = m
			var so bool
			if so, err = w.so(ctx, m); so {
				return m, err
			}
		}
		if err == nil {
			err = clock.Sleep(ctx, clock.System{}, w.every)
		}
		if err != nil {
			return last, fmt.Errorf("waited for service %d to %s; it is at %q, last error %q: %w", serviceID, w.what, last.Status, last.LastError, err)
		}
	}
}

// awaitReady looks until the machine of a service is ready.
func (s *house) awaitReady(ctx context.Context, serviceID int64) (vm.Machine, error) {
	return s.awaitStatus(ctx, serviceID, vm.Ready, 50*time.Millisecond)
}

// awaitStatus looks until the machine of a service stands at a status. A termination that gave up ends the wait.
func (s *house) awaitStatus(ctx context.Context, serviceID int64, at pipeline.State, every time.Duration) (vm.Machine, error) {
	return s.await(ctx, serviceID, watch{what: "reach " + string(at), every: every, so: func(_ context.Context, m vm.Machine) (bool, error) {
		if m.Status == vm.ErrorTerminate && at != vm.ErrorTerminate {
			return false, errGaveUp
		}
		return m.Status == at, nil
	}})
}

// awaitRuns looks until the last n runs of a service are there and the newest has ended well.
func (s *house) awaitRuns(ctx context.Context, serviceID int64, n int) error {
	_, err := s.await(ctx, serviceID, watch{what: fmt.Sprintf("have %d runs", n), every: 5 * time.Millisecond, so: func(ctx context.Context, _ vm.Machine) (bool, error) {
		runs, err := s.store.Runs(ctx, serviceID, n)
		return err == nil && len(runs) == n && runs[0].Result == "success", err
	}})
	return err
}

// awaitMail looks until WHMCS has everything that was to be said to it.
func (s *house) awaitMail(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, waitLimit)
	defer cancel()
	for {
		n, err := s.store.Waiting(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := clock.Sleep(ctx, clock.System{}, 10*time.Millisecond); err != nil {
			return fmt.Errorf("%d messages still wait for WHMCS: %w", n, err)
		}
	}
}
