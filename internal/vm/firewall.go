package vm

import (
	"context"
	"errors"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// ipSet holds the addresses that the guest's first NIC may use (Proxmox reads the name).
const ipSet = "ipfilter-net0"

// setFirewall fills the anti-spoofing set first and switches the firewall on last: an empty set would block everything.
func (s *Steps) setFirewall(ctx context.Context, m *Machine) error {
	if _, err := s.guest(ctx, m); err != nil { // firewall calls do not check whose guest it is
		return err
	}
	if !m.Spec.FirewallApplies() {
		return pipeline.Skip("not managed while DHCP is on")
	}
	if err := s.setIPSet(ctx, m); err != nil {
		return err
	}
	have, err := m.site.hv.FirewallOptions(ctx, m.Node, m.VMID)
	if err != nil {
		return err
	}
	if want := hardware.FirewallOptions(m.Spec.Firewall, have); len(want) > 0 {
		return m.site.hv.SetFirewallOptions(ctx, m.Node, m.VMID, want)
	}
	return nil
}

// setIPSet makes the set hold exactly the guest's addresses, or not exist when anti-spoofing is off: a clone brings the
// addresses of its template along.
func (s *Steps) setIPSet(ctx context.Context, m *Machine) error {
	if !m.Spec.Firewall.AntiSpoofing || len(m.Addresses) == 0 {
		return m.site.hv.DropIPSet(ctx, m.Node, m.VMID, ipSet)
	}
	have, err := m.site.hv.IPSet(ctx, m.Node, m.VMID, ipSet)
	if errors.Is(err, hypervisor.ErrMissing) {
		err = m.site.hv.CreateIPSet(ctx, m.Node, m.VMID, ipSet)
	}
	if err != nil {
		return err
	}
	want := make([]string, len(m.Addresses))
	for i, l := range m.Addresses {
		want[i] = l.Address.String()
	}
	return s.syncIPSet(ctx, m, have, want)
}

func (s *Steps) syncIPSet(ctx context.Context, m *Machine, have, want []string) error {
	for _, a := range want {
		if !slices.Contains(have, a) {
			if err := m.site.hv.AddToIPSet(ctx, m.Node, m.VMID, ipSet, a); err != nil {
				return err
			}
		}
	}
	for _, a := range have {
		if !slices.Contains(want, a) {
			if err := m.site.hv.RemoveFromIPSet(ctx, m.Node, m.VMID, ipSet, a); err != nil {
				return err
			}
		}
	}
	return nil
}
