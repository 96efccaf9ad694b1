package vm

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
	"github.com/kvmbridge/kvmbridge/internal/vm/wish"
)

// aspect is one side of a guest: what must be written so that it is as wanted, empty when it is already.
type aspect func(want wish.Guest, c map[string]string) map[string]string

// Want is how m's guest should be.
func (m *Machine) Want() wish.Guest {
	return wish.Guest{
		Spec: m.Spec, Addresses: m.Addresses, MAC: m.MAC, Username: m.Username, Password: m.Password,
		Written: m.site.secret, Suspended: m.Suspended, Throttled: m.Throttled, Adopted: m.Adopted,
	}
}

// apply writes what the aspect asks for, and nothing when nothing differs.
func (s *Steps) apply(ctx context.Context, m *Machine, of aspect) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	return s.write(ctx, m, c, hypervisor.Change{Set: of(m.Want(), c.Values)})
}

// setCPURAM writes cores and memory, and in the same call everything that later steps would write: one request instead
// of four. When Proxmox refuses the whole, only this step's part is written and the step that owns the fault reports it.
func (s *Steps) setCPURAM(ctx context.Context, m *Machine) error {
	if err := s.offToSet(ctx, m); err != nil {
		return err
	}
	err := s.apply(ctx, m, wish.Guest.All)
	if err == nil {
		m.site.secret = true
		return nil
	}
	if pipeline.FaultOf(err) == pipeline.Transient {
		return err
	}
	return s.apply(ctx, m, wish.Guest.CPU)
}

// offToSet powers a guest off that a build met as it ran, when it gets other cores or memory: a running one would take them
// at its next start, and until then its configuration shows them as if it had.
func (s *Steps) offToSet(ctx context.Context, m *Machine) error {
	if m.site.made {
		return nil
	}
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	want := m.Want().CPU(c.Values)
	if delete(want, "onboot"); len(want) == 0 {
		return nil
	}
	return s.powerOff(ctx, m)
}

func (s *Steps) limitSystemDisk(ctx context.Context, m *Machine) error {
	return s.apply(ctx, m, wish.Guest.SystemLimits)
}

func (s *Steps) setNetwork(ctx context.Context, m *Machine) error {
	if err := s.apply(ctx, m, wish.Guest.NIC); err != nil {
		return err
	}
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	_, m.MAC, _ = hardware.SplitNIC(hardware.ParseOptions(c.Values["net0"]))
	return nil
}

// setCloudInit also attaches a cloud-init drive to a guest whose template has none; without one the guest would get
// neither address nor password.
func (s *Steps) setCloudInit(ctx context.Context, m *Machine) error {
	if m.PasswordFault != nil {
		return pipeline.WithFault(fmt.Errorf("the guest's password cannot be read (%w); Change Password on the page of service %d in WHMCS sets a new one",
			m.PasswordFault, m.ServiceID), pipeline.NeedsPerson)
	}
	if err := s.apply(ctx, m, wish.Guest.CloudInit); err != nil {
		return err
	}
	m.site.secret = true
	return nil
}
