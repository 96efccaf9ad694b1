package dns_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// at is a record set at a provider.
type at struct {
	target, name string
	kind         dns.Type
}

// world is a ledger, three services and providers that know nothing but values.
type world struct {
	entries map[int64]dns.Zone // all that can be configured
	open    map[int64]bool     // that are
	guests  map[int64]dns.Guest
	holders map[netip.Addr]int64
	ledger  []dns.Entry
	lastID  int64
	values  map[at][]string
	foreign map[at][]string
}

// second leads to the same zone as entry 5 and comes later, but with a lower id. Neither of the two is removed: what rows of a
// removed entry say cannot be compared with what the other entry's rows do to their zone.
const second = 1

func newWorld() *world {
	w := &world{
		entries: map[int64]dns.Zone{}, open: map[int64]bool{}, guests: map[int64]dns.Guest{}, holders: map[netip.Addr]int64{},
		values: map[at][]string{}, foreign: map[at][]string{},
	}
	for _, z := range []dns.Zone{
		{ID: 1, Name: "example.org", Target: "p1"},
		{ID: 2, Name: "lab.example.org", Target: "p2"},
		{ID: 3, Name: "example.org", Target: "p3"},
		{ID: 4, Name: "2.0.192.in-addr.arpa", Target: "p4"},
		{ID: 5, Name: "example.org", Target: "p1"},
		{ID: 6, Name: "0.192.in-addr.arpa", Target: "p6"},
	} {
		w.entries[z.ID], w.open[z.ID] = z, z.ID != second
	}
	return w
}

func (w *world) zones() []dns.Zone {
	var zones []dns.Zone
	for id, open := range w.open {
		if open {
			zones = append(zones, w.entries[id])
		}
	}
	return zones // in no order
}

// house gives a service another name and other addresses, of which each has one holder.
func (w *world) house(t *rapid.T) {
	service := rapid.Int64Range(1, 3).Draw(t, "service")
	g := dns.Guest{ServiceID: service, FQDN: rapid.SampledFrom([]string{"a.example.org", "b.example.org", "a.lab.example.org", "a..b", "a.example.com"}).Draw(t, "fqdn")}
	for i := range 3 {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(i)})
		if !rapid.Bool().Draw(t, "has the address") {
			if w.holders[addr] == service {
				delete(w.holders, addr)
			}
			continue
		}
		if holder := w.holders[addr]; holder != 0 && holder != service {
			continue
		}
		w.holders[addr] = service
		if g.Main = addr; i > 0 {
			g.Main = netip.MustParseAddr("192.0.2.99") // forward values are shared between services
		}
		g.Addresses = append(g.Addresses, dns.Reverse{Addr: addr, Name: rapid.SampledFrom([]string{"", "x.example.org", "y.example.org"}).Draw(t, "reverse")})
	}
	w.guests[service] = g
}

// plan stores a service's decision, and wants it to be the last word.
func (w *world) plan(t *rapid.T, service int64) {
	wish := dns.Want(w.guests[service])
	wish.ServiceID = service
	w.ledger = dns.Plan(wish, w.ledger, w.zones()).After(w.ledger)
	for i := range w.ledger {
		if w.ledger[i].ID == 0 {
			w.lastID++
			w.ledger[i].ID = w.lastID
		}
	}
	d := dns.Plan(wish, w.ledger, w.zones())
	if n := len(d.Add) + len(d.Revive) + len(d.Retire) + len(d.Drop) + len(d.Claim); n > 0 {
		t.Fatalf("planned twice, and the second plan changes %+v", d)
	}
}

// How a call can end.
const (
	answered = "answered"
	refused  = "refused" // nothing was written
	lost     = "lost"    // written, but the answer is not
	crashed  = "crashed" // written, and the process is gone
)

// work carries one change out.
func (w *world) work(t *rapid.T, zone int64, rows []dns.Entry, c dns.Change, ending string) {
	place := at{w.entries[zone].Target, c.Name, c.Type}
	w.eachRow(rows, func(e *dns.Entry) { e.Tried = true })
	result := dns.Result{Err: errors.New(ending)}
	if ending != refused {
		result = w.apply(t, place, c)
	}
	switch ending {
	case crashed:
		return
	case lost:
		result = dns.Result{Err: errors.New(ending)}
	}
	s := dns.Settle(rows, c, result)
	for _, now := range slices.Concat(s.Live, s.Foreign) {
		w.eachRow([]dns.Entry{now}, func(e *dns.Entry) { *e = now })
	}
	w.ledger = slices.DeleteFunc(w.ledger, func(e dns.Entry) bool {
		return slices.ContainsFunc(s.Gone, func(g dns.Entry) bool { return g.ID == e.ID })
	})
}

func (w *world) eachRow(rows []dns.Entry, do func(*dns.Entry)) {
	for i := range w.ledger {
		if slices.ContainsFunc(rows, func(e dns.Entry) bool { return e.ID == w.ledger[i].ID }) {
			do(&w.ledger[i])
		}
	}
}

// apply is a provider that keeps to the port.
func (w *world) apply(t *rapid.T, place at, c dns.Change) dns.Result {
	for _, v := range c.Remove {
		if slices.Contains(w.foreign[place], v) {
			t.Fatalf("%v removes %q, which is somebody else's", c, v)
		}
	}
	var result dns.Result
	next := slices.DeleteFunc(slices.Clone(w.values[place]), func(v string) bool { return slices.Contains(c.Remove, v) && !slices.Contains(c.Add, v) })
	for _, v := range c.Add {
		if slices.Contains(next, v) {
			result.Found = append(result.Found, v)
			continue
		}
		if next = append(next, v); c.Sole && len(next) > 1 {
			return dns.Result{Err: dns.ErrForeign}
		}
	}
	w.values[place], result.Written = next, true
	return result
}

// jobs lists what there is to do now.
func (w *world) jobs() (zone []int64, rows [][]dns.Entry, changes []dns.Change) {
	for _, b := range dns.Sets(w.ledger, w.zones(), dns.Settings{}) {
		for i, c := range b.Changes {
			zone, rows, changes = append(zone, b.ZoneID), append(rows, b.Rows[i]), append(changes, c)
		}
	}
	return zone, rows, changes
}

func (w *world) someWork(t *rapid.T, endings []string) {
	zone, rows, changes := w.jobs()
	if len(zone) == 0 {
		return
	}
	i := rapid.IntRange(0, len(zone)-1).Draw(t, "job")
	w.work(t, zone[i], rows[i], changes[i], rapid.SampledFrom(endings).Draw(t, "ending"))
}

// intrude lets somebody else put a value where ours may be.
func (w *world) intrude(t *rapid.T, contents []string) {
	place := at{rapid.SampledFrom([]string{"p1", "p2", "p3"}).Draw(t, "where"), rapid.SampledFrom([]string{"a.example.org", "a.lab.example.org"}).Draw(t, "name"), dns.A}
	v := rapid.SampledFrom(contents).Draw(t, "value")
	if !slices.Contains(w.values[place], v) {
		w.values[place], w.foreign[place] = append(w.values[place], v), append(w.foreign[place], v)
	}
}

// check wants every live row's value and every foreign value to be there.
func (w *world) check(t *rapid.T) {
	for _, e := range w.ledger {
		place := at{w.entries[e.ZoneID].Target, e.Name, e.Type}
		if w.open[e.ZoneID] && e.State == dns.Live && !slices.Contains(w.values[place], e.Content) {
			t.Fatalf("%+v is live, but at the provider is %v", e, w.values[place])
		}
	}
	for place, values := range w.foreign {
		for _, v := range values {
			if !slices.Contains(w.values[place], v) {
				t.Fatalf("the foreign %q at %v is gone", v, place)
			}
		}
	}
}

// settle opens all zones and works until nothing is left to do.
func (w *world) settle(t *rapid.T) {
	for id := range w.entries {
		w.open[id] = true
	}
	for service, g := range w.guests {
		if g.FQDN == "a..b" {
			g.FQDN = "b.example.org"
			w.guests[service] = g
		}
	}
	for range 2 {
		for service := int64(1); service <= 3; service++ {
			w.plan(t, service)
		}
		zone, rows, changes := w.jobs()
		for i := range zone {
			w.work(t, zone[i], rows[i], changes[i], answered)
		}
	}
}

// wanted is what has to be at the providers in the end.
func (w *world) wanted() map[at][]string {
	want := map[at][]string{}
	for place, values := range w.foreign {
		want[place] = slices.Clone(values)
	}
	for _, g := range w.guests {
		for _, r := range dns.Want(g).Records {
			for _, z := range w.entries {
				if place := (at{z.Target, r.Name, r.Type}); z.Holds(r.Name, r.Type) && !slices.Contains(want[place], r.Content) {
					want[place] = append(want[place], r.Content)
				}
			}
		}
	}
	return want
}

// shown prints record sets for a comparison; empty ones do not exist.
func shown(sets map[at][]string) []string {
	var lines []string
	for place, values := range sets {
		if len(values) > 0 {
			lines = append(lines, fmt.Sprint(place, " ", slices.Sorted(slices.Values(values))))
		}
	}
	return slices.Sorted(slices.Values(lines))
}

// runWorld draws a history and wants it to end with exactly what is wanted besides what is foreign.
func runWorld(t *rapid.T, endings, intruders []string) {
	w := newWorld()
	moves := []func(){
		func() { w.house(t) },
		func() { w.plan(t, rapid.Int64Range(1, 3).Draw(t, "planned service")) },
		func() { w.someWork(t, endings) },
		func() { w.someWork(t, endings) },
		func() { w.intrude(t, intruders) },
		func() {
			id := rapid.SampledFrom([]int64{second, 2, 3, 4, 6}).Draw(t, "zone entry")
			w.open[id] = !w.open[id] || id == second
		},
	}
	for range rapid.IntRange(1, 60).Draw(t, "moves") {
		rapid.SampledFrom(moves).Draw(t, "move")()
		w.check(t)
	}
	w.settle(t)
	w.check(t)
	if want, got := shown(w.wanted()), shown(w.values); !slices.Equal(want, got) {
		t.Fatalf("in the end there is\n%q, want\n%q\nledger %+v", got, want, w.ledger)
	}
	for _, e := range w.ledger {
		if e.State != dns.Live {
			t.Fatalf("in the end %+v is pending", e)
		}
	}
}

// Somebody else's values differ from ours: then no failure of any kind may cost them or leave one of ours behind.
func TestWorld_endsRightWhateverFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runWorld(t, []string{answered, refused, lost, crashed}, []string{"198.51.100.1", "198.51.100.2"})
	})
}

// Somebody else's values are the very ones that we want, and all calls are answered: then they are there for ever.
func TestWorld_leavesEqualValuesOfOthers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		runWorld(t, []string{answered}, []string{"192.0.2.0", "192.0.2.99", "198.51.100.1"})
	})
}
