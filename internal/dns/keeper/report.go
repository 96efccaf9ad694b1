package keeper

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// group is what one line tells: the forward records of a name in a zone, or one reverse record.
type group struct {
	zone    zones.Zone
	sample  dns.Entry
	values  int
	removal bool
	failed  string // the first error
	waiting int
}

// report tells how an order stands: deletions before creations, forward before reverse, zones by id, addresses in the order
// of assignment (product-spec §8.3).
func report(list []zones.Zone, wish dns.Wish, order dns.Decision, rows []ledger.Row) dns.Report {
	r := dns.Report{Zones: len(list)}
	for _, g := range groups(list, order, rows) {
		r.Pending += g.waiting
		count(&r, g)
		text := line(g.zone, word(g.sample)+verb(g), state(g), g.subject())
		if g.failed != "" {
			text += ": " + strings.TrimSuffix(g.failed, ".")
			r.Errors = append(r.Errors, text)
		}
		r.Lines = append(r.Lines, text)
	}
	for _, p := range wish.Problems {
		r.Lines, r.Errors = append(r.Lines, "dns ERR "+p), append(r.Errors, p)
	}
	return r
}

func groups(list []zones.Zone, order dns.Decision, rows []ledger.Row) []*group {
	var all []*group
	index := map[string]*group{}
	at := func(e dns.Entry, removal bool) *group {
		key := fmt.Sprint(e.ZoneID, e.Name, word(e), removal)
		if index[key] == nil {
			index[key] = &group{zone: zoneOf(list, e.ZoneID), sample: e, removal: removal}
			all = append(all, index[key])
		}
		return index[key]
	}
	left := map[int64]bool{}
	for _, row := range rows {
		left[row.ID] = true
		at(row.Entry, row.State == dns.PendingDelete).add(row)
	}
	for _, e := range slices.Concat(order.Retire, order.Drop) {
		if !left[e.ID] {
			at(e, true).values++
		}
	}
	slices.SortStableFunc(all, func(a, b *group) int {
		return cmp.Or(first(a.removal, b.removal), first(b.sample.Type == dns.PTR, a.sample.Type == dns.PTR), cmp.Compare(a.zone.ID, b.zone.ID))
	})
	return all
}

func zoneOf(list []zones.Zone, id int64) zones.Zone {
	if i := slices.IndexFunc(list, func(z zones.Zone) bool { return z.ID == id }); i >= 0 {
		return list[i]
	}
	return zones.Zone{ID: id, Name: fmt.Sprintf("zone %d (removed)", id)}
}

func (g *group) add(row ledger.Row) {
	g.values++
	g.failed = cmp.Or(g.failed, row.LastError)
	if row.LastError == "" && row.Pending() {
		g.waiting++
	}
}

// first sorts true before false.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func count(r *dns.Report, g *group) {
	if g.removal || g.failed == "" && g.waiting > 0 {
		return
	}
	counter := map[string]*int{"fwd OK": &r.ForwardOK, "fwd ERR": &r.ForwardErr, "rev OK": &r.ReverseOK, "rev ERR": &r.ReverseErr}
	*counter[word(g.sample)+" "+state(g)]++
}

func word(e dns.Entry) string {
	if e.Type == dns.PTR {
		return "rev"
	}
	return "fwd"
}

func verb(g *group) string {
	if g.removal {
		return "-del"
	}
	return ""
}

func state(g *group) string {
	switch {
	case g.failed != "":
		return "ERR"
	case g.waiting > 0:
		return "LATER" // the reference product waits for its provider and has no such line
	}
	return "OK"
}

func (g *group) subject() string {
	switch text := subject(g.sample); {
	case g.removal && g.sample.Type == dns.PTR:
		return strings.Split(text, " → ")[0]
	case g.removal || g.sample.Type == dns.PTR:
		return text
	default:
		return fmt.Sprintf("%s (%d IPs)", text, g.values)
	}
}

// subject is what stands behind the arrow.
func subject(e dns.Entry) string {
	if a, ok := dns.PTRAddr(e.Name); ok && e.Type == dns.PTR {
		return a.String() + " → " + e.Content
	}
	return e.Name
}

func line(z zones.Zone, what, state, subject string) string {
	return fmt.Sprintf("%s %s [%s] %s ← %s", what, state, z.Provider, z.Name, subject)
}
