package vm

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Windows of a power-off (product-spec §6.2).
const (
	gracePeriod = 120 * time.Second
	forcePeriod = 60 * time.Second
	heartbeat   = 15 * time.Second
	offPoll     = 5 * time.Second
)

// powerOff asks the guest to shut down, cuts its power after the grace period, and returns nil once it is off. It waits in
// between; what it has asked for so far is in m.site.off.
func (s *Steps) powerOff(ctx context.Context, m *Machine) error {
	running, err := s.running(ctx, m)
	if err != nil {
		return err
	}
	off := &m.site.off
	now := s.Clock.Now()
	switch {
	case !running:
		if !off.asked.IsZero() {
			s.tell(m, "stopped after ~%ds", int(now.Sub(off.asked).Seconds()))
		}
		*off = powerOff{}
		return nil
	case off.asked.IsZero():
		off.asked, off.beat = now, now
		s.tell(m, "stop request sent")
		if _, err := m.site.hv.Shutdown(ctx, m.Node, m.VMID, gracePeriod); err != nil && !errors.Is(err, hypervisor.ErrUnknownOutcome) {
			return err
		}
	case now.Sub(off.asked) >= gracePeriod && off.forced.IsZero():
		off.forced = now
		s.tell(m, "still running after %ds, cutting the power", int(gracePeriod.Seconds()))
		if _, err := m.site.hv.Stop(ctx, m.Node, m.VMID); err != nil && !errors.Is(err, hypervisor.ErrUnknownOutcome) {
			return err
		}
	case !off.forced.IsZero() && now.Sub(off.forced) >= forcePeriod:
		*off = powerOff{}
		return errStillRunning
	case now.Sub(off.beat) >= heartbeat:
		off.beat = now
		s.tell(m, "still running, waited %ds / %ds, status: running", int(now.Sub(off.asked).Seconds()), int(gracePeriod.Seconds()))
	}
	return pipeline.Wait(s.offPoll(off), "the VM to stop")
}

// offPoll looks soon after a request, since most guests are quick, and then at the product's interval.
func (s *Steps) offPoll(off *powerOff) time.Duration {
	if s.Clock.Now().Sub(off.asked) < offPoll {
		return s.poll()
	}
	return offPoll
}

// powerOff is how far a power-off has come.
type powerOff struct {
	asked, forced, beat time.Time
}

var errStillRunning = errors.New("the VM still runs after its power was cut")
