package vm

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// reinstall removes the guest's disks and snapshots and lets the deploy build it again under the same id, with the same
// addresses, MAC and backups.
func (s *Steps) reinstall() pipeline.Table[Machine] {
	return pipeline.Table[Machine]{
		Name: "reinstall", Title: "Reinstall", Start: Reinstall, End: SetIP,
		Steps: []pipeline.Step[Machine]{
			{From: Reinstall, To: SetIP, Label: "Remove old VM", Do: s.doReinstall, Timeout: stopTimeout + lockPatience},
		},
	}
}

func (s *Steps) doReinstall(ctx context.Context, m *Machine) error {
	if err := s.keepMAC(ctx, m); err != nil {
		return err
	}
	return s.remove(ctx, m)
}

// keepMAC remembers the NIC's address before the guest goes.
func (s *Steps) keepMAC(ctx context.Context, m *Machine) error {
	exists, err := s.mine(ctx, m)
	if err != nil || !exists {
		return err
	}
	if _, mac, _ := hardware.SplitNIC(hardware.ParseOptions(m.site.config.Values["net0"])); mac != "" {
		m.MAC = mac
	}
	return nil
}

// discard removes the guest of an earlier life before an order is built anew: addresses and id are chosen again.
func (s *Steps) discard(ctx context.Context, m *Machine) error {
	if err := s.remove(ctx, m); err != nil {
		return err
	}
	m.VMID, m.Node, m.MAC, m.Addresses = 0, "", "", nil // first: whatever becomes of the call, nobody may write them down again
	if err := s.Registry.Discarded(ctx, m.ServiceID); err != nil {
		return err
	}
	now, err := s.Registry.Find(ctx, m.ServiceID) // an adopted guest takes its new name here
	if err != nil {
		return err
	}
	m.Name, m.RevDNS = now.Name, now.RevDNS
	m.Discard, m.Adopted = false, false
	return s.moveIn(ctx, m)
}

// moveIn goes to the cluster that the service names now; its old guest may have been on another one.
func (s *Steps) moveIn(ctx context.Context, m *Machine) error {
	facts, err := s.Catalogue.Facts(ctx, m.ServiceID)
	if err != nil || facts.ServerID == m.ServerID {
		return err
	}
	m.ServerID = facts.ServerID
	return s.visit(ctx, m)
}

// resyncDNS is a queued run over the records of a guest.
func (s *Steps) resyncDNS() pipeline.Table[Machine] {
	return pipeline.Table[Machine]{
		Name: "set_dns_records", Title: "SetDNSRecords", Start: SetDNSRecords, End: Ready,
		Steps: []pipeline.Step[Machine]{{From: SetDNSRecords, To: Ready, Label: "Set DNS records", Do: s.resetDNS}},
	}
}
