package vm

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
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
	if want := m.firewallOptions(have); len(want) > 0 {
		return m.site.hv.SetFirewallOptions(ctx, m.Node, m.VMID, want)
	}
	return nil
}

// firewallOptions lists what differs from have; unset options count with Proxmox's defaults.
func (m *Machine) firewallOptions(have map[string]string) map[string]string {
	f := m.Spec.Firewall
	want := map[string]string{}
	for _, o := range []struct{ key, value, unset string }{
		{"enable", flag(f.Enable), "0"},
		{"dhcp", flag(f.DHCP), "0"},
		{"ndp", flag(f.NDP), "1"},
		{"radv", flag(f.RouterAdv), "0"},
		{"macfilter", flag(f.MACFilter), "1"},
		{"ipfilter", flag(f.IPFilter), "0"},
		{"policy_in", f.PolicyIn, "DROP"},
		{"policy_out", f.PolicyOut, "ACCEPT"},
		{"log_level_in", f.LogIn, "nolog"},
		{"log_level_out", f.LogOut, "nolog"},
	} {
		if cmp.Or(have[o.key], o.unset) != o.value {
			want[o.key] = o.value
		}
	}
	return want
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// setIPSet makes the set hold exactly the guest's addresses, or not exist when anti-spoofing is off: a clone brings the
// addresses of its template along.
func (s *Steps) setIPSet(ctx context.Context, m *Machine) error {
	if !m.Spec.Firewall.AntiSpoofing || len(m.Addresses) == 0 {
		return m.site.hv.DropIPSet(ctx, m.Node, m.VMID, ipSet)
	}
	have, err := m.site.hv.IPSet(ctx, m.Node, m.VMID, ipSet)
	if errors.Is(err, ErrMissing) {
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
