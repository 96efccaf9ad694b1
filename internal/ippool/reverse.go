package ippool

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Classless is shown in place of a zone for a prefix that no single reverse zone covers.
const Classless = "classless delegation required"

// ReverseZone names the reverse zone that a network of this prefix fills exactly (product-spec §9.3): masks 8, 16 and 24 for
// IPv4, multiples of 4 for IPv6. For any other mask it returns Classless and false.
func ReverseZone(prefix netip.Prefix) (zone string, ok bool) {
	a, bits := plain(prefix.Addr()), prefix.Bits()
	labels, suffix := reverseLabels(a)
	per := 4
	if a.Is4() {
		per = 8
	}
	if bits <= 0 || bits > a.BitLen() || bits%per != 0 || (a.Is4() && bits == a.BitLen()) {
		return Classless, false
	}
	return strings.Join(labels[len(labels)-bits/per:], ".") + suffix, true
}

// PTRName is the name of an address's PTR record, without a dot at the end; "" for no address.
func PTRName(a netip.Addr) string {
	a = plain(a)
	if !a.IsValid() {
		return ""
	}
	labels, suffix := reverseLabels(a)
	return strings.Join(labels, ".") + suffix
}

// reverseLabels lists octets or nibbles, the most specific first.
func reverseLabels(a netip.Addr) (labels []string, suffix string) {
	base, suffix := 16, ".ip6.arpa"
	if a.Is4() {
		base, suffix = 10, ".in-addr.arpa"
	}
	for _, octet := range a.AsSlice() {
		if base == 10 {
			labels = append(labels, strconv.Itoa(int(octet)))
			continue
		}
		labels = append(labels, strconv.FormatInt(int64(octet>>4), base), strconv.FormatInt(int64(octet&15), base))
	}
	slices.Reverse(labels)
	return labels, suffix
}
