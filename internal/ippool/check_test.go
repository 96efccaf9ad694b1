package ippool_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// goodPool is a pool without fault or warning.
func goodPool() ippool.Pool {
	return ippool.Pool{ID: 1, ServerID: 1, First: addr("192.0.2.10"), Last: addr("192.0.2.20"), Network: ippool.Network{
		Bridge: "vmbr0", VLAN: 4094, Bits: 24, Gateway: addr("192.0.2.1"), DNS: addrs([]string{"9.9.9.9", "2001:db8::53"}),
	}}
}

func TestCheck_acceptsAGoodPool(t *testing.T) {
	t.Parallel()
	if faults, odd := ippool.Check(goodPool()), ippool.Warnings(goodPool()); len(faults)+len(odd) > 0 {
		t.Errorf("faults %v, warnings %v, want none", faults, odd)
	}
}

func TestCheck_namesEveryFault(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*ippool.Pool){
		"The bridge must be":            func(p *ippool.Pool) { p.Bridge = "vm br0" },
		"from 0 (untagged) to 4094":     func(p *ippool.Pool) { p.VLAN = 4095 },
		"not -1":                        func(p *ippool.Pool) { p.VLAN = -1 },
		"starts at 192.0.2.30 behind":   func(p *ippool.Pool) { p.First = addr("192.0.2.30") },
		"mixes IPv4 and IPv6":           func(p *ippool.Pool) { p.Last = addr("2001:db8::1") },
		"needs a first and a last":      func(p *ippool.Pool) { p.Last = netip.Addr{} },
		"The gateway is missing":        func(p *ippool.Pool) { p.Gateway = netip.Addr{} },
		"is not of the same family":     func(p *ippool.Pool) { p.Gateway = addr("2001:db8::1") },
		"nothing but the gateway":       func(p *ippool.Pool) { p.First, p.Last = p.Gateway, p.Gateway },
		"from 1 to 32, not 33":          func(p *ippool.Pool) { p.Bits = 33 },
		"from 1 to 32, not 0":           func(p *ippool.Pool) { p.Bits = 0 },
		"Each DNS server must be an IP": func(p *ippool.Pool) { p.DNS = []netip.Addr{{}} },
	} {
		p := goodPool()
		spoil(&p)
		if faults := ippool.Check(p); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("faults %v, want one with %q", faults, want)
		}
	}
	if faults := ippool.Check(ippool.Pool{Network: ippool.Network{VLAN: 5000}}); len(faults) != 4 {
		t.Errorf("an empty pool has faults %v, want bridge, VLAN, range and gateway", faults)
	}
}

func TestWarnings_areNoFaults(t *testing.T) {
	t.Parallel()
	p := goodPool()
	p.Bits = 28
	if faults := ippool.Check(p); len(faults) != 0 {
		t.Errorf("faults %v, want none", faults)
	}
	got := ippool.Warnings(p)
	if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "does not fit into one network 192.0.2.0/28") }) {
		t.Errorf("warnings %v, want one about the end of the range", got)
	}
	p = goodPool()
	p.Gateway = addr("203.0.113.1")
	if got := ippool.Warnings(p); len(got) != 1 || !strings.Contains(got[0], "The gateway 203.0.113.1 is outside of 192.0.2.0/24") {
		t.Errorf("warnings %v, want one about the gateway", got)
	}
}
