package dns

import (
	"fmt"
	"slices"
	"strings"
)

const (
	guardedFrom  = 10 // records of ours in a zone
	guardedShare = 30 // percent of them
)

// Loss is what a run would take out of one zone.
type Loss struct {
	Zone           Zone
	Removed, Owned int // records
}

func (l Loss) mass() bool {
	return l.Owned >= guardedFrom && l.Removed*100 > l.Owned*guardedShare
}

// MassError stops a run that would remove more than a bug should be able to.
type MassError struct{ Losses []Loss }

func (e *MassError) Error() string {
	parts := make([]string, len(e.Losses))
	for i, l := range e.Losses {
		parts[i] = fmt.Sprintf("%d of our %d records in %s (%d %%)", l.Removed, l.Owned, l.Zone.Name, l.Removed*100/l.Owned)
	}
	return fmt.Sprintf("this would remove %s, and more than %d %% of a zone at once needs to be confirmed",
		strings.Join(parts, " and "), guardedShare)
}

// Guard returns a *MassError when a run would remove more than 30 % of the records that are ours in a zone that holds at least
// ten of them. Owned counts them by zone id before the run (see Owned). All decisions of a run count together, so that a fault
// does not slip through one service at a time. A record set that keeps or gets another value is no loss: nothing vanishes.
func Guard(zones []Zone, owned map[int64]int, run ...Decision) error {
	a := newAtlas(zones)
	removed, base := removals(a, run), map[int64]int{}
	for id, n := range owned {
		base[a.byID[id].ID] += n
	}
	var losses []Loss
	for _, z := range a.zones {
		if l := (Loss{z, removed[z.ID], base[z.ID]}); l.mass() {
			losses = append(losses, l)
		}
	}
	if losses == nil {
		return nil
	}
	return &MassError{losses}
}

// holder is whoever a record set is a matter of: the service, or for a PTR record whoever has the address.
type holder struct {
	place
	service int64
}

func holderOf(at place, e Entry) holder {
	if e.Type == PTR {
		return holder{place: at}
	}
	return holder{at, e.ServiceID}
}

// removals counts the records that vanish, by zone.
func removals(a atlas, run []Decision) map[int64]int {
	served := map[holder]bool{}
	for _, d := range run {
		for _, e := range slices.Concat(d.Add, d.Revive, d.Verify) {
			if z, ok := a.home(e); ok {
				served[holderOf(place{z.ID, e.Name, e.Type}, e)] = true
			}
		}
	}
	lost, count := map[spot]bool{}, map[int64]int{}
	for _, d := range run {
		for _, e := range d.Retire {
			z, ok := a.home(e)
			s := spot{z.ID, e.Record}
			if ok && !lost[s] && !served[holderOf(s.place(), e)] {
				lost[s] = true
				count[z.ID]++
			}
		}
	}
	return count
}

// Owned counts by zone entry the records that are ours and not on their way out.
func Owned(ledger []Entry) map[int64]int {
	seen, count := map[spot]bool{}, map[int64]int{}
	for _, e := range ledger {
		if s := (spot{e.ZoneID, e.Record}); e.Ours && e.wanted() && !seen[s] {
			seen[s] = true
			count[e.ZoneID]++
		}
	}
	return count
}
