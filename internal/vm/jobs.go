package vm

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/wish"
)

// jobs are one-step tables: the module commands of an admin, and what a suspension does to a guest.
func (s *Steps) jobs() []pipeline.Table[Machine] {
	var out []pipeline.Table[Machine]
	for _, j := range []struct {
		job   Job
		label string
		do    func(context.Context, *Machine) error
	}{
		{JobPower, "Suspend or unsuspend", s.obeySuspension},
		{JobStart, "Start VM", s.start},
		{JobStop, "Stop VM", s.powerOff},
		{JobRemove, "VMRemove", s.whileOff(s.remove)},
		{JobPassword, "Reset password", s.setPassword},
		{JobAddresses, "VMSetDedicatedIp", s.topUp},
		{JobCPURAM, "Set CPU & RAM", s.whileOff(s.compared(s.changeCPURAM))},
		{JobGrow, "Resize system disk", s.growSystemDisk},
		{JobLimits, "Set system disk I/O", s.compared(s.limitSystemDisk)},
		{JobDisk, "Create additional disk", s.createAdditionalDisk},
		{JobGrowDisk, "Resize additional disk", s.growAdditionalDisk},
		{JobDiskLimit, "Set additional disk I/O", s.compared(s.limitAdditionalDisk)},
		{JobNetwork, "Configure network", s.compared(s.changeNetwork)},
		{JobRate, "Set network rate", s.compared(s.setRate)},
		{JobFirewall, "Configure firewall", s.setFirewall},
		{JobCloudInit, "Configure cloud-init", s.whileOff(s.setCloudInit)},
	} {
		out = append(out, pipeline.Table[Machine]{
			Name: string(j.job), Title: j.label, Start: j.job.At(), End: j.job.done(),
			Steps: []pipeline.Step[Machine]{{From: j.job.At(), To: j.job.done(), Label: j.label, Do: j.do, Timeout: stopTimeout}},
		})
	}
	return out
}

// whileOff passes over a guest that runs. Whoever asked was told to stop it first (product-spec §16, **), and it was started
// since.
func (s *Steps) whileOff(do func(context.Context, *Machine) error) func(context.Context, *Machine) error {
	return func(ctx context.Context, m *Machine) error {
		exists, err := s.mine(ctx, m)
		if err != nil {
			return err
		}
		if exists {
			running, err := s.running(ctx, m)
			if err != nil && !errors.Is(err, hypervisor.ErrNoGuest) {
				return err
			}
			if running {
				return pipeline.Skip("the VM runs")
			}
		}
		return do(ctx, m)
	}
}

// setRate gives the network card the rate that its service may use now. Nobody asked for it, so that a guest that is not there
// calls nobody either.
func (s *Steps) setRate(ctx context.Context, m *Machine) error {
	exists, err := s.mine(ctx, m)
	if err != nil {
		return err
	}
	if !exists {
		return pipeline.Skip("there is no VM")
	}
	return s.apply(ctx, m, wish.Guest.Rate)
}

// obeySuspension makes power, link and onboot of a guest follow the wish. A suspended guest cannot be brought back by its
// owner: its cable is out and it does not start with its node.
func (s *Steps) obeySuspension(ctx context.Context, m *Machine) error {
	suspended, err := s.suspended(ctx, m)
	if err != nil {
		return err
	}
	if err := s.apply(ctx, m, wish.Guest.Power); err != nil { // first: a start under way ends before Proxmox takes this
		return err
	}
	if suspended {
		return s.powerOff(ctx, m)
	}
	return s.start(ctx, m)
}
