package machines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Office is where questions about machines are answered.
type Office struct {
	Store *store.DB
	// Records are the ledger and the zones of DNS.
	Records Records
	Desk    *desk.Desk // takes what changes something
	Clock   clock.Clock
}

// Do answers one "kvmbridge vm". Errors are sentences where the text fits no machine or several; nothing was changed then.
func (f *Office) Do(ctx context.Context, o cli.MachineOptions, out io.Writer) error {
	s, err := f.find(ctx, o)
	if err != nil {
		return err
	}
	switch o.Deed {
	case cli.DeedShow:
		return f.show(ctx, s, o.JSON, out)
	case cli.DeedLog:
		return f.log(ctx, s, o, out)
	case cli.DeedExplain:
		return f.explain(s, out)
	case cli.DeedRetry:
		return f.retry(ctx, s, out)
	case cli.DeedReset:
		return f.reset(ctx, s, o.To, out)
	case cli.DeedRestore:
		return f.restore(ctx, s, out)
	case cli.DeedDeleteRecord:
		return f.deleteRecord(ctx, s, out)
	}
	return fmt.Errorf("there is no such thing to do with a VM: %q", o.Deed)
}

// find is the one machine that is meant.
func (f *Office) find(ctx context.Context, o cli.MachineOptions) (store.Standing, error) {
	ids, err := f.candidates(ctx, o)
	if err != nil {
		return store.Standing{}, err
	}
	if len(ids) == 0 {
		return store.Standing{}, fmt.Errorf("no VM has %q as its service id, VM id, address, name or domain: look at the service's page in WHMCS for one of them", o.Text)
	}
	if len(ids) > 1 {
		return store.Standing{}, f.several(ctx, o.Text, ids)
	}
	s, err := f.Store.Show(ctx, ids[0])
	if errors.Is(err, vm.ErrNoMachine) {
		err = fmt.Errorf("service %d has no VM: run Create on its page in WHMCS first", ids[0])
	}
	return s, err
}

func (f *Office) candidates(ctx context.Context, o cli.MachineOptions) ([]int64, error) {
	if !o.Service {
		return f.Store.FindBy(ctx, o.Text)
	}
	id, err := strconv.ParseInt(strings.TrimSpace(o.Text), 10, 64)
	if err != nil || id <= 0 {
		return nil, fmt.Errorf("%q is no service id: it is the number in the address of the service's page in WHMCS", o.Text)
	}
	return []int64{id}, nil
}

// several lists the machines that a text fits.
func (f *Office) several(ctx context.Context, text string, ids []int64) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%q means %d VMs; nothing was done. Choose one with --service:", text, len(ids))
	for _, id := range ids {
		s, err := f.Store.Show(ctx, id)
		if err != nil {
			return err
		}
		m := s.Machine
		fmt.Fprintf(&b, "\n  --service %d: VM %s (%s) of client %d, status %s", id, vmid(m), m.Name, m.ClientID, m.Status)
	}
	return errors.New(b.String())
}

func vmid(m vm.Machine) string {
	if m.VMID == 0 {
		return "without an id"
	}
	return strconv.Itoa(m.VMID)
}
