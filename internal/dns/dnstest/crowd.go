package dnstest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// crowdCases are about several clients at once and about what the world sees meanwhile.
func crowdCases() []sample {
	return []sample{
		{"thirty names and one shared by all, from several clients", crowd},
		{"a right value is never absent during a resync", neverAbsent},
	}
}

const (
	crowdSize    = 30
	crowdClients = 5
)

// crowd lets every guest write a name of its own and one that all share; then the first half leaves.
func crowd(b *bench) {
	shared := b.at("all")
	address := func(i int) string { return fmt.Sprintf("192.0.2.%d", i+1) }
	guest := func(i int) string { return b.at(fmt.Sprintf("vm%d", i)) }
	all, stay := make([]string, crowdSize), make([]string, 0, crowdSize)
	for i := range all {
		all[i] = address(i)
	}
	b.together(func(i int) []dns.Change {
		return []dns.Change{set(guest(i), dns.A, address(i)), set(shared, dns.A, address(i))}
	})
	for i := range crowdSize {
		b.holds(guest(i), dns.A, address(i))
	}
	b.holds(shared, dns.A, all...)
	stay = append(stay, all[crowdSize/2:]...)
	b.together(func(i int) []dns.Change {
		if slices.Contains(stay, address(i)) {
			return []dns.Change{set(shared, dns.A, address(i))}
		}
		return []dns.Change{drop(shared, dns.A, address(i))}
	})
	b.holds(shared, dns.A, stay...)
}

// together applies the changes of all guests at the same time, through a few clients.
func (b *bench) together(changes func(guest int) []dns.Change) {
	b.Helper()
	clients := make([]dns.Provider, crowdClients)
	for i := range clients {
		clients[i] = b.Open(b)
	}
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	for i := range crowdSize {
		wg.Go(func() {
			for _, r := range b.applyUnchecked(ctx, clients[i%crowdClients], changes(i)) {
				if r.Err != nil {
					b.Errorf("guest %d: %v", i, r.Err)
				}
			}
		})
	}
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// applyUnchecked may be called where Fatal may not.
func (b *bench) applyUnchecked(ctx context.Context, p dns.Provider, changes []dns.Change) []dns.Result {
	results := p.Apply(ctx, changes)
	if len(results) != len(changes) {
		b.Errorf("%d results for %d changes", len(results), len(changes))
	}
	return results
}

// neverAbsent looks at the other side after each write of a resync in which some values stay, some come and some go.
func neverAbsent(b *bench) {
	vm, six, rev := b.at("vm1"), b.at("vm6"), b.at("10")
	b.apply(set(vm, dns.A, "192.0.2.10", "192.0.2.12"), set(six, dns.AAAA, "2001:db8::10"), ptr(rev, "vm1.example.net"))
	b.Plant(b, vm, dns.A, "192.0.2.99")
	resync := []dns.Change{
		{Name: vm, Type: dns.A, TTL: 600, Add: []string{"192.0.2.10", "192.0.2.11"}, Remove: []string{"192.0.2.12", "192.0.2.10"}},
		{Name: six, Type: dns.AAAA, TTL: 300, Add: []string{"2001:db8::11"}, Remove: []string{"2001:db8::10"}},
		{Name: rev, Type: dns.PTR, TTL: 300, Add: []string{"vm2.example.net"}, Remove: []string{"vm1.example.net"}, Sole: true},
	}
	seen := 0
	b.OnWrite(func() {
		seen++
		if got := b.Values(b, vm, dns.A); !slices.Contains(got, "192.0.2.10") || !slices.Contains(got, "192.0.2.99") {
			b.Errorf("after write %d %s A holds %q", seen, vm, got)
		}
		for _, c := range resync[1:] {
			if got := b.Values(b, c.Name, c.Type); len(got) == 0 {
				b.Errorf("after write %d %s %s holds nothing", seen, c.Name, c.Type)
			}
		}
	})
	for _, r := range b.apply(resync...) {
		if r.Err != nil {
			b.Error(r.Err)
		}
	}
	b.OnWrite(nil)
	if seen == 0 {
		b.Fatal("no write was seen; the lab does not report them")
	}
	b.holds(vm, dns.A, "192.0.2.10", "192.0.2.11", "192.0.2.99")
	b.holds(six, dns.AAAA, "2001:db8::11")
	b.holds(rev, dns.PTR, "vm2.example.net")
}
