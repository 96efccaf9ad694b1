package keeping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// work is a deed with what one look learned about the world; nothing but the deed is stored.
type work struct {
	*Deed
	effects Effects
	site
}

// site is a machine's guest, as it is.
type site struct {
	m      vm.Machine
	want   spec.Spec
	hv     hypervisor.Cluster
	mark   string
	node   string
	host   string // name of the server entry, for mails
	config hypervisor.GuestConfig
}

// open finds the machine and its guest, and refuses a guest that is not the machine's own.
func (k *Keeper) open(ctx context.Context, w *work) error {
	s, err := k.visit(ctx, w.ServiceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return final(err)
	}
	if err != nil {
		return err
	}
	w.site = s
	w.Place = fmt.Sprintf("%d/%s", s.m.ServerID, s.node)
	return nil
}

func (k *Keeper) visit(ctx context.Context, serviceID int64) (s site, err error) {
	if s.m, err = k.Machines.Find(ctx, serviceID); err != nil {
		return s, err
	}
	if s.m.VMID == 0 {
		return s, final(fmt.Errorf("service %d has no VM", serviceID))
	}
	if s.want, s.host, err = k.wanted(ctx, serviceID); err != nil {
		return s, err
	}
	instance, err := k.Machines.Instance(ctx)
	if err != nil {
		return s, err
	}
	s.mark = vm.Mark(instance, serviceID)
	if s.hv, err = k.Fleet.Cluster(ctx, s.m.ServerID); err != nil {
		return s, err
	}
	return s, s.find(ctx)
}

// wanted reads the service's package from WHMCS, and the host name of its server entry.
func (k *Keeper) wanted(ctx context.Context, serviceID int64) (spec.Spec, string, error) {
	facts, err := k.Catalogue.Facts(ctx, serviceID)
	if err != nil {
		return spec.Spec{}, "", fmt.Errorf("read service %d from WHMCS: %w", serviceID, err)
	}
	want, err := vm.Wanted(facts)
	if err != nil {
		err = pipeline.WithFault(err, pipeline.NeedsPerson)
	}
	return want, facts.ServerHost, err
}

// find reads the guest's configuration where the guest was last seen, else where the cluster says it is.
func (s *site) find(ctx context.Context) (err error) {
	s.node = s.m.Node
	if s.node != "" {
		s.config, err = s.hv.Config(ctx, s.node, s.m.VMID)
	}
	if s.node == "" || errors.Is(err, hypervisor.ErrNoGuest) {
		err = s.search(ctx)
	}
	if err == nil && !s.m.Owns(s.config, s.mark) {
		return pipeline.WithFault(fmt.Errorf("VM %d on node %s is %q and does not carry the mark of service %d (%q): kvmbridge will not touch it or its copies",
			s.m.VMID, s.node, s.config.Values["name"], s.m.ServiceID, s.m.Name), pipeline.NeedsPerson)
	}
	return err
}

func (s *site) search(ctx context.Context) error {
	r, err := s.hv.Resources(ctx)
	if err != nil {
		return err
	}
	ref, found := r.Guest(s.m.VMID)
	if !found {
		return pipeline.WithFault(fmt.Errorf("VM %d of service %d: %w anywhere in the cluster", s.m.VMID, s.m.ServiceID, hypervisor.ErrNoGuest), pipeline.NeedsPerson)
	}
	s.node = ref.Node
	s.config, err = s.hv.Config(ctx, s.node, s.m.VMID)
	return err
}

// doing is something that Proxmox does once.
type doing struct {
	what string
	// begin asks for it; an empty task id means that it is done.
	begin func(context.Context) (upid string, err error)
	// seen looks whether it has happened, for when nobody knows.
	seen func(context.Context) (bool, error)
}

// lostPatience is how long a task may take to show after a call whose answer was lost.
const lostPatience = time.Minute

// do asks Proxmox for something and waits for it: nil once it is done. The intent is written down before the call and the task
// after it, so that nothing is asked twice that can be seen to have happened.
func (k *Keeper) do(ctx context.Context, w *work, d doing) error {
	if w.Task != "" {
		return k.await(ctx, w, d)
	}
	if !w.Called.IsZero() {
		if done, err := k.lookBack(ctx, w, d); err != nil || done {
			return err
		}
	}
	w.Called = k.Clock.Now()
	if err := k.save(ctx, w); err != nil {
		return err
	}
	upid, err := d.begin(ctx)
	switch {
	case errors.Is(err, hypervisor.ErrUnknownOutcome):
		return pipeline.Wait(k.poll(), d.what)
	case err != nil:
		w.Called = time.Time{}
		return err
	case upid == "":
		return nil
	}
	w.Task = upid
	return pipeline.Wait(k.poll(), d.what)
}

// lookBack is for a call of which nobody knows what became.
func (k *Keeper) lookBack(ctx context.Context, w *work, d doing) (done bool, err error) {
	status, err := w.hv.Status(ctx, w.node, w.m.VMID)
	if err != nil {
		return false, err
	}
	if status.Lock != "" {
		return false, pipeline.Wait(k.poll(), d.what)
	}
	if done, err = d.seen(ctx); err != nil || done {
		return done, err
	}
	if k.Clock.Now().Sub(w.Called) < lostPatience {
		return false, pipeline.Wait(k.poll(), d.what)
	}
	return false, nil
}

// await looks at the task. One that nobody remembers is judged by what it has left.
func (k *Keeper) await(ctx context.Context, w *work, d doing) error {
	task, err := w.hv.Task(ctx, w.Task)
	switch {
	case err != nil:
		return err
	case task.Running:
		return pipeline.Wait(k.poll(), d.what)
	case task.OK:
		return nil
	}
	w.Task, w.Called = "", time.Time{}
	if !task.Gone {
		return w.hv.TaskFault(task.Exit)
	}
	done, err := d.seen(ctx)
	if err == nil && !done {
		err = pipeline.WithFault(fmt.Errorf("nobody remembers the task, and nothing shows what became of %s", d.what), pipeline.Permanent)
	}
	return err
}
