package hestiafake

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// Served is what a name server answers for a name (full, A-labels, without trailing dot) and a type from the zone file that
// the panel writes, and the set's TTL in seconds. The error tells why a name server would not load the zone at all.
func (p *Panel) Served(user, zone, name, typ string) (values []string, ttl int, err error) {
	p.Set(func(s *State) { values, ttl, err = s.Zone(user, zone).served(ascii(zone), name, typ) })
	return values, ttl, err
}

func (z *Zone) served(origin, name, typ string) (values []string, ttl int, err error) {
	owner := origin
	kinds := map[string][]string{}
	for _, r := range z.Records {
		if r.Suspended {
			continue
		}
		owner = fullName(r.Name, origin, owner)
		if err := r.loadable(); err != nil {
			return nil, 0, err
		}
		kinds[owner] = append(kinds[owner], r.Type)
		if owner != name || r.Type != typ {
			continue
		}
		if ttl == 0 { // the first of a set gives it to all
			ttl = r.seconds(z.ttl())
		}
		if !slices.Contains(values, r.Value) {
			values = append(values, r.Value)
		}
	}
	for owner, k := range kinds {
		if slices.Contains(k, "CNAME") && len(k) > 1 {
			return nil, 0, fmt.Errorf("%s: CNAME and other data", owner)
		}
	}
	return values, ttl, nil
}

// fullName reads the first column of a zone file, where nothing means the name of the line before.
func fullName(name, origin, before string) string {
	switch {
	case name == "":
		return before
	case name == "@":
		return origin
	case strings.HasSuffix(name, "."):
		return ascii(strings.TrimSuffix(name, "."))
	}
	return ascii(name) + "." + origin
}

func (r Record) seconds(zone int) int {
	if n, err := strconv.Atoi(r.TTL); err == nil {
		return n
	}
	return zone
}

func (r Record) loadable() error {
	addr, err := netip.ParseAddr(r.Value)
	bad := r.Value == "" || r.Type == "A" && (err != nil || !addr.Is4()) || r.Type == "AAAA" && (err != nil || addr.Is4()) ||
		r.Type == "PTR" && strings.ContainsAny(r.Value, " :/")
	if bad {
		return fmt.Errorf("record %d %s %s %q cannot be loaded", r.ID, r.Name, r.Type, r.Value)
	}
	return nil
}

func ascii(name string) string {
	a, err := idna.Punycode.ToASCII(strings.ToLower(name))
	if err != nil {
		return name
	}
	return a
}
