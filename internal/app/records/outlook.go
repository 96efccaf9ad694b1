package records

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// outlook is what orders for some services would come to, if they were given now.
type outlook struct {
	all      bool // every service
	zones    []zones.Zone
	before   []ledger.Row
	after    []dns.Entry
	ids      []int64 // services, ascending
	services []service
	wishes   []dns.Wish     // of each service
	runs     []dns.Decision // of each service; none for one that is ending
}

// outlook looks at the services named, at all when none is. It calls no provider and changes nothing.
func (f *Office) outlook(ctx context.Context, ids ...int64) (o outlook, err error) {
	o.ids, o.all = ids, len(ids) == 0
	if o.zones, err = f.Book.DNSZones(ctx); err != nil {
		return o, err
	}
	if o.before, err = f.Book.AllDNSRecords(ctx); err != nil {
		return o, err
	}
	if o.all {
		if o.ids, err = f.everyone(ctx, o.before); err != nil {
			return o, err
		}
	}
	if o.services, err = f.services(ctx, o.ids); err == nil {
		o.decide()
	}
	return o, err
}

func (o *outlook) decide() {
	s, plans := newSheet(entries(o.before)), o.plans()
	o.runs, o.wishes = make([]dns.Decision, len(o.ids)), make([]dns.Wish, len(o.ids))
	for i, svc := range o.services {
		if svc.ending() {
			continue
		}
		o.wishes[i] = dns.Want(svc.guest)
		o.runs[i] = s.order(o.wishes[i], plans)
	}
	o.after = s.entries()
}

func (o *outlook) plans() []dns.Zone {
	list := make([]dns.Zone, len(o.zones))
	for i, z := range o.zones {
		list[i] = z.Plan()
	}
	return list
}

func entries(rows []ledger.Row) []dns.Entry {
	list := make([]dns.Entry, len(rows))
	for i, r := range rows {
		list[i] = r.Entry
	}
	return list
}

// guard returns a *dns.MassError when the orders would take too much out of a zone at once.
func (o *outlook) guard() error {
	return dns.Guard(o.plans(), dns.Owned(entries(o.before)), o.runs...)
}

// Guard returns a *dns.MassError when orders for these services, for all when none is named, would remove more than 30 % of
// what is ours in a zone with at least ten records. Whoever asks a person first may order all the same.
func (f *Office) Guard(ctx context.Context, services ...int64) error {
	o, err := f.outlook(ctx, services...)
	if err != nil {
		return err
	}
	return o.guard()
}
