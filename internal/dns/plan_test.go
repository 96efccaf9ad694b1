package dns_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

const (
	ptr9 = "9.2.0.192.in-addr.arpa"
	web  = "web.example.org"
)

func zones() []dns.Zone {
	return []dns.Zone{
		{ID: 1, Name: "example.org", Target: "pdns"},
		{ID: 2, Name: "example.org", Target: "cf"},
		{ID: 3, Name: "2.0.192.in-addr.arpa"},
		{ID: 4, Name: "example.net"},
	}
}

func a(name, content string) dns.Record { return dns.Record{Name: name, Type: dns.A, Content: content} }

func ptr(name, content string) dns.Record {
	return dns.Record{Name: name, Type: dns.PTR, Content: content}
}

func wish(service int64, records ...dns.Record) dns.Wish {
	return dns.Wish{ServiceID: service, Records: records}
}

// row is a live row that is ours, changed by the words: foreign, create, delete, tried.
func row(id, service, zone int64, r dns.Record, words string) dns.Entry {
	e := dns.Entry{ID: id, ServiceID: service, ZoneID: zone, Record: r, Ours: true, State: dns.Live, Tried: true}
	for word := range strings.FieldsSeq(words) {
		switch word {
		case "foreign":
			e.Ours = false
		case "create":
			e.State, e.Tried = dns.PendingCreate, false
		case "delete":
			e.State = dns.PendingDelete
		case "tried":
			e.Tried = true
		case "untried":
			e.Tried = false
		default:
			panic(word)
		}
	}
	return e
}

func TestPlan_decides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		wish   dns.Wish
		ledger []dns.Entry
		want   dns.Decision
	}{
		"a new guest, in every matching zone": {
			wish(7, a(web, "192.0.2.9"), ptr(ptr9, web)), nil,
			dns.Decision{Add: []dns.Entry{
				row(0, 7, 1, a(web, "192.0.2.9"), "create"), row(0, 7, 2, a(web, "192.0.2.9"), "create"), row(0, 7, 3, ptr(ptr9, web), "create"),
			}},
		},
		"everything is there": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "")},
			dns.Decision{Verify: []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "")}},
		},
		"still being written": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "create tried")},
			dns.Decision{Verify: []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "create tried")}},
		},
		"no zone is a state of its own": {
			wish(7, a("vm.example.com", "192.0.2.9"), ptr("9.100.51.198.in-addr.arpa", "vm.example.com")), nil,
			dns.Decision{NoZone: []dns.Record{a("vm.example.com", "192.0.2.9"), ptr("9.100.51.198.in-addr.arpa", "vm.example.com")}},
		},
		"renamed into another zone": {
			wish(7, a("web.example.net", "192.0.2.9")),
			[]dns.Entry{row(1, 7, 1, a(web, "192.0.2.9"), ""), row(2, 7, 2, a(web, "192.0.2.9"), "")},
			dns.Decision{
				Add:    []dns.Entry{row(0, 7, 4, a("web.example.net", "192.0.2.9"), "create")},
				Retire: []dns.Entry{row(1, 7, 1, a(web, "192.0.2.9"), "delete"), row(2, 7, 2, a(web, "192.0.2.9"), "delete")},
			},
		},
		"terminated": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 7, 3, ptr(ptr9, web), "create tried")},
			dns.Decision{Retire: []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "delete"), row(2, 7, 3, ptr(ptr9, web), "delete")}},
		},
		"terminated before anything was written": {
			wish(7),
			[]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "create")},
			dns.Decision{Drop: []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "create")}},
		},
		"on its way out already": {
			wish(7), []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "delete")}, dns.Decision{},
		},
		"was there before us: stays, and its row goes": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "foreign")},
			dns.Decision{Drop: []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "foreign")}},
		},
		"wanted again": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "delete untried")},
			dns.Decision{Revive: []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "create tried")}},
		},
		"another service wants the same value": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 8, 4, a("x.example.net", "192.0.2.9"), "")},
			dns.Decision{Drop: []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "")}},
		},
		"another service takes over that the value is ours": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 8, 4, a("x.example.net", "192.0.2.9"), "foreign untried"), row(3, 9, 4, a("x.example.net", "192.0.2.9"), "create")},
			dns.Decision{
				Drop:  []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "")},
				Claim: []dns.Entry{row(2, 8, 4, a("x.example.net", "192.0.2.9"), "tried"), row(3, 9, 4, a("x.example.net", "192.0.2.9"), "create tried")},
			},
		},
		"another service's value at the name stays": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 8, 4, a("x.example.net", "192.0.2.8"), "")},
			dns.Decision{Retire: []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "delete")}},
		},
		"another service lets the same value go": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 8, 4, a("x.example.net", "192.0.2.9"), "delete")},
			dns.Decision{Retire: []dns.Entry{row(1, 7, 4, a("x.example.net", "192.0.2.9"), "delete")}},
		},
		"a value that another service wrote": {
			wish(7, a("x.example.net", "192.0.2.9")),
			[]dns.Entry{row(2, 8, 4, a("x.example.net", "192.0.2.9"), "")},
			dns.Decision{Add: []dns.Entry{row(0, 7, 4, a("x.example.net", "192.0.2.9"), "create tried")}},
		},
		"a value that was there before another service": {
			wish(7, a("x.example.net", "192.0.2.9")),
			[]dns.Entry{row(2, 8, 4, a("x.example.net", "192.0.2.9"), "foreign")},
			dns.Decision{Add: []dns.Entry{row(0, 7, 4, a("x.example.net", "192.0.2.9"), "create")}},
		},
		"the address has a new owner": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{
				row(1, 8, 3, ptr(ptr9, "old.example.org"), ""), row(2, 9, 3, ptr(ptr9, "older.example.org"), "foreign"),
				row(3, 8, 3, ptr("8.2.0.192.in-addr.arpa", "old.example.org"), ""), row(4, 9, 3, ptr(ptr9, "oldest.example.org"), "delete"),
				row(5, 9, 3, ptr(ptr9, "never.example.org"), "create"),
			},
			dns.Decision{
				Add:    []dns.Entry{row(0, 7, 3, ptr(ptr9, web), "create")},
				Retire: []dns.Entry{row(1, 8, 3, ptr(ptr9, "old.example.org"), "delete")},
				Drop:   []dns.Entry{row(2, 9, 3, ptr(ptr9, "older.example.org"), "foreign"), row(5, 9, 3, ptr(ptr9, "never.example.org"), "create")},
			},
		},
		"the address has a new owner with the same name": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 8, 3, ptr(ptr9, web), "")},
			dns.Decision{
				Add:  []dns.Entry{row(0, 7, 3, ptr(ptr9, web), "create tried")},
				Drop: []dns.Entry{row(1, 8, 3, ptr(ptr9, web), "")},
			},
		},
		"the new owner's own old name": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 8, 3, ptr(ptr9, "old.example.org"), ""), row(2, 7, 3, ptr(ptr9, "old.example.org"), "")},
			dns.Decision{
				Add:    []dns.Entry{row(0, 7, 3, ptr(ptr9, web), "create")},
				Retire: []dns.Entry{row(1, 8, 3, ptr(ptr9, "old.example.org"), "delete"), row(2, 7, 3, ptr(ptr9, "old.example.org"), "delete")},
			},
		},
		"a forward name has many owners": {
			wish(7, a("x.example.net", "192.0.2.9")),
			[]dns.Entry{row(1, 8, 4, a("x.example.net", "192.0.2.8"), "")},
			dns.Decision{Add: []dns.Entry{row(0, 7, 4, a("x.example.net", "192.0.2.9"), "create")}},
		},
		"the zone entry was removed": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 7, 99, ptr(ptr9, web), ""), row(2, 7, 98, a("x.example.com", "192.0.2.9"), "delete")},
			dns.Decision{
				Add:     []dns.Entry{row(0, 7, 3, ptr(ptr9, web), "create")},
				Orphans: []dns.Entry{row(1, 7, 99, ptr(ptr9, web), ""), row(2, 7, 98, a("x.example.com", "192.0.2.9"), "delete")},
			},
		},
		"the zone entry leads elsewhere now": {
			wish(7),
			[]dns.Entry{row(1, 7, 4, a("x.example.com", "192.0.2.9"), "")},
			dns.Decision{Orphans: []dns.Entry{row(1, 7, 4, a("x.example.com", "192.0.2.9"), "")}},
		},
		"other services' rows in a removed zone": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 8, 99, ptr(ptr9, "old.example.org"), "")},
			dns.Decision{Add: []dns.Entry{row(0, 7, 3, ptr(ptr9, web), "create")}},
		},
		"two rows for one value": {
			wish(7, ptr(ptr9, web)),
			[]dns.Entry{row(1, 7, 3, ptr(ptr9, web), "foreign"), row(2, 7, 3, ptr(ptr9, web), "")},
			dns.Decision{
				Verify: []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "foreign")},
				Drop:   []dns.Entry{row(2, 7, 3, ptr(ptr9, web), "")},
				Claim:  []dns.Entry{row(1, 7, 3, ptr(ptr9, web), "")},
			},
		},
		"two rows for one value, both given up": {
			wish(7),
			[]dns.Entry{
				row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 7, 4, a("x.example.net", "192.0.2.9"), "foreign"),
				row(4, 8, 4, a("x.example.net", "192.0.2.9"), "foreign"),
			},
			dns.Decision{
				Drop: []dns.Entry{
					row(1, 7, 4, a("x.example.net", "192.0.2.9"), ""), row(2, 7, 4, a("x.example.net", "192.0.2.9"), "foreign"),
				},
				Claim: []dns.Entry{row(4, 8, 4, a("x.example.net", "192.0.2.9"), "")},
			},
		},
		"a problem hides what is wanted": {
			dns.Wish{ServiceID: 7, Unclear: []dns.Record{{Name: ptr9, Type: dns.PTR}, {Type: dns.A, Content: "192.0.2.9"}}},
			[]dns.Entry{
				row(1, 7, 3, ptr(ptr9, "old.example.org"), ""), row(2, 7, 4, a("x.example.net", "192.0.2.9"), ""),
				row(3, 7, 4, a("x.example.net", "192.0.2.8"), ""), row(4, 7, 3, ptr("8.2.0.192.in-addr.arpa", web), ""),
				row(5, 7, 3, ptr(ptr9, "older.example.org"), "delete"),
			},
			dns.Decision{
				Held:   []dns.Entry{row(1, 7, 3, ptr(ptr9, "old.example.org"), ""), row(2, 7, 4, a("x.example.net", "192.0.2.9"), "")},
				Retire: []dns.Entry{row(3, 7, 4, a("x.example.net", "192.0.2.8"), "delete"), row(4, 7, 3, ptr("8.2.0.192.in-addr.arpa", web), "delete")},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, "decision", c.want, dns.Plan(c.wish, c.ledger, zones()))
		})
	}
}

func TestPlan_entriesOfOneZoneAreOneZone(t *testing.T) {
	t.Parallel()
	twice := append(zones(), dns.Zone{ID: 5, Name: "example.net", Target: "same"}, dns.Zone{ID: 6, Name: "example.net", Target: "same"})
	x := a("x.example.net", "192.0.2.9")
	got := dns.Plan(wish(7, x), nil, twice)
	same(t, "new rows", []dns.Entry{row(0, 7, 4, x, "create"), row(0, 7, 5, x, "create")}, got.Add)

	ledger := []dns.Entry{row(1, 7, 6, x, ""), row(2, 7, 4, x, "")}
	got = dns.Plan(wish(7, x), ledger, twice)
	same(t, "a row of the second entry", dns.Decision{Verify: ledger}, got)
	same(t, "its change is the first entry's", int64(5), dns.Sets(ledger, twice, dns.Settings{})[1].ZoneID)
}

func TestPlan_aNameUnderReverseGetsNoAddress(t *testing.T) {
	t.Parallel()
	r := a("vm.2.0.192.in-addr.arpa", "192.0.2.9")
	same(t, "decision", dns.Decision{NoZone: []dns.Record{r}}, dns.Plan(wish(7, r), nil, zones()))
}

func TestPlan_partOfASlash24(t *testing.T) {
	t.Parallel()
	guest := dns.Want(dns.Guest{ServiceID: 7, FQDN: "vm.example.com", Addresses: []dns.Reverse{{Addr: ip("192.0.2.70")}}})
	own := []dns.Zone{{ID: 1, Name: "64-26.2.0.192.in-addr.arpa"}}
	if got := dns.Plan(guest, nil, own); len(got.Add) > 0 || len(got.NoZone) != 1 {
		t.Errorf("with a classless zone: %+v, want no PTR", got)
	}
	enclosing := []dns.Zone{{ID: 1, Name: "2.0.192.in-addr.arpa"}}
	if got := dns.Plan(guest, nil, enclosing); len(got.Add) != 1 || got.Add[0].Name != "70.2.0.192.in-addr.arpa" {
		t.Errorf("with the enclosing zone: %+v, want the PTR in it", got)
	}
}
