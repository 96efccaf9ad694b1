package vm

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// allocate leases the addresses and reserves a VM id.
func (s *Steps) allocate(ctx context.Context, m *Machine) error {
	if m.Discard {
		if err := s.discard(ctx, m); err != nil {
			return err
		}
	}
	if err := s.lease(ctx, m); err != nil {
		return err
	}
	if m.VMID != 0 {
		return nil
	}
	return s.reserve(ctx, m)
}

func (s *Steps) lease(ctx context.Context, m *Machine) error {
	net := m.Spec.Network
	held, err := s.Addresses.Lease(ctx, ippool.Want{
		ServiceID: m.ServiceID, ServerID: m.ServerID,
		IPv4: net.IPv4, IPv6: net.IPv6, Auto: net.Auto, Bridge: net.Bridge, VLAN: net.VLAN,
	})
	if err != nil {
		return err
	}
	m.Addresses = held
	return nil
}

// topUp leases what is missing when the order or the pools changed since the addresses were allocated.
func (s *Steps) topUp(ctx context.Context, m *Machine) error {
	if ippool.Enough(m.Addresses, m.Spec.Network.IPv4, m.Spec.Network.IPv6) {
		return nil
	}
	return s.lease(ctx, m)
}

// reserve takes the lowest VM id that neither the cluster nor another service uses.
func (s *Steps) reserve(ctx context.Context, m *Machine) error {
	cluster, err := m.resources(ctx)
	if err != nil {
		return err
	}
	used := make(map[int]bool, len(cluster.Guests))
	for _, g := range cluster.Guests {
		used[g.VMID] = true
	}
	id, err := s.Numbers.Reserve(ctx, m.ServerID, m.ServiceID, m.Spec.FirstVMID, used)
	if err == nil { // an id that may not be reserved must not be written down
		m.VMID = id
	}
	return err
}
