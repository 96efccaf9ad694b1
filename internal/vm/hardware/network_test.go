package hardware

import (
	"net/netip"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func lease(address, gateway string, bits int, dns ...string) ippool.Lease {
	l := ippool.Lease{Address: netip.MustParseAddr(address), Network: ippool.Network{Bits: bits}}
	if gateway != "" {
		l.Gateway = netip.MustParseAddr(gateway)
	}
	for _, a := range dns {
		l.DNS = append(l.DNS, netip.MustParseAddr(a))
	}
	return l
}

func TestIPConfig_namesTheFirstAddressOfEachFamily(t *testing.T) {
	t.Parallel()
	both := []ippool.Lease{
		lease("192.0.2.7", "192.0.2.1", 24, "9.9.9.9", "1.1.1.1"), lease("192.0.2.8", "192.0.2.2", 25, "8.8.8.8"),
		lease("2001:db8::7", "2001:db8::1", 64, "2620:fe::fe"), lease("2001:db8::8", "", 64),
	}
	for name, tc := range map[string]struct {
		held         []ippool.Lease
		dhcp4, dhcp6 bool
		line, dns    string
	}{
		"both":       {both, false, false, "ip=192.0.2.7/24,gw=192.0.2.1,ip6=2001:db8::7/64,gw6=2001:db8::1", "9.9.9.9 1.1.1.1 2620:fe::fe"},
		"IPv6 only":  {both[2:], false, false, "ip6=2001:db8::7/64,gw6=2001:db8::1", "2620:fe::fe"},
		"no gateway": {both[3:], false, false, "ip6=2001:db8::8/64", ""},
		"DHCP":       {nil, true, true, "ip=dhcp,ip6=dhcp", ""},
		"half DHCP":  {both[2:], true, false, "ip=dhcp,ip6=2001:db8::7/64,gw6=2001:db8::1", "2620:fe::fe"},
		"nothing":    {nil, false, false, "", ""},
	} {
		if line := IPConfig(tc.held, tc.dhcp4, tc.dhcp6); line != tc.line {
			t.Errorf("%s: %q, want %q", name, line, tc.line)
		}
		if dns := Nameservers(tc.held); dns != tc.dns {
			t.Errorf("%s: name servers %q, want %q", name, dns, tc.dns)
		}
	}
}
