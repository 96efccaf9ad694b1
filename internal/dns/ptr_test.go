package dns_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"
	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

const doc6 = "8.b.d.0.1.0.0.2.ip6.arpa" // reverse name of 2001:db8::/32

func TestPTRName_forms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.10":         "10.2.0.192.in-addr.arpa",
		"10.0.0.1":           "1.0.0.10.in-addr.arpa",
		"::ffff:192.0.2.1":   "1.2.0.192.in-addr.arpa",
		"2001:db8::5":        "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"2001:0DB8:0:0::5":   "5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		"2001:db8:0:1::abcd": "d.c.b.a.0.0.0.0.0.0.0.0.0.0.0.0.1.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
	} {
		if got, err := dns.PTRName(netip.MustParseAddr(in)); got != want || err != nil {
			t.Errorf("PTRName(%s) = %q, %v; want %q", in, got, err, want)
		}
	}
	for want, a := range map[string]netip.Addr{
		"there is no address":                      {},
		`tied to an interface; leave "%eth0" away`: netip.MustParseAddr("fe80::1%eth0"),
	} {
		if got, err := dns.PTRName(a); got != "" || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("PTRName(%v) = %q, %v; want a sentence with %q", a, got, err, want)
		}
	}
}

func TestReverseZones_byMask(t *testing.T) {
	t.Parallel()
	for network, want := range map[string][]string{
		"10.0.0.0/8":           {"10.in-addr.arpa"},
		"172.16.0.0/16":        {"16.172.in-addr.arpa"},
		"192.0.2.0/24":         {"2.0.192.in-addr.arpa"},
		"192.0.2.99/24":        {"2.0.192.in-addr.arpa"},
		"192.0.2.7/32":         {"7.2.0.192.in-addr.arpa"},
		"::ffff:192.0.2.0/120": {"2.0.192.in-addr.arpa"},
		"2001:db8::/32":        {doc6},
		"2001:db8:abcd::/48":   {"d.c.b.a." + doc6},
		"2001:db8::/56":        {"0.0.0.0.0.0." + doc6},
		"2001:db8:0:1::/64":    {"1.0.0.0.0.0.0.0." + doc6},
		"2001:db8::/116":       {strings.Repeat("0.", 21) + doc6},
		"2001:db8::/120":       {strings.Repeat("0.", 22) + doc6},
		"2001:db8::10/124":     {"1." + strings.Repeat("0.", 22) + doc6},
		"2001:db8::1f/128":     {"f.1." + strings.Repeat("0.", 22) + doc6},
		"2001:db8::/4":         {"2.ip6.arpa"},
		"192.0.2.0/23":         {"2.0.192.in-addr.arpa", "3.0.192.in-addr.arpa"},
		"192.0.3.0/23":         {"2.0.192.in-addr.arpa", "3.0.192.in-addr.arpa"},
		"198.51.100.0/22":      {"100.51.198.in-addr.arpa", "101.51.198.in-addr.arpa", "102.51.198.in-addr.arpa", "103.51.198.in-addr.arpa"},
		"172.16.0.0/15":        {"16.172.in-addr.arpa", "17.172.in-addr.arpa"},
		"254.0.0.0/7":          {"254.in-addr.arpa", "255.in-addr.arpa"},
		"2001:db8::/30":        {doc6, "9" + doc6[1:], "a" + doc6[1:], "b" + doc6[1:]},
		"2001:db8::/122":       {"0." + strings.Repeat("0.", 22) + doc6, "1." + strings.Repeat("0.", 22) + doc6, "2." + strings.Repeat("0.", 22) + doc6, "3." + strings.Repeat("0.", 22) + doc6},
		"2001:db8::e/127":      {"e." + strings.Repeat("0.", 23) + doc6, "f." + strings.Repeat("0.", 23) + doc6},
	} {
		got, err := dns.ReverseZones(netip.MustParsePrefix(network))
		if err != nil {
			t.Errorf("ReverseZones(%s): %v", network, err)
		}
		same(t, "zones of "+network, want, got)
	}
}

func TestReverseZones_saysWhatHasNone(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"192.0.2.64/26", "192.0.2.0/25", "192.0.2.8/30", "192.0.2.2/31", "::ffff:192.0.2.64/122"} {
		if zones, err := dns.ReverseZones(netip.MustParsePrefix(network)); !errors.Is(err, dns.ErrClassless) || zones != nil {
			t.Errorf("ReverseZones(%s) = %v, %v; want classless", network, zones, err)
		}
	}
	if got := dns.ErrClassless.Error(); got != "classless delegation required" {
		t.Errorf("the words are %q", got)
	}
	for want, network := range map[string]netip.Prefix{
		"the network 0.0.0.0/0 holds every address": netip.MustParsePrefix("0.0.0.0/0"),
		"the network ::/0 holds every address":      netip.MustParsePrefix("::/0"),
		"there is no network":                       {},
	} {
		if zones, err := dns.ReverseZones(network); err == nil || zones != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReverseZones(%v) = %v, %v; want a sentence with %q", network, zones, err, want)
		}
	}
}

func TestClassless_recognisesTheShape(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]string{
		"64-26.2.0.192.in-addr.arpa":    "2.0.192.in-addr.arpa",
		"64/26.2.0.192.in-addr.arpa":    "2.0.192.in-addr.arpa",
		"64-127.2.0.192.IN-ADDR.ARPA.":  "2.0.192.in-addr.arpa",
		"2.0.192.in-addr.arpa":          "",
		"70.2.0.192.in-addr.arpa":       "",
		"64-26.0.192.in-addr.arpa":      "",
		"a-26.2.0.192.in-addr.arpa":     "",
		"64-26.2.0.192.in-addr.arpa.cc": "",
		"64-26.example.org":             "",
	} {
		if got, ok := dns.Classless(zone); got != want || ok != (want != "") {
			t.Errorf("Classless(%q) = %q, %v; want %q", zone, got, ok, want)
		}
	}
}

// drawAddr draws addresses that often share their beginning.
func drawAddr(t *rapid.T, what string) netip.Addr {
	octets := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 16, 255}), rapid.Byte()), 16, 16).Draw(t, what)
	if rapid.Bool().Draw(t, what+" is IPv4") {
		return netip.AddrFrom4([4]byte(octets[:4]))
	}
	return netip.AddrFrom16([16]byte(octets))
}

func TestPTRName_agreesWithAnotherLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkPTR(t, drawAddr(t, "address")) })
}

func FuzzPTR(f *testing.F) {
	for _, seed := range []string{"192.0.2.10", "::ffff:192.0.2.1", "2001:db8::5", "fe80::1%eth0", "::", "255.255.255.255"} {
		a := netip.MustParseAddr(seed)
		f.Add(a.AsSlice(), 24, a.Zone())
	}
	f.Fuzz(func(t *testing.T, octets []byte, mask int, zone string) {
		a, ok := netip.AddrFromSlice(octets)
		if !ok {
			return
		}
		checkPTR(t, a.WithZone(zone))
		checkZones(t, netip.PrefixFrom(a, mask), a)
	})
}

// checkPTR compares PTRName with miekg/dns.
func checkPTR(t failer, a netip.Addr) {
	got, err := dns.PTRName(a)
	if a.Zone() != "" {
		if err == nil {
			t.Errorf("PTRName(%s) = %q, want a refusal", a, got)
		}
		return
	}
	want, wrong := mdns.ReverseAddr(a.Unmap().String())
	if err != nil || wrong != nil || got != strings.TrimSuffix(want, ".") {
		t.Errorf("PTRName(%s) = %q, %v; want %q, %v", a, got, err, want, wrong)
	}
	if canon, err := dns.Canon(got); canon != got || err != nil {
		t.Errorf("PTRName(%s) = %q, whose Canon is %q, %v", a, got, canon, err)
	}
}

func TestReverseZones_holdExactlyTheirNetwork(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := drawAddr(t, "network")
		checkZones(t, netip.PrefixFrom(a, rapid.IntRange(0, a.BitLen()).Draw(t, "mask")), drawAddr(t, "other"))
	})
}

// checkZones wants an address in exactly one of a network's zones when it is in the network, and else in none.
func checkZones(t failer, network netip.Prefix, other netip.Addr) {
	zones, err := dns.ReverseZones(network)
	if err != nil {
		if zones != nil {
			t.Errorf("ReverseZones(%v) = %v besides %v", network, zones, err)
		}
		return
	}
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	for _, a := range []netip.Addr{network.Addr(), network.Masked().Addr(), other.WithZone("").Unmap()} {
		if a.Is4In6() || (a.Is4() && network.Addr().Is6()) {
			continue // lies in a wide IPv6 network, but its reverse name is the one of IPv4
		}
		name, _ := dns.PTRName(a)
		held := 0
		for _, z := range zones {
			if dns.Match(name, z) {
				held++
			}
		}
		want := 0
		if network.Masked().Contains(a) {
			want = 1
		}
		if held != want {
			t.Errorf("%d of the zones %v of %v hold %s, want %d", held, zones, network, a, want)
		}
	}
}

func TestZoneHint_saysWhichZoneHoldsThePTRs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address string
		mask    int
		want    string
	}{
		{"203.0.113.1", 24, "113.0.203.in-addr.arpa"},
		{"203.0.113.1", 16, "0.203.in-addr.arpa"},
		{"203.0.113.1", 8, "203.in-addr.arpa"},
		{"203.0.113.1", 32, "classless delegation required"},
		{"203.0.113.1", 27, "classless delegation required"},
		{"203.0.113.1", 23, "classless delegation required"},
		{"203.0.113.1", 1, "classless delegation required"},
		{"203.0.113.1", 33, ""},
		{"203.0.113.1", 0, ""},
		{"203.0.113.1", -1, ""},
		{"::ffff:203.0.113.1", 24, "113.0.203.in-addr.arpa"},
		{"fe80::1%eth0", 16, "0.8.e.f.ip6.arpa"},
		{"2001:db8::", 120, strings.Repeat("0.", 22) + "8.b.d.0.1.0.0.2.ip6.arpa"}, // the example of product-spec §9.3
		{"2001:db8::", 4, "2.ip6.arpa"},
		{"2001:db8::1", 128, "1." + strings.Repeat("0.", 23) + "8.b.d.0.1.0.0.2.ip6.arpa"},
		{"2001:db8::", 122, "classless delegation required"},
		{"2001:db8::", 129, ""},
	} {
		if got := dns.ZoneHint(netip.MustParseAddr(c.address), c.mask); got != c.want {
			t.Errorf("%s/%d: %q, want %q", c.address, c.mask, got, c.want)
		}
	}
	if got := dns.ZoneHint(netip.Addr{}, 24); got != "" {
		t.Errorf("no address: %q", got)
	}
}
