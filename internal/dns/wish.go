package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Guest is what the records of a service are made of.
type Guest struct {
	ServiceID int64
	FQDN      string
	Main      netip.Addr // the main IPv4 address; zero = none
	First6    netip.Addr // the first IPv6 address; zero = none
	Addresses []Reverse  // all of them, in the order of assignment
}

// Reverse is an address with its reverse name.
type Reverse struct {
	Addr netip.Addr
	Name string // "" = the FQDN
}

// Wish is what a service should have. A service that ended has one without records.
type Wish struct {
	ServiceID int64
	Records   []Record // forward before reverse, each once
	// Problems are sentences about what no record can be made of.
	Problems []string
	// Unclear are records of which a problem hides a part; the empty fields stand for anything. What is live of them stays.
	Unclear []Record
}

// Want lists the records of a guest: an A of the main IPv4 address, an AAAA of the first IPv6 address and a PTR of every
// address. What is wrong with one of them keeps none of the others away. A guest with neither name nor address wants nothing.
func Want(g Guest) Wish {
	w := Wish{ServiceID: g.ServiceID}
	if g.FQDN == "" && len(g.Addresses) == 0 && !g.Main.IsValid() && !g.First6.IsValid() {
		return w
	}
	fqdn, err := HostName(g.FQDN)
	if err != nil {
		w.problem(err.Error())
	}
	w.forward(fqdn, A, g.Main)
	w.forward(fqdn, AAAA, g.First6)
	for _, r := range g.Addresses {
		w.reverse(fqdn, r)
	}
	return w
}

func (w *Wish) forward(fqdn string, t Type, a netip.Addr) {
	a = a.Unmap()
	switch {
	case !a.IsValid():
	case a.Zone() != "" || a.Is4() != (t == A):
		w.problem(fmt.Sprintf("%s cannot be the address of an %s record", a, t))
		w.Unclear = append(w.Unclear, Record{Type: t})
	case fqdn == "":
		w.Unclear = append(w.Unclear, Record{Type: t, Content: a.String()})
	default:
		w.Records = append(w.Records, Record{fqdn, t, a.String()})
	}
}

func (w *Wish) reverse(fqdn string, r Reverse) {
	owner, err := PTRName(r.Addr)
	if err != nil {
		w.problem(err.Error())
		return
	}
	target, why := reverseTarget(fqdn, r)
	if target == "" {
		w.problem(why)
		w.Unclear = append(w.Unclear, Record{Name: owner, Type: PTR})
		return
	}
	w.point(Record{owner, PTR, target}, r.Addr)
}

// reverseTarget is the name that an address gets, or why it gets none: "" when the FQDN's own problem says so already.
func reverseTarget(fqdn string, r Reverse) (target, why string) {
	name, about := strings.TrimSpace(r.Name), fmt.Sprintf("%s: ", r.Addr)
	if name == "" {
		name, about = fqdn, ""
	}
	if name == "" {
		return "", ""
	}
	target, err := Target(name)
	if err != nil {
		return "", about + err.Error()
	}
	return target, ""
}

// point adds a PTR record; an address has only one.
func (w *Wish) point(ptr Record, a netip.Addr) {
	i := slices.IndexFunc(w.Records, func(r Record) bool { return r.Type == PTR && r.Name == ptr.Name })
	if i < 0 {
		w.Records = append(w.Records, ptr)
		return
	}
	if first := w.Records[i].Content; first != ptr.Content {
		w.problem(fmt.Sprintf("%s has two reverse names, %s and %s; only the first is used", a, first, ptr.Content))
	}
}

// problem notes a sentence once.
func (w *Wish) problem(text string) {
	if text != "" && !slices.Contains(w.Problems, text) {
		w.Problems = append(w.Problems, text)
	}
}

// unclear tells a record that a problem may be about.
func (w *Wish) unclear(r Record) bool {
	fits := func(part, whole string) bool { return part == "" || part == whole }
	return slices.ContainsFunc(w.Unclear, func(u Record) bool {
		return u.Type == r.Type && fits(u.Name, r.Name) && fits(u.Content, r.Content)
	})
}
