package machines

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// retry makes the machine due now; what was wished and queued stays.
func (f *Office) retry(ctx context.Context, s store.Standing, out io.Writer) error {
	m := s.Machine
	if idle(s) {
		_, err := fmt.Fprintf(out, "The VM of service %d is ready and nothing waits to be done: nothing was changed.\n", m.ServiceID)
		return err
	}
	err := f.Store.Retry(ctx, m.ServiceID)
	if errors.Is(err, vm.ErrRefused) {
		return fmt.Errorf("the VM of service %d is at %s, which nothing leads out of by itself: use \"kvmbridge vm reset %d --service --to STATUS\"", m.ServiceID, m.Status, m.ServiceID)
	}
	if err != nil {
		return err
	}
	text := "The VM of service %d is due now: a running kvmbridge serve takes it within seconds.\n"
	if s.Holder != "" {
		text = "The VM of service %d is being worked on now; it is looked at again as soon as that ends.\n"
	}
	_, err = fmt.Fprintf(out, text, m.ServiceID)
	return err
}

// idle tells a machine that nobody wants anything of.
func idle(s store.Standing) bool {
	return s.Machine.Status == vm.Ready && len(s.Jobs) == 0 && s.Wish == "" && s.Holder == ""
}

func (f *Office) reset(ctx context.Context, s store.Standing, to string, out io.Writer) error {
	if to == "" {
		return fmt.Errorf("say with --to at which status service %d's VM shall stand: %s", s.Machine.ServiceID, desk.TargetList())
	}
	if err := f.Desk.Reset(ctx, s.Machine.ServiceID, pipeline.State(to)); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "The VM of service %d is at %s now; it was at %s.\n", s.Machine.ServiceID, to, s.Machine.Status)
	return err
}

// restore says what a suspension makes of it, and what is left to do in WHMCS.
func (f *Office) restore(ctx context.Context, s store.Standing, out io.Writer) error {
	m := s.Machine
	if err := f.Desk.Restore(ctx, m.ServiceID); err != nil {
		return err
	}
	text := fmt.Sprintf("The termination of service %d was taken back: %s is started within seconds by a running kvmbridge serve.", m.ServiceID, called(m))
	if m.Suspended {
		text = fmt.Sprintf("The termination of service %d was taken back: %s stays off, because the service is suspended. Unsuspend on its page in WHMCS starts it.", m.ServiceID, called(m))
	}
	_, err := fmt.Fprintf(out, "%s\nWHMCS still calls the service %s: set its status there.\n", text, s.ServiceStatus)
	return err
}

// deleteRecord says what it did not touch: after a failed termination the guest may still be there.
func (f *Office) deleteRecord(ctx context.Context, s store.Standing, out io.Writer) error {
	m := s.Machine
	if err := f.Desk.DeleteRecord(ctx, m.ServiceID); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "The record of service %d was deleted; Proxmox and WHMCS's own tables were not touched.\n", m.ServiceID)
	if err == nil {
		err = f.tellLeft(ctx, m.ServiceID, out)
	}
	if err != nil || m.VMID == 0 {
		return err
	}
	_, err = fmt.Fprintf(out, "If %s still exists in Proxmox, it is nobody's now: remove it there, since its addresses are free for others.\n", called(m))
	return err
}
