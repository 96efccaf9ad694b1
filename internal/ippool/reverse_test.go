package ippool_test

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestReverseZone_byMask(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"203.0.113.1/24":    "113.0.203.in-addr.arpa",
		"203.0.113.1/16":    "0.203.in-addr.arpa",
		"203.0.113.1/8":     "203.in-addr.arpa",
		"203.0.113.1/32":    ippool.Classless,
		"203.0.113.1/26":    ippool.Classless,
		"203.0.113.1/0":     ippool.Classless,
		"2001:db8::/32":     "8.b.d.0.1.0.0.2.ip6.arpa",
		"2001:db8::/120":    strings.Repeat("0.", 22) + "8.b.d.0.1.0.0.2.ip6.arpa",
		"2001:db8::/126":    ippool.Classless,
		"2001:db8::/0":      ippool.Classless,
		"2001:db8:abcd::/4": "2.ip6.arpa",
	} {
		zone, ok := ippool.ReverseZone(netip.MustParsePrefix(prefix))
		if zone != want || ok != (want != ippool.Classless) {
			t.Errorf("ReverseZone(%s) = %q, %v; want %q", prefix, zone, ok, want)
		}
	}
}

func TestReverseZone_holdsExactlyTheNamesOfItsNetwork(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := drawAddr(t, "network")
		prefix := netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "mask"))
		zone, ok := ippool.ReverseZone(prefix)
		if !ok {
			return
		}
		if name := ippool.PTRName(a); !strings.HasSuffix(name, "."+zone) && name != zone {
			t.Fatalf("%s is not in the zone %s of %v", name, zone, prefix)
		}
		other := drawAddr(t, "other")
		name := ippool.PTRName(other)
		if in := name == zone || strings.HasSuffix(name, "."+zone); in != prefix.Masked().Contains(other) {
			t.Fatalf("zone %s of %v: holds %s = %v, want the opposite", zone, prefix, name, in)
		}
	})
}

func TestPTRName_forms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.17":        "17.2.0.192.in-addr.arpa",
		"::ffff:192.0.2.17": "17.2.0.192.in-addr.arpa",
		"2001:db8::1f":      "f.1." + strings.Repeat("0.", 22) + "8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got := ippool.PTRName(addr(in)); got != want {
			t.Errorf("PTRName(%s) = %q, want %q", in, got, want)
		}
	}
	if got := ippool.PTRName(netip.Addr{}); got != "" {
		t.Errorf("PTRName of no address = %q, want empty", got)
	}
}

// drawAddr draws addresses that often share their beginning.
func drawAddr(t *rapid.T, name string) netip.Addr {
	octets := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 16, 255}), 16, 16).Draw(t, name)
	if rapid.Bool().Draw(t, name+" is IPv4") {
		return netip.AddrFrom4([4]byte(octets[:4]))
	}
	return netip.AddrFrom16([16]byte(octets)).Unmap()
}
