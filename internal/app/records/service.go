package records

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// service is what the records of a service are made of now.
type service struct {
	guest  dns.Guest // without a name when nothing is wanted
	status pipeline.State
	held   bool // its termination can still be taken back, and has not come to its records
}

// live tells a machine that wants records.
func (s service) live() bool { return s.status != "" && s.status != vm.Removed && !s.ending() }

// ending tells a machine whose termination has its records; one that gave up keeps what it has until a person decides.
func (s service) ending() bool { return s.status == vm.Terminate || s.status == vm.ErrorTerminate }

// busy tells a machine that a pipeline has, which writes the records itself.
func (s service) busy() bool { return s.live() && s.status != vm.Ready }

func (s service) same(other service) bool {
	return s.status == other.status && s.guest.FQDN == other.guest.FQDN && slices.Equal(s.guest.Addresses, other.guest.Addresses)
}

// service reads a machine; one without a record has the status "".
func (f *Office) service(ctx context.Context, id int64) (service, error) {
	s := service{guest: dns.Guest{ServiceID: id}}
	m, err := f.Store.Find(ctx, id)
	if errors.Is(err, vm.ErrNoMachine) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	_, s.held = m.Held(f.Undo, f.Clock.Now())
	if s.status = m.Status; !s.live() {
		return s, nil
	}
	if m.Addresses, err = f.Store.Held(ctx, id); err != nil {
		return s, fmt.Errorf("read the addresses of service %d: %w", id, err)
	}
	s.guest = m.Names()
	return s, nil
}

// atOnce is how many services are read at the same time.
const atOnce = 8

func (f *Office) services(ctx context.Context, ids []int64) ([]service, error) {
	list := make([]service, len(ids))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for i, id := range ids {
		g.Go(func() (err error) {
			list[i], err = f.service(ctx, id)
			return err
		})
	}
	return list, g.Wait()
}

// everyone lists the services that have a machine or records, by id.
func (f *Office) everyone(ctx context.Context, rows []ledger.Row) ([]int64, error) {
	ids, err := f.Store.Living(ctx)
	for _, r := range rows {
		ids = append(ids, r.ServiceID)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

// known refuses a service that has neither a machine nor records.
func (f *Office) known(ctx context.Context, id int64) error {
	s, err := f.service(ctx, id)
	if err != nil || s.status != "" {
		return err
	}
	rows, err := f.Book.DNSRecords(ctx, id)
	if err != nil || len(rows) > 0 {
		return err
	}
	_, err = f.WHMCS.Facts(ctx, id)
	switch {
	case errors.Is(err, vm.ErrNoService):
		return fmt.Errorf("WHMCS has no service %d: the id is the number in the address of the service's page", id)
	case err != nil:
		return err
	}
	return fmt.Errorf("service %d has no VM, and no DNS records of one: run Create on its page in WHMCS first", id)
}
