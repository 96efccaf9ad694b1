package vm

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

var errNotRunning = errors.New("VM failed to start (status: stopped). Will retry.") //nolint:revive,staticcheck // the reference product's words

func (s *Steps) startLane(_ context.Context, m *Machine) (string, error) {
	return fmt.Sprintf("start/%d/%s", m.ServerID, m.Node), nil
}

// startNew powers on a guest that was just built. Should its service be suspended meanwhile, it is off when the build waits:
// nothing else looks at it before it is ready.
func (s *Steps) startNew(ctx context.Context, m *Machine) error {
	suspended, err := s.suspended(ctx, m)
	switch {
	case err != nil:
		return err
	case suspended:
		return s.stayOff(ctx, m)
	}
	return s.start(ctx, m)
}

// start powers the guest on; a suspended service keeps its guest off until it is unsuspended.
func (s *Steps) start(ctx context.Context, m *Machine) error {
	if suspended, err := s.suspended(ctx, m); err != nil || suspended {
		return cmp.Or(err, parkSuspended(m))
	}
	asked := !m.site.began.IsZero()
	if err := s.await(ctx, m, "the VM to start"); err != nil || asked {
		return err // a task that an earlier pass left may have been any
	}
	running, err := s.running(ctx, m)
	if err != nil || running {
		return err
	}
	upid, err := m.site.hv.Start(ctx, m.Node, m.VMID)
	if err != nil {
		return err
	}
	return s.began(m, upid, "the VM to start")
}

// parkSuspended waits for the end of the suspension, and for no task until then.
func parkSuspended(m *Machine) error {
	m.Task = ""
	return pipeline.Park("the service is suspended; the VM starts when it is unsuspended")
}

// suspended reads the wish afresh: it can arrive at any moment of a run, and the settlement of ready checks that it
// still is what verify saw.
func (s *Steps) suspended(ctx context.Context, m *Machine) (bool, error) {
	now, err := s.Registry.Find(ctx, m.ServiceID)
	m.Suspended = now.Suspended
	return m.Suspended, err
}

// stayOff stops a guest whose service was suspended after its start was asked for, and waits once it is off.
func (s *Steps) stayOff(ctx context.Context, m *Machine) error {
	if err := s.await(ctx, m, "the VM to stop"); err != nil { // a start under way ends first
		return err
	}
	running, err := s.running(ctx, m)
	switch {
	case err != nil:
		return err
	case !running:
		return parkSuspended(m)
	}
	upid, err := m.site.hv.Stop(ctx, m.Node, m.VMID)
	if err != nil {
		return err
	}
	return s.began(m, upid, "the VM to stop")
}

func (s *Steps) running(ctx context.Context, m *Machine) (bool, error) {
	if _, err := s.guest(ctx, m); err != nil { // is it ours?
		return false, err
	}
	status, err := m.site.hv.Status(ctx, m.Node, m.VMID)
	if err == nil && status.Name != m.Name { // renamed, or not the guest whose configuration was read before
		m.site.config = nil
		_, err = s.guest(ctx, m)
	}
	return status.Running, err
}

// verify sees the guest run and sends the mail that says so. One that stopped again is started again.
func (s *Steps) verify(ctx context.Context, m *Machine) error {
	suspended, err := s.suspended(ctx, m)
	if err != nil {
		return err
	}
	if suspended {
		return s.stayOff(ctx, m)
	}
	running, err := s.running(ctx, m)
	switch {
	case err != nil:
		return err
	case !running:
		return s.startAgain(ctx, m)
	}
	s.placement.Drop(m.ServiceID)
	if m.Spec.MailReady != "" {
		m.Mails = []Mail{m.mail(m.Spec.MailReady)}
	}
	return nil
}

func (s *Steps) startAgain(ctx context.Context, m *Machine) error {
	if err := s.await(ctx, m, "the VM to run"); err != nil {
		return err
	}
	if m.site.restarted {
		return errNotRunning
	}
	err := s.start(ctx, m)
	m.site.restarted = m.Task != ""
	return err
}
