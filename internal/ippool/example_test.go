package ippool_test

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func ExampleGaps() {
	pool := ippool.Pool{
		First:   netip.MustParseAddr("192.0.2.1"),
		Last:    netip.MustParseAddr("192.0.2.254"),
		Network: ippool.Network{Gateway: netip.MustParseAddr("192.0.2.1")},
	}
	held := []netip.Addr{netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.4")}
	fmt.Println(ippool.Gaps(pool, slices.Values(held), 3))
	// Output: [192.0.2.3 192.0.2.5 192.0.2.6]
}

func ExampleReverseZone() {
	for _, text := range []string{"203.0.113.0/24", "203.0.113.0/26", "2001:db8::/32"} {
		zone, _ := ippool.ReverseZone(netip.MustParsePrefix(text))
		fmt.Println(zone)
	}
	// Output:
	// 113.0.203.in-addr.arpa
	// classless delegation required
	// 8.b.d.0.1.0.0.2.ip6.arpa
}
