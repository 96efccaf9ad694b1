package hestia

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/net/idna"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// relative name of a record in a zone, as the panel wants it: a full name would end up below the zone once more.
func relative(name, zone string) string {
	if name == zone {
		return "@"
	}
	return strings.TrimSuffix(name, "."+zone)
}

// sentValue is a value as the panel stores it.
func sentValue(typ dns.Type, value string) string {
	if typ == dns.PTR {
		return value + "."
	}
	return value
}

// check refuses what the panel would refuse, or take for something else and spoil the zone with.
func (z *Zone) check(c dns.Change) error {
	if !dns.Match(c.Name, z.name) {
		return fmt.Errorf("%w: %s is not in the zone %s", dns.ErrRefused, c.Name, z.name)
	}
	if why := unfitName(relative(c.Name, z.name)); why != "" && len(c.Add) > 0 {
		return fmt.Errorf("%w: HestiaCP cannot hold %s: its name %s", dns.ErrRefused, c.Name, why)
	}
	for _, v := range c.Add {
		if why := unfitValue(c.Type, v); why != "" {
			return fmt.Errorf("%w: %s %s cannot be %q: %s", dns.ErrRefused, c.Name, c.Type, v, why)
		}
	}
	return nil
}

func unfitName(name string) string {
	if name == "@" {
		return ""
	}
	plain, err := idna.Punycode.ToUnicode(name)
	if err != nil {
		plain = name
	}
	allowed := func(r rune) bool {
		return r > 127 || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.*", r)
	}
	switch {
	case plain == "":
		return "is empty before the zone's"
	case len(plain) >= 400:
		return "is too long"
	case strings.Contains(plain, "--") || strings.Contains(plain, "__") || strings.Contains(plain, ".."):
		return "holds two hyphens, underscores or dots in a row"
	case strings.HasPrefix(plain, "-") || strings.HasPrefix(plain, ".") || strings.HasSuffix(plain, "-"):
		return "begins or ends with a hyphen or a dot"
	case strings.ContainsFunc(plain, func(r rune) bool { return !allowed(r) }):
		return "may hold letters, digits, hyphens, underscores and dots only, in lower case"
	}
	return ""
}

func unfitValue(typ dns.Type, value string) string {
	addr, err := netip.ParseAddr(value)
	switch typ {
	case dns.A:
		if err != nil || !addr.Is4() {
			return "an A record holds an IPv4 address"
		}
	case dns.AAAA:
		if err != nil || addr.Is4() || addr.Is4In6() || addr.Zone() != "" {
			return "an AAAA record holds an IPv6 address"
		}
	case dns.PTR:
		if name, err := dns.Target(value); err != nil || name != value {
			return "a PTR record holds a full host name in its plain form: two parts at least, no underscore, no \"--\" as third and fourth character"
		}
	default:
		return "records of this type are not kept"
	}
	return ""
}

// set is a change against what is there.
type set struct {
	dns.Change
	right   []entry // have a value of Add
	wrong   []entry // have to go
	foreign []entry
	cname   bool
}

// look compares a change with the zone. Suspended records are not served and count as foreign.
func look(c dns.Change, v view) set {
	s := set{Change: c}
	for _, e := range v {
		switch {
		case e.name != c.Name || e.name == "":
		case e.typ == "CNAME":
			s.cname = true
		case e.typ != c.Type:
		case e.suspended:
			s.foreign = append(s.foreign, e)
		case slices.Contains(c.Add, e.value):
			s.right = append(s.right, e)
		case slices.Contains(c.Remove, e.value):
			s.wrong = append(s.wrong, e)
		default:
			s.foreign = append(s.foreign, e)
		}
	}
	if c.TakeOver && c.Sole && len(c.Add) > 0 {
		s.wrong, s.foreign = append(s.wrong, s.foreign...), nil
	}
	return s
}

// conflict is what forbids to add.
func (s set) conflict() error {
	switch {
	case len(s.Add) == 0:
		return nil
	case s.cname:
		return fmt.Errorf("%w: %s is a CNAME", dns.ErrForeign, s.Name)
	case s.Sole && len(s.foreign) > 0:
		return fmt.Errorf("%w: %s already has the %s record %s", dns.ErrForeign, s.Name, s.Type, s.foreign[0].value)
	}
	return nil
}

func (s set) has(value string) bool {
	return slices.ContainsFunc(s.right, func(e entry) bool { return e.value == value })
}

// found are values of Add that are there.
func (s set) found() []string {
	return slices.DeleteFunc(slices.Clone(s.Add), func(v string) bool { return !s.has(v) })
}
