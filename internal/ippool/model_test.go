package ippool_test

import (
	"net/netip"
	"slices"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// naiveGaps is the promise of Gaps in its plainest form: look at every address of the range.
func naiveGaps(p ippool.Pool, used []netip.Addr, limit int) []netip.Addr {
	var free []netip.Addr
	if limit <= 0 {
		return nil
	}
	for a := p.First; a.IsValid() && !p.Last.Less(a) && len(free) < limit; a = a.Next() {
		if a != p.Gateway && !slices.Contains(used, a) {
			free = append(free, a)
		}
	}
	return free
}

// nearby draws an address at most 300 behind base; bases close to the end of the address space stop at its end.
func nearby(t *rapid.T, base netip.Addr, name string) netip.Addr {
	a := base
	for range rapid.IntRange(0, 300).Draw(t, name) {
		if next := a.Next(); next.IsValid() {
			a = next
		}
	}
	return a
}

func drawPool(t *rapid.T) ippool.Pool {
	base := addr(rapid.SampledFrom([]string{
		"0.0.0.0", "192.0.2.0", "198.51.100.250", "255.255.255.0",
		"::", "2001:db8::", "2001:db8::ffff:ffff:ffff:ff00", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00",
	}).Draw(t, "base"))
	ends := []netip.Addr{nearby(t, base, "one end"), nearby(t, base, "other end")}
	slices.SortFunc(ends, netip.Addr.Compare)
	return ippool.Pool{First: ends[0], Last: ends[1], Network: ippool.Network{Gateway: nearby(t, base, "gateway")}}
}

func drawUsed(t *rapid.T, p ippool.Pool) []netip.Addr {
	used := []netip.Addr{addr("10.9.8.7"), addr("2001:db8:9::1")}
	for range rapid.IntRange(0, 40).Draw(t, "held") {
		used = append(used, nearby(t, p.First, "held address"))
	}
	slices.SortFunc(used, netip.Addr.Compare)
	return used
}
