package vm

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
	"github.com/kvmbridge/kvmbridge/internal/vm/wish"
)

// changePackage leads from a live guest to one that is as its service says now. Every step compares first and touches
// only what differs; the guest is stopped only for what a running one cannot change.
func (s *Steps) changePackage() pipeline.Table[Machine] {
	return pipeline.Table[Machine]{
		Name: "change_package", Title: "ChangePackage", Start: ChangePackage, End: Ready,
		Steps: []pipeline.Step[Machine]{
			{From: ChangePackage, To: CPUpdateIP, Label: "Update IP + DNS + Firewall", Do: s.updateAddresses},
			{From: CPUpdateIP, To: CPStop, Label: "Stop VM", Do: s.stopToChange, Timeout: stopTimeout},
			{From: CPStop, To: CPCPURAM, Label: "Set CPU & RAM", Do: s.compared(s.changeCPURAM)},
			{From: CPCPURAM, To: CPSystemDiskSize, Label: "Resize system disk", Do: s.growSystemDisk},
			{From: CPSystemDiskSize, To: CPSystemDiskBandwidth, Label: "Set system disk I/O", Do: s.compared(s.limitSystemDisk)},
			{From: CPSystemDiskBandwidth, To: CPAdditionalDisk, Label: "Create additional disk", Do: s.changeAdditionalDisk, Timeout: removeDiskTimeout},
			{From: CPAdditionalDisk, To: CPAdditionalDiskSize, Label: "Resize additional disk", Do: s.growAdditionalDisk},
			{From: CPAdditionalDiskSize, To: CPAdditionalDiskBandwidth, Label: "Set additional disk I/O", Do: s.compared(s.limitAdditionalDisk)},
			{From: CPAdditionalDiskBandwidth, To: CPNetwork, Label: "Configure network", Do: s.compared(s.changeNetwork)},
			{From: CPNetwork, To: CPFirewall, Label: "Configure firewall", Do: s.setFirewall},
			{From: CPFirewall, To: CPStart, Label: "Start VM", Do: s.startAgainAfterChange, Lane: s.startLane},
			{From: CPStart, To: Ready, Label: "Verify running", Do: s.verifyChange, Timeout: 65 * time.Second},
		},
	}
}

const (
	stopTimeout       = 4 * time.Minute
	removeDiskTimeout = 10 * time.Minute
)

// compared skips a step that found nothing to write.
func (s *Steps) compared(do func(context.Context, *Machine) error) func(context.Context, *Machine) error {
	return func(ctx context.Context, m *Machine) error {
		before := m.site.writes
		if err := do(ctx, m); err != nil {
			return err
		}
		if m.site.writes == before {
			return pipeline.Skip("no change")
		}
		return nil
	}
}

// updateAddresses leases what is missing and gives back what is too much, first from the anti-spoofing set and only then
// to the pool.
func (s *Steps) updateAddresses(ctx context.Context, m *Machine) error {
	if _, err := s.guest(ctx, m); err != nil {
		return err
	}
	if err := s.topUp(ctx, m); err != nil {
		return err
	}
	keep, surplus := ippool.Split(m.Addresses, m.Spec.Network.IPv4, m.Spec.Network.IPv6)
	m.Addresses = keep
	if m.Spec.FirewallApplies() {
		if err := s.setIPSet(ctx, m); err != nil {
			return err
		}
	}
	if err := unlessSkipped(s.setDNS(ctx, m)); err != nil || len(surplus) == 0 {
		return err
	}
	return s.Addresses.GiveBack(ctx, m.ServiceID, surplus)
}

// stopToChange powers the guest off when something is wanted that a running one cannot change: cores, memory, or a
// disk to be taken away with its snapshots (pve-behaviour §5.3).
func (s *Steps) stopToChange(ctx context.Context, m *Machine) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	_, drops, err := m.unwanted(c)
	if err != nil {
		return err
	}
	if len(m.Want().CPU(c.Values)) == 0 && !drops {
		return pipeline.Skip("no change")
	}
	return s.powerOff(ctx, m)
}

// changeCPURAM leaves onboot to the suspension, which owns it.
func (s *Steps) changeCPURAM(ctx context.Context, m *Machine) error {
	return s.apply(ctx, m, wish.Guest.CPUOfALiveGuest)
}

// changeNetwork moves the NIC, and tells cloud-init about addresses that changed or are gone. The model stays: a running
// guest would lose its NIC.
func (s *Steps) changeNetwork(ctx context.Context, m *Machine) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	want := m.Want()
	set := want.CloudInitAddresses(c.Values)
	maps.Copy(set, want.LiveNIC(c.Values))
	return s.write(ctx, m, c, hypervisor.Change{Set: set, Delete: want.StaleAddresses(c.Values)})
}

// changeAdditionalDisk makes the second disk, or removes it when the service's option says 0 in so many words.
func (s *Steps) changeAdditionalDisk(ctx context.Context, m *Machine) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	d, drops, err := m.unwanted(c)
	switch {
	case err != nil:
		return err
	case drops:
		return s.dropDisk(ctx, m, c, d)
	}
	return s.createAdditionalDisk(ctx, m)
}

// unwanted is the second disk that has to go; a product's default of 0 removes nothing. Where there are several nothing
// says which of them was the second one.
func (m *Machine) unwanted(c hypervisor.GuestConfig) (d hardware.Disk, drops bool, err error) {
	extra := m.Want().Unwanted(c.Values)
	switch len(extra) {
	case 0:
		return hardware.Disk{}, false, nil
	case 1:
		return extra[0], true, nil
	}
	var keys []string
	for _, d := range extra {
		keys = append(keys, d.Key)
	}
	return hardware.Disk{}, false, pipeline.WithFault(fmt.Errorf("the option Additional Disk of service %d is 0, but VM %d has %s beside its system disk and nothing says "+
		"which of them is meant: detach in Proxmox what shall stay until the other is removed, or choose a size for the option",
		m.ServiceID, m.VMID, strings.Join(keys, ", ")), pipeline.NeedsPerson)
}

// dropDisk removes the snapshots, which hold the disk, then the disk itself with its volume, in one call: after two a
// repetition could meet another disk, or leave the volume behind.
func (s *Steps) dropDisk(ctx context.Context, m *Machine, c hypervisor.GuestConfig, d hardware.Disk) error {
	if err := s.await(ctx, m, "a snapshot to go"); err != nil {
		return err
	}
	list, err := m.site.hv.Snapshots(ctx, m.Node, m.VMID)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		if m.Task, err = m.site.hv.DeleteSnapshot(ctx, m.Node, m.VMID, list[len(list)-1].Name); err != nil {
			return err
		}
		m.site.config = nil
		return pipeline.Wait(s.poll(), "a snapshot to go")
	}
	m.log("additional_disk_deleted", "The additional disk %s (%s) was removed: the option Additional Disk is 0.", d.Key, d.Volume)
	return s.write(ctx, m, c, hypervisor.Change{Delete: []string{d.Key}, Purge: true})
}

// startAgainAfterChange starts a guest that is off, unless its service is suspended.
func (s *Steps) startAgainAfterChange(ctx context.Context, m *Machine) error {
	suspended, err := s.suspended(ctx, m)
	if err != nil {
		return err
	}
	if suspended {
		return pipeline.Skip("suspended")
	}
	if m.Task == "" {
		running, err := s.running(ctx, m)
		if err != nil {
			return err
		}
		if running {
			return pipeline.Skip("no change")
		}
	}
	return s.start(ctx, m)
}

// verifyChange sees the guest run, or stay off while the service is suspended, and tells the owner.
func (s *Steps) verifyChange(ctx context.Context, m *Machine) error {
	suspended, err := s.suspended(ctx, m)
	if err != nil {
		return err
	}
	if suspended {
		return nil
	}
	running, err := s.running(ctx, m)
	switch {
	case err != nil:
		return err
	case !running:
		return s.startAgain(ctx, m)
	case !m.Restored:
		m.Mails = []Mail{m.mail(upgradeMail)}
	}
	return nil
}

const upgradeMail = "puqProxmoxKVM Upgrade Email"
