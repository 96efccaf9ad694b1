package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// PTRName is the owner name of an address's PTR record. ::ffff:192.0.2.1 counts as IPv4; an address that is valid on one
// interface only (fe80::1%eth0) is refused with a sentence.
func PTRName(a netip.Addr) (string, error) {
	switch {
	case !a.IsValid():
		return "", errNoAddress
	case a.Zone() != "":
		return "", fmt.Errorf("the address %s is tied to an interface; leave %q away", a, "%"+a.Zone())
	}
	d := digitsOf(a.Unmap())
	return d.name(len(d.all)), nil
}

// digits of an address as reverse names have them: octets of IPv4, nibbles of IPv6; the most significant first.
type digits struct {
	all    []byte
	bits   int // of a digit
	base   int
	suffix string
}

func digitsOf(a netip.Addr) digits {
	if a.Is4() {
		return digits{a.AsSlice(), 8, 10, "." + reverse4}
	}
	d := digits{nil, 4, 16, "." + reverse6}
	for _, octet := range a.AsSlice() {
		d.all = append(d.all, octet>>4, octet&15)
	}
	return d
}

// name is the reverse name of the first n digits.
func (d digits) name(n int) string {
	labels := make([]string, n)
	for i, digit := range d.all[:n] {
		labels[n-1-i] = strconv.FormatInt(int64(digit), d.base)
	}
	return strings.Join(labels, ".") + d.suffix
}

// ErrClassless says that a network is part of an IPv4 /24, which DNS cannot delegate with a zone of its own (RFC 2317).
var ErrClassless = errors.New("classless delegation required")

// ReverseZones names the reverse zones that a network fills exactly: one when its mask ends with a label (IPv4: 8, 16, 24, 32;
// IPv6: multiples of 4), else the several of the next longer mask, in ascending order. Bits behind the mask do not matter.
// Other errors than ErrClassless are sentences.
func ReverseZones(network netip.Prefix) ([]string, error) {
	a, mask, err := plainNetwork(network)
	if err != nil {
		return nil, err
	}
	d := digitsOf(a)
	n := (mask + d.bits - 1) / d.bits
	missing := n*d.bits - mask
	if a.Is4() && n == len(d.all) && missing > 0 {
		return nil, ErrClassless
	}
	zones := make([]string, 1<<missing)
	for i := range zones {
		zones[i] = d.name(n)
		d.all[n-1]++
	}
	return zones, nil
}

// plainNetwork is the first address of a network and its mask; a network of ::ffff:0:0/96 is the IPv4 network that it means.
func plainNetwork(p netip.Prefix) (a netip.Addr, mask int, err error) {
	const mapped = 96
	switch {
	case !p.IsValid():
		return a, 0, errors.New("there is no network; write one with its mask, such as 192.0.2.0/24 or 2001:db8::/64")
	case p.Addr().Is4In6() && p.Bits() >= mapped:
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	if p.Bits() == 0 {
		return a, 0, fmt.Errorf("the network %s holds every address, which is nobody's reverse zone; write a longer mask", p)
	}
	return p.Masked().Addr(), p.Bits(), nil
}

var classless = regexp.MustCompile(`^\d+[-/]\d+\.((?:\d+\.){3}in-addr\.arpa)$`)

// Classless recognises the zone of a classless delegation, such as 64/26.2.0.192.in-addr.arpa, and names the zone that
// delegates it. PTR names do not lie below such a zone, so no record of ours is ever in it.
func Classless(zone string) (parent string, ok bool) {
	found := classless.FindStringSubmatch(folded(strings.TrimSpace(zone)))
	if found == nil {
		return "", false
	}
	return found[1], true
}

// ReverseZone is the one zone that a network fills exactly; ErrClassless when there is none or it takes several.
func ReverseZone(network netip.Prefix) (string, error) {
	zones, err := ReverseZones(network)
	switch {
	case err != nil:
		return "", err
	case len(zones) > 1:
		return "", ErrClassless
	}
	return zones[0], nil
}

// ZoneHint is what the form and the list of pools say about the reverse zone of the network that a lies in (product-spec
// §9.3): its name, or that it needs a classless delegation, which a single IPv4 address does too; "" while there is no network.
func ZoneHint(a netip.Addr, mask int) string {
	network, err := a.Unmap().WithZone("").Prefix(mask)
	if err != nil || !network.IsValid() || mask == 0 {
		return ""
	}
	zone, err := ReverseZone(network)
	if err != nil || (network.Addr().Is4() && network.IsSingleIP()) {
		return ErrClassless.Error()
	}
	return zone
}
