package dns_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// fleet has n services with an address each in zone 4 and in both zones of example.org.
func fleet(n int) []dns.Entry {
	var ledger []dns.Entry
	for i := range n {
		service, address := int64(100+i), fmt.Sprintf("192.0.2.%d", i)
		for _, z := range []struct {
			id   int64
			zone string
		}{{1, "example.org"}, {2, "example.org"}, {4, "example.net"}} {
			ledger = append(ledger, row(int64(len(ledger)+1), service, z.id, a(fmt.Sprintf("vm-%d.%s", i, z.zone), address), ""))
		}
	}
	return ledger
}

// terminations are the plans of the first n services of a fleet.
func terminations(ledger []dns.Entry, n int) []dns.Decision {
	var run []dns.Decision
	for i := range n {
		run = append(run, dns.Plan(wish(int64(100+i)), ledger, zones()))
	}
	return run
}

func TestGuard_addsUpAWholeRun(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		owned, gone int
		stops       bool
	}{
		{10, 3, false}, {10, 4, true}, {10, 10, true}, {9, 9, false}, {100, 30, false}, {100, 31, true}, {1, 1, false}, {10, 0, false},
	} {
		ledger := fleet(c.owned)
		err := dns.Guard(zones(), dns.Owned(ledger), terminations(ledger, c.gone)...)
		if (err != nil) != c.stops {
			t.Errorf("%d of %d: %v, want a stop: %v", c.gone, c.owned, err, c.stops)
		}
	}
}

func TestGuard_namesZonesCountsAndShares(t *testing.T) {
	t.Parallel()
	ledger := fleet(12)
	ledger = slices.DeleteFunc(ledger, func(e dns.Entry) bool { return e.ZoneID == 2 && e.ServiceID > 108 }) // nine are left in zone 2
	err := dns.Guard(zones(), dns.Owned(ledger), terminations(ledger, 7)...)
	mass := new(dns.MassError)
	if !errors.As(err, &mass) {
		t.Fatalf("err = %v, want a MassError", err)
	}
	same(t, "losses", []dns.Loss{{zones()[0], 7, 12}, {zones()[3], 7, 12}}, mass.Losses)
	want := "this would remove 7 of our 12 records in example.org (58 %) and 7 of our 12 records in example.net (58 %), and more than 30 %"
	if !strings.HasPrefix(err.Error(), want) {
		t.Errorf("says %q, want %q…", err, want)
	}
}

func TestGuard_aNewValueIsNoLoss(t *testing.T) {
	t.Parallel()
	var ledger []dns.Entry
	var fresh, renamed, moved []dns.Decision
	for i := range 10 {
		name, service := fmt.Sprintf("%d.2.0.192.in-addr.arpa", i), int64(100+i)
		ledger = append(ledger, row(int64(i+1), service, 3, ptr(name, "old.example.org"), ""))
	}
	for i := range 10 {
		name, service := fmt.Sprintf("%d.2.0.192.in-addr.arpa", i), int64(100+i)
		renamed = append(renamed, dns.Plan(wish(service, ptr(name, "new.example.org")), ledger, zones()))
		moved = append(moved, dns.Plan(wish(service+50, ptr(name, "new.example.org")), ledger, zones()))
		fresh = append(fresh, dns.Plan(wish(service, ptr(fmt.Sprintf("%d.2.0.192.in-addr.arpa", 100+i), "old.example.org")), ledger, zones()))
	}
	for name, c := range map[string]struct {
		run   []dns.Decision
		stops bool
	}{"other names": {renamed, false}, "other owners": {moved, false}, "other addresses": {fresh, true}} {
		if err := dns.Guard(zones(), dns.Owned(ledger), c.run...); (err != nil) != c.stops {
			t.Errorf("%s: %v, want a stop: %v", name, err, c.stops)
		}
	}
}

func TestGuard_countsAValueOnceAndOnlyOurs(t *testing.T) {
	t.Parallel()
	x := func(i int) dns.Record { return a("x.example.net", fmt.Sprintf("192.0.2.%d", i)) }
	var ledger []dns.Entry
	for i := range 10 {
		ledger = append(ledger, row(int64(2*i+1), 7, 4, x(i), ""), row(int64(2*i+2), 8, 4, x(i), ""))
	}
	ledger = append(ledger, row(90, 7, 4, x(90), "foreign"), row(91, 7, 4, x(91), "delete"), row(92, 7, 1, a(web, "192.0.2.1"), ""))
	same(t, "owned", map[int64]int{1: 1, 4: 10}, dns.Owned(ledger))
	if err := dns.Guard(zones(), dns.Owned(ledger), dns.Plan(wish(7), ledger, zones())); err != nil {
		t.Errorf("the other service keeps every value, and yet: %v", err)
	}
}

func TestGuard_sharedNamesHideNoLoss(t *testing.T) {
	t.Parallel()
	var ledger []dns.Entry
	for i := range 10 {
		ledger = append(ledger, row(int64(i+1), int64(100+i), 4, a("x.example.net", fmt.Sprintf("192.0.2.%d", i)), ""))
	}
	run := terminations(ledger, 9)
	run = append(run, dns.Plan(wish(109, ledger[9].Record), ledger, zones()))
	if err := dns.Guard(zones(), dns.Owned(ledger), run...); err == nil {
		t.Error("nine of ten values of a name go, and the guard lets it pass")
	}
}
