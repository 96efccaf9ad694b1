package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// ResyncDNS orders the DNS records of a machine to be written anew. While something else is done to it the order is
// remembered. Without a zone there are no records, and saying so is all that is done.
func (d *Desk) ResyncDNS(ctx context.Context, serviceID int64) error {
	zones, err := d.Directory.Zones(ctx)
	if err != nil {
		return err
	}
	if zones == 0 {
		return Sentence("No DNS zone is configured, so that there are no records to write: configure one first.")
	}
	return d.settle(ctx, serviceID, d.Registry.Wish(ctx, serviceID, vm.SetDNSRecords))
}

// Clone builds a machine again whose guest was removed while its record was kept, and lets a deploy that stands before
// its clone try at once. A machine that has a guest is refused: cloning over it would lose what is on it.
func (d *Desk) Clone(ctx context.Context, serviceID int64) error {
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil {
		return d.settle(ctx, serviceID, err)
	}
	if m.Status == vm.Creation || m.Status == vm.SetIP {
		return d.settle(ctx, serviceID, d.Registry.Move(ctx, serviceID, m.Status, m.Status))
	}
	_, _, exists, err := d.look(ctx, m.ServerID, m.VMID)
	if err != nil {
		return err
	}
	if exists {
		return Sentence(fmt.Sprintf("Service %d already has VM %d (%s). Use **Reinstall to build it anew, or **VMRemove before it is cloned.", serviceID, m.VMID, m.Name))
	}
	return d.settle(ctx, serviceID, d.Registry.Move(ctx, serviceID, vm.SetIP, vm.Ready))
}

// Attach makes an existing guest the machine of a service that has none. A guest that carries the mark of another service
// or installation is refused. It asks the cluster, which takes a moment.
func (d *Desk) Attach(ctx context.Context, serviceID int64, vmid int) error {
	facts, _, err := d.read(ctx, serviceID)
	if err != nil {
		return err
	}
	m, err := d.Registry.Find(ctx, serviceID)
	switch {
	case err == nil && m.Status != vm.Removed && m.VMID == vmid:
		return nil
	case err == nil && m.Status != vm.Removed:
		return Sentence(fmt.Sprintf("Service %d already has a VM (%s, id %d, status %s). Terminate it before VM %d is set.", serviceID, m.Name, m.VMID, m.Status, vmid))
	case err != nil && !errors.Is(err, vm.ErrNoMachine):
		return err
	}
	ref, err := d.free(ctx, facts.ServerID, serviceID, vmid)
	if err != nil {
		return err
	}
	err = d.Registry.Attach(ctx, serviceID, facts.ServerID, vmid, ref.Name, ref.Node)
	if errors.Is(err, hypervisor.ErrTaken) {
		return Sentence(fmt.Sprintf("VM %d (%s) cannot be set for service %d: %v.", vmid, ref.Name, serviceID, err))
	}
	return d.settle(ctx, serviceID, err)
}

// free finds the guest and refuses one that is a template or somebody else's.
func (d *Desk) free(ctx context.Context, serverID, serviceID int64, vmid int) (hypervisor.GuestRef, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	hv, ref, exists, err := d.look(ctx, serverID, vmid)
	switch {
	case err != nil:
		return ref, err
	case !exists:
		return ref, Sentence(fmt.Sprintf("There is no VM %d in the cluster of server %d. Create it in Proxmox first.", vmid, serverID))
	case ref.Template:
		return ref, Sentence(fmt.Sprintf("VM %d (%s) is a template and cannot be a service's VM.", vmid, ref.Name))
	}
	c, err := hv.Config(ctx, ref.Node, vmid)
	if err != nil {
		return ref, unanswered(serverID, err)
	}
	instance, err := d.Registry.Instance(ctx)
	if err != nil {
		return ref, err
	}
	for _, owner := range vm.Owners(c) {
		if owner.Mark != vm.Mark(instance, serviceID) {
			return ref, Sentence(fmt.Sprintf("VM %d (%s) carries the mark %s and is not of service %d.", vmid, ref.Name, owner.Mark, serviceID))
		}
	}
	return ref, nil
}

// lookTime bounds how long a person waits for the cluster: WHMCS's page gives up after 10 s.
const lookTime = 7 * time.Second

// unanswered tells the person of a look that failed; what they asked for was not done.
func unanswered(serverID int64, err error) error {
	return Sentence(fmt.Sprintf("The Proxmox cluster of server %d could not be asked about the VM: %s. Try again when it answers.",
		serverID, strings.TrimRight(err.Error(), ".")))
}

// look finds a guest in the cluster of a server entry, within lookTime.
func (d *Desk) look(ctx context.Context, serverID int64, vmid int) (hypervisor.Cluster, hypervisor.GuestRef, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	hv, err := d.Fleet.Cluster(ctx, serverID)
	if err != nil {
		return nil, hypervisor.GuestRef{}, false, Sentence(err.Error())
	}
	cluster, err := hv.Resources(ctx)
	if err != nil {
		return hv, hypervisor.GuestRef{}, false, unanswered(serverID, err)
	}
	ref, exists := cluster.Guest(vmid)
	return hv, ref, exists, nil
}
