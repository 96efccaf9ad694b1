package dns

import (
	"cmp"
	"slices"
	"strings"
)

// Kind of a zone: its name decides what it holds (product-spec §8.1).
type Kind string

// Kinds of zones.
const (
	Forward  Kind = "forward"  // A and AAAA
	Reverse4 Kind = "reverse4" // PTR of IPv4 addresses
	Reverse6 Kind = "reverse6" // PTR of IPv6 addresses
)

const (
	reverse4 = "in-addr.arpa"
	reverse6 = "ip6.arpa"
)

// KindOf tells the kind of a zone by its name.
func KindOf(zone string) Kind {
	switch {
	case Match(zone, reverse4):
		return Reverse4
	case Match(zone, reverse6):
		return Reverse6
	}
	return Forward
}

// Match reports whether name is zone or lies below it, on label boundaries. Case and one dot at the end do not matter.
func Match(name, zone string) bool {
	name, zone = folded(name), folded(zone)
	above, ok := strings.CutSuffix(name, zone)
	return ok && zone != "" && (above == "" || strings.HasSuffix(above, "."))
}

func folded(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// Zone is a configured zone as plans see it.
type Zone struct {
	ID   int64
	Name string
	// Target is what entries share that lead to the same zone of the same server: one text made of provider, server and the
	// zone's id there. Such entries are one zone, and the lowest id stands for all. "" = unlike any other.
	Target string
	// TakeOver replaces foreign PTR values (Change.TakeOver).
	TakeOver bool
}

// Holds reports whether records of this name and type belong into the zone.
func (z Zone) Holds(name string, t Type) bool {
	return Match(name, z.Name) && (t == PTR) == (KindOf(z.Name) != Forward)
}

// Matching lists every zone that name lies in, not only the closest, in the order given.
func Matching(name string, zones []Zone) []Zone {
	var all []Zone
	for _, z := range zones {
		if Match(name, z.Name) {
			all = append(all, z)
		}
	}
	return all
}

// atlas finds the zone that stands for an entry.
type atlas struct {
	zones []Zone // those that stand for themselves, by ascending id
	byID  map[int64]Zone
}

func newAtlas(zones []Zone) atlas {
	a := atlas{byID: make(map[int64]Zone, len(zones))}
	first := map[string]Zone{}
	for _, z := range slices.SortedFunc(slices.Values(zones), func(a, b Zone) int { return cmp.Compare(a.ID, b.ID) }) {
		stands, twice := first[z.Target]
		if !twice || z.Target == "" {
			first[z.Target], stands = z, z
			a.zones = append(a.zones, z)
		}
		a.byID[z.ID] = stands
	}
	return a
}

// homes lists the zones into which a record belongs.
func (a atlas) homes(name string, t Type) []Zone {
	return slices.DeleteFunc(Matching(name, a.zones), func(z Zone) bool { return !z.Holds(name, t) })
}

// home is the zone of a ledger row; false when its entry was removed or now leads to a zone that cannot hold the row.
func (a atlas) home(e Entry) (Zone, bool) {
	z, ok := a.byID[e.ZoneID]
	return z, ok && z.Holds(e.Name, e.Type)
}
