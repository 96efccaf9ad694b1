package records

import (
	"maps"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// sheet is a copy of the ledger on which orders are tried out.
type sheet struct {
	rows      map[int64]dns.Entry
	byService map[int64][]int64
	byName    map[string][]int64
	last      int64 // highest id
}

func newSheet(entries []dns.Entry) *sheet {
	s := &sheet{rows: map[int64]dns.Entry{}, byService: map[int64][]int64{}, byName: map[string][]int64{}}
	for _, e := range entries {
		s.put(e)
	}
	return s
}

func (s *sheet) put(e dns.Entry) {
	s.rows[e.ID] = e
	s.byService[e.ServiceID] = append(s.byService[e.ServiceID], e.ID)
	s.byName[e.Name] = append(s.byName[e.Name], e.ID)
	s.last = max(s.last, e.ID)
}

// order tries a wish, as the ledger would take it.
func (s *sheet) order(w dns.Wish, zones []dns.Zone) dns.Decision {
	d := dns.Plan(w, s.concerned(w), zones)
	for _, e := range d.Drop {
		delete(s.rows, e.ID)
	}
	for _, e := range slices.Concat(d.Revive, d.Retire, d.Claim) {
		s.rows[e.ID] = e
	}
	for _, e := range d.Add {
		e.ID = s.last + 1
		s.put(e)
	}
	return d
}

// concerned are the rows of a service and of the record sets that it has or wants, by id.
func (s *sheet) concerned(w dns.Wish) []dns.Entry {
	ids := slices.Clone(s.byService[w.ServiceID])
	for _, id := range s.byService[w.ServiceID] {
		ids = append(ids, s.byName[s.rows[id].Name]...)
	}
	for _, r := range w.Records {
		ids = append(ids, s.byName[r.Name]...)
	}
	slices.Sort(ids)
	var rows []dns.Entry
	for _, id := range slices.Compact(ids) {
		if e, ok := s.rows[id]; ok {
			rows = append(rows, e)
		}
	}
	return rows
}

// entries are all rows, by id.
func (s *sheet) entries() []dns.Entry {
	list := make([]dns.Entry, 0, len(s.rows))
	for _, id := range slices.Sorted(maps.Keys(s.rows)) {
		list = append(list, s.rows[id])
	}
	return list
}
