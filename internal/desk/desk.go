package desk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Desk takes what WHMCS asks for, writes it down and wakes the engine, which does it.
type Desk struct {
	Catalogue vm.Catalogue
	Registry  vm.Registry
	Fleet     vm.Fleet
	Clock     clock.Clock
	Random    io.Reader
	// Directory keeps the DNS records right; nil = records are not touched.
	Directory vm.Directory
	// Undo is how long a termination can be taken back through Reprieves; 0 = not at all.
	Undo      time.Duration
	Reprieves Reprieves
	// Wake tells the engine that something is due.
	Wake func()
	// Interrupt ends the pass that this process may have over a machine that was moved.
	Interrupt func(serviceID int64)
}

// Sentence is an error whose text is meant for the person who asked: it says what is wrong and what to do.
type Sentence string //nolint:errname // it is what a person is told, not only an error

func (s Sentence) Error() string { return string(s) }

// Create writes the order down. The same order twice is one order. Errors are Sentences where the admin can mend
// something, among them a service without server and a product without template.
func (d *Desk) Create(ctx context.Context, serviceID int64, password string) error {
	facts, want, err := d.read(ctx, serviceID)
	if err != nil {
		return err
	}
	order, err := d.order(facts, want, password)
	if err != nil {
		return err
	}
	err = d.Registry.Open(ctx, order)
	if errors.Is(err, vm.ErrExists) {
		err = d.again(ctx, facts)
	}
	if err != nil {
		return err
	}
	d.Wake()
	return nil
}

func (d *Desk) read(ctx context.Context, serviceID int64) (spec.Facts, spec.Spec, error) {
	facts, err := d.Catalogue.Facts(ctx, serviceID)
	if errors.Is(err, vm.ErrNoService) {
		return facts, spec.Spec{}, Sentence(fmt.Sprintf("Service %d does not exist in WHMCS.", serviceID))
	}
	if err != nil {
		return facts, spec.Spec{}, err
	}
	want, err := vm.Wanted(facts)
	if err != nil {
		return facts, want, Sentence(err.Error())
	}
	return facts, want, nil
}

func (d *Desk) order(facts spec.Facts, want spec.Spec, password string) (vm.Order, error) {
	name, err := spec.Name(want.NameRule, spec.NameValues{ClientID: facts.ClientID, ServiceID: facts.ServiceID, Now: d.Clock.Now(), Random: d.Random})
	if err != nil {
		return vm.Order{}, Sentence(err.Error())
	}
	o := vm.Order{
		ServiceID: facts.ServiceID, ServerID: facts.ServerID, Name: name, Domain: spec.FQDN(name, want.MainDomain),
		Username: want.OSUsername, Password: password,
	}
	if o.Username == "" {
		if o.Username, err = spec.Username(d.Random); err != nil {
			return vm.Order{}, err
		}
	}
	if o.Password == "" {
		o.NewPassword = true
		o.Password, err = spec.Password(d.Random)
	}
	return o, err
}

// again answers a second order for the same service: yes while the first is being built or WHMCS did not hear of its end,
// no when there is a guest already. A guest that is held for its service is the service's again.
func (d *Desk) again(ctx context.Context, facts spec.Facts) error {
	m, err := d.Registry.Find(ctx, facts.ServiceID)
	if err != nil {
		return err
	}
	if vm.Building(m.Status) || m.Status == vm.Ready && facts.Status == "Pending" {
		return nil
	}
	if _, held := m.Held(d.Undo, d.Clock.Now()); held {
		return d.revive(ctx, facts.ServiceID)
	}
	return Sentence(fmt.Sprintf("Service %d already has VM %d (%s, status %s). %s", facts.ServiceID, m.VMID, m.Name, m.Status, toBuildAnother(m)))
}

// toBuildAnother says what has to happen to a machine before its service can have another one.
func toBuildAnother(m vm.Machine) string {
	switch m.Status {
	case vm.Terminate:
		return "It is being removed: run Create again when it is gone."
	case vm.ErrorTerminate:
		return fmt.Sprintf("Removing it failed: Terminate it again when the cause is gone, or, if the VM is gone, delete its record with \"kvmbridge vm delete-record %d --service\".", m.ServiceID)
	}
	return "Terminate it first."
}

// Suspend powers the guest off, takes its cable out and keeps it so; during a deploy it is remembered and the guest is not
// started.
func (d *Desk) Suspend(ctx context.Context, serviceID int64) error {
	return d.power(ctx, serviceID, true)
}

// Unsuspend lets the guest run again and starts it, or the deploy that was waiting for it.
func (d *Desk) Unsuspend(ctx context.Context, serviceID int64) error {
	return d.power(ctx, serviceID, false)
}

// power writes the wish down and queues the job that makes the guest obey it. The job waits for a pipeline to end; a deploy
// looks at the wish by itself.
func (d *Desk) power(ctx context.Context, serviceID int64, suspended bool) error {
	if err := d.Registry.Suspend(ctx, serviceID, suspended); err != nil {
		return d.settle(ctx, serviceID, err)
	}
	return d.ask(ctx, serviceID, vm.JobPower)
}
