package vm

import (
	"context"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/wish"
)

// Held tells until when the termination of m can be taken back, by an installation that grants undo for it: until then its
// guest is off, unplugged and kept with everything it holds. held is false when there is nothing to take back any more.
func (m *Machine) Held(undo time.Duration, now time.Time) (until time.Time, held bool) {
	until = m.Ended.Add(undo)
	return until, m.Status == Terminate && !m.Ended.IsZero() && now.Before(until)
}

// end removes the guest once nobody can take the termination back any more.
func (s *Steps) end(ctx context.Context, m *Machine) error {
	if until, held := m.Held(s.Settings.Undo, s.Clock.Now()); held {
		exists, err := s.mine(ctx, m)
		if err != nil {
			return err
		}
		if exists {
			return s.hold(ctx, m, until)
		}
	}
	return s.erase(ctx, m)
}

// hold takes the guest from its owner and keeps it. Only writes that were needed are made, so that it may be looked at often.
func (s *Steps) hold(ctx context.Context, m *Machine, until time.Time) error {
	if err := s.unlocked(ctx, m); err != nil {
		return err
	}
	if err := s.off(ctx, m); err != nil {
		return err
	}
	if err := s.apply(ctx, m, unplugged); err != nil {
		return err
	}
	return pipeline.ParkUntil(until, fmt.Sprintf("VM %d is off and kept until %s UTC, then it is removed; until then Create on the service's page, or \"kvmbridge vm restore %d --service\", takes the termination back",
		m.VMID, until.UTC().Format(time.DateTime), m.ServiceID))
}

func unplugged(want wish.Guest, c map[string]string) map[string]string {
	want.Suspended = true
	return want.Power(c)
}
