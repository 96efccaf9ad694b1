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
