package vm

import (
	"cmp"
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// setPassword writes the password into cloud-init and lets the guest take it (product-spec A-29): through its agent while it
// runs, else by a restart; a guest that is off is started. That of a suspended service takes it when it may start again.
func (s *Steps) setPassword(ctx context.Context, m *Machine) error {
	if err := s.setCloudInit(ctx, m); err != nil {
		return err
	}
	if suspended, err := s.suspended(ctx, m); err != nil || suspended {
		return err
	}
	running, err := s.running(ctx, m)
	switch {
	case err != nil:
		return err
	case !running:
		m.site.restarted = true
		return s.start(ctx, m)
	case m.site.restarted:
		return s.await(ctx, m, "the VM to start")
	case m.site.off.asked.IsZero():
		if err := s.askAgent(ctx, m); !errors.Is(err, hypervisor.ErrNoAgent) {
			return err
		}
	}
	if err := s.powerOff(ctx, m); err != nil {
		return err
	}
	m.site.restarted = true
	return s.start(ctx, m)
}

// agentPatience is how long after its start a guest's agent may still be on its way.
const agentPatience = 2 * 60 // seconds

// askAgent changes the password inside of the guest. ErrNoAgent: there is none, or it had time enough.
func (s *Steps) askAgent(ctx context.Context, m *Machine) error {
	err := m.site.hv.SetPassword(ctx, m.Node, m.VMID, m.Username, m.Password)
	if !errors.Is(err, hypervisor.ErrNoAgent) {
		return err
	}
	c, failed := s.guest(ctx, m)
	if failed != nil || !hardware.HasAgent(c.Values) {
		return cmp.Or(failed, err)
	}
	status, failed := m.site.hv.Status(ctx, m.Node, m.VMID)
	if failed != nil || status.Uptime >= agentPatience {
		return cmp.Or(failed, err)
	}
	return pipeline.Wait(offPoll, "the guest agent to answer")
}
