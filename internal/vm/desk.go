package vm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Desk takes what WHMCS asks for, writes it down and wakes the engine. It never waits for Proxmox, but for
// the one stop or start of a suspension.
type Desk struct {
	Catalogue Catalogue
	Registry  Registry
	Steps     *Steps
	Clock     clock.Clock
	Random    io.Reader
	// Wake tells the engine that something is due.
	Wake func()
	// PowerLimit bounds the one call to Proxmox that a suspension makes; default 8 s.
	PowerLimit time.Duration
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
	if errors.Is(err, ErrExists) {
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
	if errors.Is(err, ErrNoService) {
		return facts, spec.Spec{}, Sentence(fmt.Sprintf("Service %d does not exist in WHMCS.", serviceID))
	}
	if err != nil {
		return facts, spec.Spec{}, err
	}
	want, err := wanted(facts)
	if err != nil {
		return facts, want, Sentence(err.Error())
	}
	return facts, want, nil
}

func (d *Desk) order(facts spec.Facts, want spec.Spec, password string) (Order, error) {
	name, err := spec.Name(want.NameRule, spec.NameValues{ClientID: facts.ClientID, ServiceID: facts.ServiceID, Now: d.Clock.Now(), Random: d.Random})
	if err != nil {
		return Order{}, Sentence(err.Error())
	}
	o := Order{
		ServiceID: facts.ServiceID, ServerID: facts.ServerID, Name: name, Domain: spec.FQDN(name, want.MainDomain),
		Username: want.OSUsername, Password: password,
	}
	if o.Username == "" {
		if o.Username, err = spec.Username(d.Random); err != nil {
			return Order{}, err
		}
	}
	if o.Password == "" {
		o.NewPassword = true
		o.Password, err = spec.Password(d.Random)
	}
	return o, err
}

// again answers a second order for the same service: yes while the first is being built or WHMCS did not hear of its end,
// no when there is a guest already.
func (d *Desk) again(ctx context.Context, facts spec.Facts) error {
	m, err := d.Registry.Find(ctx, facts.ServiceID)
	if err != nil {
		return err
	}
	_, building := d.Steps.deploy().Step(m.Status)
	if building || m.Status == Ready && facts.Status == "Pending" {
		return nil
	}
	return Sentence(fmt.Sprintf("Service %d already has VM %d (%s, status %s). Terminate it first, or delete its record if the VM is gone.",
		facts.ServiceID, m.VMID, m.Name, m.Status))
}

// Suspend cuts the guest's power and keeps it off; during a deploy it is remembered and the guest is not started.
func (d *Desk) Suspend(ctx context.Context, serviceID int64) error {
	return d.power(ctx, serviceID, true)
}

// Unsuspend lets the guest run again and starts it, or the deploy that was waiting for it.
func (d *Desk) Unsuspend(ctx context.Context, serviceID int64) error {
	return d.power(ctx, serviceID, false)
}

func (d *Desk) power(ctx context.Context, serviceID int64, suspended bool) error {
	err := d.Registry.Suspend(ctx, serviceID, suspended)
	if errors.Is(err, ErrNoMachine) {
		return Sentence(fmt.Sprintf("Service %d has no VM: run Create first.", serviceID))
	}
	if err != nil {
		return err
	}
	d.Wake()
	// The status is read after the wish is written: a machine that is not ready yet sees the wish before it becomes so.
	m, err := d.Registry.Find(ctx, serviceID)
	if err != nil || m.Status != Ready {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(d.PowerLimit, 8*time.Second))
	defer cancel()
	if err := d.Steps.switchPower(ctx, &m, !suspended); err != nil {
		return Sentence(powerTrouble(m, suspended, err))
	}
	return nil
}

func powerTrouble(m Machine, suspended bool, err error) string {
	verb := "started"
	if suspended {
		verb = "stopped"
	}
	advice := "WHMCS tries again from its module queue."
	if pipeline.FaultOf(err) == pipeline.NeedsPerson {
		advice = "Mend that, then run the command again."
	}
	return fmt.Sprintf("VM %d of service %d could not be %s: %v. %s", m.VMID, m.ServiceID, verb, err, advice)
}

// switchPower asks Proxmox once to start or stop a guest that is ours; one already in that state is left alone.
func (s *Steps) switchPower(ctx context.Context, m *Machine, on bool) error {
	if err := s.visit(ctx, m); err != nil {
		return err
	}
	running, err := s.running(ctx, m)
	if err != nil || running == on {
		return err
	}
	if on {
		_, err = m.site.hv.Start(ctx, m.Node, m.VMID)
	} else {
		_, err = m.site.hv.Stop(ctx, m.Node, m.VMID)
	}
	return err
}
