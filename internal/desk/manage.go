package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// ChangePackage orders the guest to become what its service says now. While something else is done to it the order is
// remembered; two orders are one.
func (d *Desk) ChangePackage(ctx context.Context, serviceID int64) error {
	if _, _, err := d.read(ctx, serviceID); err != nil {
		return err
	}
	return d.settle(ctx, serviceID, d.Registry.Wish(ctx, serviceID, vm.ChangePackage))
}

// Terminate queues the removal of the guest, which the engine takes up at once. Whatever is being done to it ends.
func (d *Desk) Terminate(ctx context.Context, serviceID int64) error {
	m, err := d.Registry.Find(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) || err == nil && (m.Status == vm.Terminate || m.Status == vm.Removed) {
		return nil // nothing was ever built, or it is on its way
	}
	if err != nil {
		return err
	}
	if err := d.Registry.Move(ctx, serviceID, vm.Terminate); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	d.Interrupt(serviceID)
	d.Wake()
	return nil
}

// settle finishes an order that the registry took or refused.
func (d *Desk) settle(ctx context.Context, serviceID int64, err error) error {
	switch {
	case errors.Is(err, vm.ErrNoMachine):
		return Sentence(fmt.Sprintf("Service %d has no VM: run Create first.", serviceID))
	case errors.Is(err, vm.ErrRefused):
		return Sentence(d.refusal(ctx, serviceID, err))
	case err != nil:
		return err
	}
	d.Wake()
	return nil
}

func (d *Desk) refusal(ctx context.Context, serviceID int64, err error) string {
	m, findErr := d.Registry.Find(ctx, serviceID)
	if findErr != nil {
		return err.Error()
	}
	return refused(m)
}

// refused says why a machine's status does not allow what was asked for, and what leads out of it.
func refused(m vm.Machine) string {
	out := fmt.Sprintf("Wait until it is ready, or set its status with \"kvmbridge vm reset %d --service --to STATUS\".", m.ServiceID)
	switch m.Status {
	case vm.Terminate:
		out = "It is being removed."
	case vm.Removed:
		out = "Its VM was removed: run Create to order another one."
	case vm.ErrorTerminate:
		out = "Removing it failed: Terminate it again when the cause is gone."
	}
	return fmt.Sprintf("The VM of service %d is at status %q, which does not allow this. %s", m.ServiceID, m.Status, out)
}

// Reinstall builds the guest anew from the service's template, under the same id and addresses. client reinstalls stop
// the guest themselves; an admin's button wants it stopped.
func (d *Desk) Reinstall(ctx context.Context, serviceID int64) error {
	password, err := spec.Password(d.Random)
	if err != nil {
		return err
	}
	if err := d.Registry.Move(ctx, serviceID, vm.Reinstall, vm.Ready); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	return d.settle(ctx, serviceID, d.Registry.SetPassword(ctx, serviceID, password))
}

// Redeploy destroys the guest and builds the service's VM from scratch, with new addresses and a new id. Only a service that
// is paid for gets one.
func (d *Desk) Redeploy(ctx context.Context, serviceID int64) error {
	facts, want, err := d.read(ctx, serviceID)
	if err != nil {
		return err
	}
	if facts.Status != "Active" && facts.Status != "Suspended" {
		return Sentence(fmt.Sprintf("Service %d is %s in WHMCS: only Active and Suspended services can be redeployed.", serviceID, facts.Status))
	}
	order, err := d.order(facts, want, "")
	if err != nil {
		return err
	}
	if err := d.Registry.Reopen(ctx, order); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	d.Interrupt(serviceID)
	d.Wake()
	return nil
}

// TargetList is ResetTargets as people read a list.
func TargetList() string {
	var list []string
	for _, t := range ResetTargets() {
		list = append(list, string(t))
	}
	return strings.Join(list, ", ")
}

// ResetTargets are the statuses an admin may set, in the order of the product's list (product-spec §7.3).
func ResetTargets() []pipeline.State {
	return []pipeline.State{vm.Ready, vm.Creation, vm.SetIP, vm.ChangePackage, vm.SetDNSRecords, vm.Terminate, vm.Removed}
}

// Reset puts a machine at one of the ResetTargets, whatever is being done to it.
func (d *Desk) Reset(ctx context.Context, serviceID int64, to pipeline.State) error {
	if !slices.Contains(ResetTargets(), to) {
		return Sentence(fmt.Sprintf("A VM cannot be reset to %q; the statuses are %s.", to, TargetList()))
	}
	if err := d.Registry.Move(ctx, serviceID, to); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	d.Interrupt(serviceID)
	d.Wake()
	return nil
}

// DeleteRecord forgets a machine whose guest is gone; neither Proxmox nor WHMCS's own tables are touched. Its DNS records go.
func (d *Desk) DeleteRecord(ctx context.Context, serviceID int64) error {
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil {
		return d.settle(ctx, serviceID, err)
	}
	if m.Status != vm.ErrorTerminate && m.Status != vm.Removed {
		return Sentence(fmt.Sprintf("The record of service %d is at %q; only records at %s or %s can be deleted.", serviceID, m.Status, vm.ErrorTerminate, vm.Removed))
	}
	if err := d.settle(ctx, serviceID, d.Registry.Forget(ctx, serviceID)); err != nil || d.Directory == nil {
		return err // a machine that was set going meanwhile keeps its records
	}
	_, err = d.Directory.Sync(ctx, dns.Guest{ServiceID: serviceID}, 0)
	return err
}

// ChangePassword keeps the password that WHMCS chose and writes it into the guest.
func (d *Desk) ChangePassword(ctx context.Context, serviceID int64, password string) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	if err := d.Registry.SetPassword(ctx, serviceID, password); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	return d.ask(ctx, serviceID, vm.JobPassword)
}

// checkPassword holds what Proxmox's agent call and cloud-init both take.
func checkPassword(p string) error {
	if len(p) < 5 || len(p) > 1024 {
		return Sentence("The password must have 5 to 1024 characters.")
	}
	return nil
}

// Run queues a module command.
func (d *Desk) Run(ctx context.Context, serviceID int64, job vm.Job) error {
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil {
		return d.settle(ctx, serviceID, err)
	}
	if m.Suspended && job == vm.JobStart {
		return Sentence(fmt.Sprintf("Service %d is suspended: unsuspend it to start its VM.", serviceID))
	}
	return d.ask(ctx, serviceID, job)
}

func (d *Desk) ask(ctx context.Context, serviceID int64, job vm.Job) error {
	return d.settle(ctx, serviceID, d.Registry.Ask(ctx, serviceID, job))
}
