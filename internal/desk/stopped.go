package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// AtReady refuses unless the machine is at ready, where nothing is being made of it.
func (d *Desk) AtReady(ctx context.Context, serviceID int64) error {
	_, err := d.ready(ctx, serviceID)
	return err
}

func (d *Desk) ready(ctx context.Context, serviceID int64) (vm.Machine, error) {
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil {
		return m, d.settle(ctx, serviceID, err)
	}
	if m.Status != vm.Ready {
		return m, Sentence(refused(m))
	}
	return m, nil
}

// Stopped refuses unless the machine is at ready and its guest is its own and off, which the buttons marked ** want. It asks
// the cluster, which takes a moment. A guest that does not exist is off; what is asked for then says so itself.
func (d *Desk) Stopped(ctx context.Context, serviceID int64) error {
	m, err := d.ready(ctx, serviceID)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	hv, ref, exists, err := d.look(ctx, m.ServerID, m.VMID)
	if err != nil || !exists {
		return err
	}
	if err := d.own(ctx, hv, ref, m); err != nil {
		return err
	}
	status, err := hv.Status(ctx, ref.Node, ref.VMID)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest):
		return nil
	case err != nil:
		return unanswered(m.ServerID, err)
	case status.Running:
		return Sentence(fmt.Sprintf("VM %d (%s) of service %d is running, and must be off for this. Press Stop, wait until it is off, and try again.", m.VMID, m.Name, serviceID))
	}
	return nil
}

// own refuses a guest that stands in the place of the machine's.
func (d *Desk) own(ctx context.Context, hv hypervisor.Cluster, ref hypervisor.GuestRef, m vm.Machine) error {
	instance, err := d.Registry.Instance(ctx)
	if err != nil {
		return err
	}
	c, err := hv.Config(ctx, ref.Node, ref.VMID)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest): // a container, or gone since the list was made
		return nil
	case err != nil:
		return unanswered(m.ServerID, err)
	case !m.Owns(c, vm.Mark(instance, m.ServiceID)):
		return Sentence(fmt.Sprintf("VM %d on node %s is %q and not of service %d (%s): nothing was done.", m.VMID, ref.Node, c.Values["name"], m.ServiceID, m.Name))
	}
	return nil
}
