package vm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// terminate removes the guest of a service that has ended.
func (s *Steps) terminate() pipeline.Table[Machine] {
	return pipeline.Table[Machine]{
		Name: "terminate", Title: "Terminate", Start: Terminate, End: Removed,
		Steps: []pipeline.Step[Machine]{
			{From: Terminate, To: Removed, Label: "Terminate", Do: s.doTerminate, Otherwise: ErrorTerminate, Timeout: time.Hour},
		},
	}
}

// lockPatience is how long a termination waits for somebody else's lock on the guest.
const lockPatience = 10 * time.Minute

// doTerminate goes through its phases from the first; what is done already shows in the world and is passed over.
// Only a guest that cannot be removed makes it give up, with everything kept.
func (s *Steps) doTerminate(ctx context.Context, m *Machine) error {
	err := m.site.unseen
	if err == nil || m.VMID == 0 {
		err = s.patient(m, s.end(ctx, m))
	}
	if waiting, ok := errors.AsType[pipeline.WaitError](err); ok {
		return waiting
	}
	if park, ok := errors.AsType[pipeline.ParkError](err); ok {
		return park
	}
	if err != nil {
		m.Entries = []string{fmt.Sprintf("Service termination FAILED — admin attention required. Error: %v", err)}
		return pipeline.GiveUp(err)
	}
	m.Gone = true
	m.Entries = []string{fmt.Sprintf("VM %d (%s) of service %d terminated successfully", m.VMID, m.Name, m.ServiceID)}
	return nil
}

// patient looks again for a while at what passes by itself: a node that restarts should not cost an admin's attention.
func (s *Steps) patient(m *Machine, err error) error {
	_, waiting := errors.AsType[pipeline.WaitError](err)
	_, parked := errors.AsType[pipeline.ParkError](err)
	passes := pipeline.FaultOf(err) == pipeline.Transient || errors.Is(err, hypervisor.ErrNoGuest) // it moved between two looks
	if err == nil || waiting || parked || !passes {
		m.site.shaky = time.Time{}
		return err
	}
	now := s.Clock.Now()
	if m.site.shaky.IsZero() {
		m.site.shaky = now
	}
	if now.Sub(m.site.shaky) > shakyPatience {
		return err
	}
	return pipeline.Wait(offPoll, "the cluster to answer")
}

const shakyPatience = 3 * time.Minute

// erase removes what a service has outside of our tables: guest, backups and DNS records. nil means that Proxmox no longer has
// the guest; records that a provider would not let go are in the ledger.
func (s *Steps) erase(ctx context.Context, m *Machine) error {
	exists, err := s.turnOff(ctx, m)
	if err != nil {
		return err
	}
	if exists {
		if err := s.dropBackups(ctx, m); err != nil {
			return err
		}
	}
	if err := s.dropNames(ctx, m); err != nil {
		return err
	}
	if !exists {
		return s.gone(m)
	}
	return s.delete(ctx, m)
}

// remove stops the guest and deletes it; backups and DNS records stay. nil means that Proxmox no longer has it.
func (s *Steps) remove(ctx context.Context, m *Machine) error {
	exists, err := s.turnOff(ctx, m)
	switch {
	case err != nil:
		return err
	case !exists:
		return s.gone(m)
	}
	return s.delete(ctx, m)
}

// turnOff finds the guest and powers it off.
func (s *Steps) turnOff(ctx context.Context, m *Machine) (exists bool, _ error) {
	exists, err := s.mine(ctx, m)
	if err != nil || !exists {
		return false, err
	}
	if err := s.unlocked(ctx, m); err != nil {
		return true, err
	}
	return true, s.off(ctx, m)
}

// dropNames orders once per pass that the DNS records go; whether they do is not waited for.
func (s *Steps) dropNames(ctx context.Context, m *Machine) error {
	if m.site.nameless {
		return nil
	}
	s.tell(m, "deleting DNS records")
	if err := s.dropDNS(ctx, m); err != nil {
		return err
	}
	m.site.nameless = true
	return nil
}

// gone ends a removal: nothing is left to wait for.
func (s *Steps) gone(m *Machine) error {
	if m.site.deletes > 0 {
		s.tell(m, "VM deleted")
	}
	m.Task = ""
	return nil
}

// mine tells whether the guest exists and may be destroyed: it carries our mark, or was adopted with this id and name. A
// guest that is not ours stands in the way only if ours was ever built: before that the id is simply somebody else's.
func (s *Steps) mine(ctx context.Context, m *Machine) (bool, error) {
	if m.VMID == 0 {
		return false, nil
	}
	m.site.config = nil
	c, err := s.read(ctx, m)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest):
		return false, s.lookTwice(m)
	case err != nil:
		return false, err
	case m.owns(c):
		m.site.config, m.site.seen = &c, true
		return true, nil
	case c.Values["lock"] == "clone" && c.Values["name"] == "":
		return false, pipeline.Wait(s.poll(), "a clone that has just begun") // its name and mark follow
	case !m.built():
		return false, nil
	}
	return false, foreign(m, c)
}

// lookTwice believes that a guest is not there when it was seen before, or when it is still missing a moment later: Proxmox
// may be about to begin a clone that was asked for right before the order ended.
func (s *Steps) lookTwice(m *Machine) error {
	if m.site.seen {
		return nil
	}
	m.site.seen = true
	return pipeline.Wait(offPoll, "a clone that may be on its way")
}

// owns reports whether c is m's own guest.
func (m *Machine) owns(c hypervisor.GuestConfig) bool { return m.Owns(c, m.site.mark) }

// built reports whether a guest of m was ever cloned: the node is known from then on.
func (m *Machine) built() bool { return m.Node != "" || m.Adopted }

// unlocked waits for somebody else's work on the guest to end.
func (s *Steps) unlocked(ctx context.Context, m *Machine) error {
	status, err := m.site.hv.Status(ctx, m.Node, m.VMID)
	if err != nil {
		return err
	}
	if m.site.off.asked.IsZero() && m.Task == "" {
		s.tell(m, "remote status: %s, vmid: %d", word(status.Running), m.VMID)
	}
	if status.Lock == "" {
		m.site.locked = time.Time{}
		return nil
	}
	now := s.Clock.Now()
	if m.site.locked.IsZero() {
		m.site.locked = now
	}
	if now.Sub(m.site.locked) > lockPatience {
		return fmt.Errorf("VM %d has been locked (%s) for %s: end that operation in Proxmox", m.VMID, status.Lock, lockPatience)
	}
	return pipeline.Wait(offPoll, "the lock of the VM")
}

func word(running bool) string {
	if running {
		return "running"
	}
	return "stopped"
}

// off powers the guest off; one that cannot be stopped is deleted all the same, or Proxmox refuses and says why.
func (s *Steps) off(ctx context.Context, m *Machine) error {
	err := s.powerOff(ctx, m)
	if errors.Is(err, errStillRunning) {
		return nil
	}
	return err
}

// delete asks once and then looks until the guest is gone.
func (s *Steps) delete(ctx context.Context, m *Machine) error {
	if err := s.await(ctx, m, "the VM to be deleted"); err != nil {
		return err
	}
	exists, err := s.mine(ctx, m)
	if err != nil {
		return err
	}
	if !exists {
		return s.gone(m)
	}
	if m.site.deletes++; m.site.deletes > maxDeletes {
		return fmt.Errorf("VM %d is still there after %d requests to delete it", m.VMID, maxDeletes)
	}
	s.tell(m, "DELETE VM vmid=%d node=%s purge=1", m.VMID, m.Node)
	upid, err := m.site.hv.Delete(ctx, m.Node, m.VMID)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest):
		return s.gone(m)
	case errors.Is(err, hypervisor.ErrLocked), errors.Is(err, hypervisor.ErrUnknownOutcome):
		return pipeline.Wait(offPoll, "the VM to be deleted")
	case err != nil:
		return err
	}
	return s.began(m, upid, "the VM to be deleted")
}

// maxDeletes bounds how often one attempt asks; a lock or a lost answer may cost a few.
const maxDeletes = 5
