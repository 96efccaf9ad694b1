package powerdns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// record of a set. A disabled one is kept and not served.
type record struct {
	Content  string `json:"content"`
	Disabled bool   `json:"disabled"`
}

// state of a set.
type state struct {
	typ     dns.Type
	records []record
	ttl     int64 // seconds; 0 without records
	cname   bool  // the name is an alias, so that it can have no set
}

// order is a change and its place among the results.
type order struct {
	index  int
	change dns.Change
}

// settle works out what the set has to become. It is pure: the caller may read more and settle again.
func (s state) settle(orders []order, results []dns.Result) state {
	now := s
	for _, o := range orders {
		next, err := now.with(o.change)
		results[o.index] = dns.Result{Found: s.found(o.change), Err: err, Written: err == nil && !next.equal(now)}
		if err == nil {
			now = next
		}
	}
	return now
}

func (s state) equal(o state) bool { return s.ttl == o.ttl && slices.Equal(s.records, o.records) }

// found are the values to add that are there.
func (s state) found(c dns.Change) (found []string) {
	for _, v := range c.Add {
		if s.holds(v) {
			found = append(found, v)
		}
	}
	return found
}

func (s state) holds(v string) bool {
	return slices.ContainsFunc(s.records, func(r record) bool { return s.same(r.Content, v) })
}

// same compares values, not their spelling.
func (s state) same(a, b string) bool { return key(a) == key(b) }

func key(v string) string {
	if a, err := netip.ParseAddr(v); err == nil {
		return a.String()
	}
	return strings.ToLower(strings.TrimSuffix(v, "."))
}

// with is the state after a change.
func (s state) with(c dns.Change) (state, error) {
	next := state{typ: s.typ, cname: s.cname, ttl: s.ttl}
	if err := s.conflict(c); err != nil {
		return s, err
	}
	among := func(list []string, r record) bool {
		return slices.ContainsFunc(list, func(v string) bool { return s.same(v, r.Content) })
	}
	replace := c.Sole && c.TakeOver && len(c.Add) > 0
	for _, r := range s.records {
		switch {
		case among(c.Add, r):
			r.Disabled = false
			next.records = append(next.records, r)
		case among(c.Remove, r), replace && !r.Disabled:
		default:
			next.records = append(next.records, r)
		}
	}
	for _, v := range c.Add {
		if !next.holds(v) {
			next.records = append(next.records, record{Content: content(s.typ, v)})
		}
	}
	switch {
	case len(next.records) == 0:
		next.ttl = 0
	case len(c.Add) > 0:
		next.ttl = clamp(c.TTL)
	}
	return next, nil
}

// conflict says what stands in the way of adding.
func (s state) conflict(c dns.Change) error {
	if len(c.Add) == 0 {
		return nil
	}
	if s.cname {
		return fmt.Errorf("%w: %s is an alias (CNAME), which lets it have no %s record", dns.ErrForeign, c.Name, c.Type)
	}
	if !c.Sole || c.TakeOver {
		return nil
	}
	for _, r := range s.records {
		ours := func(v string) bool { return s.same(v, r.Content) }
		if !r.Disabled && !slices.ContainsFunc(c.Add, ours) && !slices.ContainsFunc(c.Remove, ours) {
			return fmt.Errorf("%w: %s %s is %s", dns.ErrForeign, c.Name, c.Type, r.Content)
		}
	}
	return nil
}

// content is a value as the server wants it.
func content(typ dns.Type, v string) string {
	if typ == dns.PTR {
		return v + "."
	}
	return key(v)
}

// clamp: the server takes any number and serves nonsense.
func clamp(ttl int) int64 { return int64(min(max(ttl, 60), 86400)) }

// unfit says why a change cannot be sent; "" when it can.
func unfit(c dns.Change, zone string) string {
	if name, err := dns.Canon(c.Name); err != nil || name != c.Name {
		return fmt.Sprintf("%q is no name for a record", c.Name)
	}
	if !dns.Match(c.Name, zone) {
		return fmt.Sprintf("%s does not lie in the zone %s", c.Name, zone)
	}
	for _, v := range c.Add {
		if !fits(c.Type, v) {
			return fmt.Sprintf("%q cannot be the value of a record of type %s", v, c.Type)
		}
	}
	return ""
}

func fits(typ dns.Type, v string) bool {
	a, err := netip.ParseAddr(v)
	switch typ {
	case dns.A:
		return err == nil && a.Is4()
	case dns.AAAA:
		return err == nil && a.Is6() && !a.Is4In6() && a.Zone() == ""
	case dns.PTR:
		name, bad := dns.Canon(v)
		return err != nil && bad == nil && name == v
	}
	return false
}
