package dns_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func ip(text string) netip.Addr { return netip.MustParseAddr(text) }

// guest has four IPv4 and two IPv6 addresses, of which one has a name of its own.
func guest() dns.Guest {
	return dns.Guest{
		ServiceID: 7, FQDN: "VM-7.Example.org.", Main: ip("192.0.2.10"), First6: ip("2001:db8::1"),
		Addresses: []dns.Reverse{
			{Addr: ip("192.0.2.10")},
			{Addr: ip("192.0.2.11"), Name: "Mail.Example.com."},
			{Addr: ip("::ffff:192.0.2.12"), Name: " "},
			{Addr: ip("198.51.100.9")},
			{Addr: ip("2001:db8::1")},
			{Addr: ip("2001:db8::2"), Name: "münchen.example"},
		},
	}
}

const zeros = "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0."

func TestWant_oneNamePerFamilyAndEveryReverse(t *testing.T) {
	t.Parallel()
	const fqdn = "vm-7.example.org"
	want := dns.Wish{ServiceID: 7, Records: []dns.Record{
		{Name: fqdn, Type: dns.A, Content: "192.0.2.10"},
		{Name: fqdn, Type: dns.AAAA, Content: "2001:db8::1"},
		{Name: "10.2.0.192.in-addr.arpa", Type: dns.PTR, Content: fqdn},
		{Name: "11.2.0.192.in-addr.arpa", Type: dns.PTR, Content: "mail.example.com"},
		{Name: "12.2.0.192.in-addr.arpa", Type: dns.PTR, Content: fqdn},
		{Name: "9.100.51.198.in-addr.arpa", Type: dns.PTR, Content: fqdn},
		{Name: "1." + zeros + doc6, Type: dns.PTR, Content: fqdn},
		{Name: "2." + zeros + doc6, Type: dns.PTR, Content: "xn--mnchen-3ya.example"},
	}}
	same(t, "wish", want, dns.Want(guest()))
}

func TestWant_mappedAddressIsIPv4(t *testing.T) {
	t.Parallel()
	w := dns.Want(dns.Guest{ServiceID: 1, FQDN: "a.example.org", Main: ip("::ffff:192.0.2.1")})
	same(t, "records", []dns.Record{{Name: "a.example.org", Type: dns.A, Content: "192.0.2.1"}}, w.Records)
}

func TestWant_nothingForAnEndedService(t *testing.T) {
	t.Parallel()
	w := dns.Want(dns.Guest{ServiceID: 1, FQDN: "a.example.org"})
	same(t, "wish", dns.Wish{ServiceID: 1}, w)
}

func TestWant_aBadNameKeepsNoOtherAway(t *testing.T) {
	t.Parallel()
	const owner11 = "11.2.0.192.in-addr.arpa"
	for name, c := range map[string]struct {
		spoil   func(*dns.Guest)
		problem string
		records int // of 8
		unclear []dns.Record
	}{
		"reverse name": {
			func(g *dns.Guest) { g.Addresses[1].Name = "ma il.example.org" },
			`192.0.2.11: the name "ma il.example.org" holds ' '`, 7,
			[]dns.Record{{Name: owner11, Type: dns.PTR}},
		},
		"reverse name with an underscore": {
			func(g *dns.Guest) { g.Addresses[1].Name = "ma_il.example.org" },
			`192.0.2.11: the name "ma_il.example.org" cannot be a reverse name: it holds an underscore`, 7,
			[]dns.Record{{Name: owner11, Type: dns.PTR}},
		},
		"host name": {
			func(g *dns.Guest) { g.FQDN = "vm..example.org"; g.Addresses = g.Addresses[:2] },
			`the name "vm..example.org" has nothing between two dots`, 1,
			[]dns.Record{
				{Type: dns.A, Content: "192.0.2.10"}, {Type: dns.AAAA, Content: "2001:db8::1"}, {Name: "10.2.0.192.in-addr.arpa", Type: dns.PTR},
			},
		},
		"host name that is no reverse name": {
			func(g *dns.Guest) { g.FQDN = "vm7"; g.Addresses = g.Addresses[:2] },
			`the name "vm7" cannot be a reverse name: it has no domain`, 3,
			[]dns.Record{{Name: "10.2.0.192.in-addr.arpa", Type: dns.PTR}},
		},
		"main address of the other family": {
			func(g *dns.Guest) { g.Main = ip("2001:db8::1") },
			"2001:db8::1 cannot be the address of an A record", 7,
			[]dns.Record{{Type: dns.A}},
		},
		"first IPv6 address tied to an interface": {
			func(g *dns.Guest) { g.First6 = ip("fe80::1%eth0") },
			"fe80::1%eth0 cannot be the address of an AAAA record", 7,
			[]dns.Record{{Type: dns.AAAA}},
		},
		"address tied to an interface": {
			func(g *dns.Guest) { g.Addresses[3].Addr = ip("fe80::1%eth0") },
			"the address fe80::1%eth0 is tied to an interface", 7, nil,
		},
		"no address": {
			func(g *dns.Guest) { g.Addresses[3].Addr = netip.Addr{} }, "there is no address", 7, nil,
		},
		"two names for one address": {
			func(g *dns.Guest) { g.Addresses[2].Addr = ip("192.0.2.11") },
			"192.0.2.11 has two reverse names, mail.example.com and vm-7.example.org; only the first is used", 7, nil,
		},
	} {
		g := guest()
		c.spoil(&g)
		w := dns.Want(g)
		if len(w.Problems) != 1 || !strings.Contains(w.Problems[0], c.problem) {
			t.Errorf("%s: problems %q, want one with %q", name, w.Problems, c.problem)
		}
		if len(w.Records) != c.records {
			t.Errorf("%s: %d records %v, want %d", name, len(w.Records), w.Records, c.records)
		}
		same(t, name+": unclear", c.unclear, w.Unclear)
	}
}

func TestWant_sameAddressTwiceIsOnePTR(t *testing.T) {
	t.Parallel()
	g := guest()
	g.Addresses = append(g.Addresses, dns.Reverse{Addr: ip("::ffff:192.0.2.10")})
	same(t, "wish", dns.Want(guest()), dns.Want(g))
}
