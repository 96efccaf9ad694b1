package zonedesk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// Listed is a zone in the list.
type Listed struct {
	zones.Zone // without its secrets
	ledger.Count
}

// All lists every zone, by id.
func (d *Desk) All(ctx context.Context) ([]Listed, error) {
	listing, err := d.List(ctx, Query{})
	return listing.Rows, err
}

// Query says which zones are wanted, and in which order.
type Query struct {
	Search string // in the id, the name, the type and the server; "" = all
	Sort   string // "zone" or "type", anything else = id
	Down   bool   // the highest first
	Offset int
	Limit  int // 0 = all
}

// Listing is an answer to a Query.
type Listing struct {
	Rows  []Listed
	Found int // zones that the search means
	All   int // zones that there are
	Lost  int // records of ours in zones whose entry was removed, where nobody touches them
}

// List reads a part of the zones.
func (d *Desk) List(ctx context.Context, q Query) (Listing, error) {
	saved, err := d.Book.DNSZones(ctx)
	if err != nil {
		return Listing{}, err
	}
	counts, err := d.Book.DNSCounts(ctx)
	if err != nil {
		return Listing{}, err
	}
	rows := make([]Listed, len(saved))
	for i, z := range saved {
		rows[i] = Listed{z.Redacted(), counts[z.ID]}
		delete(counts, z.ID)
	}
	l := q.choose(rows)
	for _, lost := range counts {
		l.Lost += lost.Ours
	}
	return l, nil
}

func (q Query) choose(rows []Listed) Listing {
	l := Listing{All: len(rows)}
	rows = slices.DeleteFunc(rows, func(z Listed) bool { return !q.means(z.Zone) })
	slices.SortStableFunc(rows, q.order)
	l.Found = len(rows)
	first := min(max(q.Offset, 0), len(rows))
	l.Rows = rows[first:]
	if q.Limit > 0 {
		l.Rows = l.Rows[:min(q.Limit, len(l.Rows))]
	}
	return l
}

func (q Query) means(z zones.Zone) bool {
	wanted := strings.ToLower(strings.TrimSpace(q.Search))
	return strconv.FormatInt(z.ID, 10) == wanted || slices.ContainsFunc([]string{z.Name, z.Provider, z.Server()}, func(text string) bool {
		return strings.Contains(strings.ToLower(text), wanted)
	})
}

func (q Query) order(a, b Listed) int {
	var by int
	switch q.Sort {
	case "zone":
		by = cmp.Compare(a.Name, b.Name)
	case "type":
		by = cmp.Compare(a.Provider, b.Provider)
	}
	if by = cmp.Or(by, cmp.Compare(a.ID, b.ID)); q.Down {
		return -by
	}
	return by
}
