package dns

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// PTRAddr is the address whose PTR records stand at name, which PTRName made; false for any other name.
func PTRAddr(name string) (netip.Addr, bool) {
	var a netip.Addr
	if labels, ok := strings.CutSuffix(name, "."+reverse4); ok {
		parts := strings.Split(labels, ".")
		slices.Reverse(parts)
		a, _ = netip.ParseAddr(strings.Join(parts, "."))
	} else if labels, ok := strings.CutSuffix(name, "."+reverse6); ok {
		a = unnibbled(strings.Split(labels, "."))
	}
	again, err := PTRName(a)
	return a, err == nil && again == name
}

func unnibbled(labels []string) netip.Addr {
	var raw [16]byte
	if len(labels) != 2*len(raw) {
		return netip.Addr{}
	}
	for i, label := range labels {
		n, err := strconv.ParseUint(label, 16, 4)
		if err != nil {
			return netip.Addr{}
		}
		at := len(raw) - 1 - i/2
		raw[at] |= byte(n) << (4 * (i % 2))
	}
	return netip.AddrFrom16(raw)
}
