package ippool_test

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestChoose_poolsOfTheServerInTheirOrder(t *testing.T) {
	t.Parallel()
	pool := func(id, server int64, bridge string, vlan int, first, last string) ippool.Pool {
		return ippool.Pool{ID: id, ServerID: server, First: addr(first), Last: addr(last), Network: ippool.Network{Bridge: bridge, VLAN: vlan}}
	}
	pools := []ippool.Pool{
		pool(0, 1, "vmbr0", 0, "192.0.2.9", "192.0.2.9"),
		pool(0, 1, "vmbr0", 0, "192.0.2.8", "192.0.2.8"),
		pool(9, 1, "vmbr0", 0, "192.0.2.50", "192.0.2.60"),
		pool(3, 1, "vmbr1", 5, "192.0.2.70", "192.0.2.80"),
		pool(4, 2, "vmbr0", 0, "198.51.100.1", "198.51.100.9"),
		pool(5, 1, "vmbr0", 0, "2001:db8::1", "2001:db8::9"),
		pool(6, 1, "vmbr0", 0, "192.0.2.99", "192.0.2.90"),
	}
	for name, c := range map[string]struct {
		want   ippool.Want
		family int
		first  []string
	}{
		"any pool, legacy list last": {ippool.Want{ServerID: 1, Auto: true, Bridge: "vmbr7", VLAN: 7}, 4, []string{"192.0.2.70", "192.0.2.50", "192.0.2.9", "192.0.2.8"}},
		"bridge and VLAN must match": {ippool.Want{ServerID: 1, Bridge: "vmbr0"}, 4, []string{"192.0.2.50", "192.0.2.9", "192.0.2.8"}},
		"the VLAN alone is no match": {ippool.Want{ServerID: 1, Bridge: "vmbr0", VLAN: 5}, 4, nil},
		"tagged":                     {ippool.Want{ServerID: 1, Bridge: "vmbr1", VLAN: 5}, 4, []string{"192.0.2.70"}},
		"IPv6":                       {ippool.Want{ServerID: 1, Auto: true}, 6, []string{"2001:db8::1"}},
		"another server":             {ippool.Want{ServerID: 2, Auto: true}, 4, []string{"198.51.100.1"}},
		"a server without pools":     {ippool.Want{ServerID: 3, Auto: true}, 4, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range ippool.Choose(pools, c.want, c.family) {
				got = append(got, p.First.String())
			}
			if !slices.Equal(got, c.first) {
				t.Errorf("got %v, want %v", got, c.first)
			}
		})
	}
}
