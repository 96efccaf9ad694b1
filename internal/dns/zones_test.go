package dns_test

import (
	"strings"
	"testing"

	mdns "github.com/miekg/dns"
	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func TestMatch_endsAtLabels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone string
		want       bool
	}{
		{"example.org", "example.org", true},
		{"vm.example.org", "example.org", true},
		{"a.b.example.org", "example.org", true},
		{"VM.Example.ORG.", "example.org", true},
		{"vm.example.org", "Example.org.", true},
		{"notexample.org", "example.org", false},
		{"vm-9.example.net", "ample.net", false},
		{"vm-9.example.net", "example.org", false},
		{"org", "example.org", false},
		{"vm.example.org", "", false},
		{"vm.example.org", ".", false},
		{"vm.example.org.", ".", false},
		{"", "", false},
		{"", "example.org", false},
		{"10.1.168.192.in-addr.arpa", "1.168.192.in-addr.arpa", true},
		{"10.1.168.192.in-addr.arpa", "168.192.in-addr.arpa", true},
		{"10.1.168.192.in-addr.arpa", "192.in-addr.arpa", true},
		{"10.11.168.192.in-addr.arpa", "1.168.192.in-addr.arpa", false},
		{"70.2.0.192.in-addr.arpa", "64-26.2.0.192.in-addr.arpa", false},
		{"70.2.0.192.in-addr.arpa", "64/26.2.0.192.in-addr.arpa", false},
		{"7.2.0.192.in-addr.arpa", "7.2.0.192.in-addr.arpa", true},
	} {
		if got := dns.Match(c.name, c.zone); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.name, c.zone, got)
		}
	}
}

func TestMatching_listsAllAndNotOnlyTheClosest(t *testing.T) {
	t.Parallel()
	zones := []dns.Zone{
		{ID: 4, Name: "example.org"},
		{ID: 2, Name: "lab.example.org"},
		{ID: 7, Name: "Example.org."},
		{ID: 1, Name: "ample.org"},
		{ID: 3, Name: "vm.lab.example.org"},
		{ID: 5, Name: "org"},
	}
	var got []int64
	for _, z := range dns.Matching("vm.lab.example.org", zones) {
		got = append(got, z.ID)
	}
	same(t, "ids of the matching zones", []int64{4, 2, 7, 3, 5}, got)
	same(t, "zones of a name without any", []dns.Zone(nil), dns.Matching("vm.example.com", zones))
}

func TestKindOf_byName(t *testing.T) {
	t.Parallel()
	for zone, want := range map[string]dns.Kind{
		"example.org":              dns.Forward,
		"in-addr.arpa.example.org": dns.Forward,
		"notin-addr.arpa":          dns.Forward,
		"arpa":                     dns.Forward,
		"2.0.192.in-addr.arpa":     dns.Reverse4,
		"2.0.192.IN-ADDR.ARPA.":    dns.Reverse4,
		"8.b.d.0.1.0.0.2.ip6.arpa": dns.Reverse6,
		"ip6.arpa":                 dns.Reverse6,
	} {
		if got := dns.KindOf(zone); got != want {
			t.Errorf("KindOf(%q) = %s, want %s", zone, got, want)
		}
	}
}

func TestZone_holdsTheTypesOfItsKind(t *testing.T) {
	t.Parallel()
	reverse, forward, top := dns.Zone{Name: "2.0.192.in-addr.arpa"}, dns.Zone{Name: "example.org"}, dns.Zone{Name: "arpa"}
	const ptr = "9.2.0.192.in-addr.arpa"
	for name, c := range map[string]struct{ got, want bool }{
		"PTR in reverse":      {reverse.Holds(ptr, dns.PTR), true},
		"A in reverse":        {reverse.Holds(ptr, dns.A), false},
		"A in forward":        {forward.Holds("a.example.org", dns.A), true},
		"AAAA in forward":     {forward.Holds("a.example.org", dns.AAAA), true},
		"PTR in forward":      {forward.Holds("a.example.org", dns.PTR), false},
		"PTR in a wider zone": {top.Holds(ptr, dns.PTR), false},
		"elsewhere":           {forward.Holds("a.example.com", dns.A), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v", name, c.got)
		}
	}
}

// drawName draws names that often share their end.
func drawName(t *rapid.T, what string) string {
	labels := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "aa", "example", "org"}), 1, 5).Draw(t, what)
	return strings.Join(labels, ".")
}

func TestMatch_agreesWithAnotherLibrary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		checkMatch(t, drawName(t, "name"), drawName(t, "zone"))
	})
}

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{{"a.example.org", "example.org"}, {"notexample.org", "example.org"}, {"a.", "a"}, {"", "."}, {"A.b", "B."}, {"a..b", "b"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, name, zone string) {
		_ = dns.Match(name, zone) // any text at all
		name, err := dns.Canon(name)
		if err != nil {
			return
		}
		if zone, err = dns.Canon(zone); err == nil {
			checkMatch(t, name, zone)
		}
	})
}

type failer interface {
	Errorf(format string, args ...any)
}

// checkMatch compares Match with miekg/dns, for canonical names.
func checkMatch(t failer, name, zone string) {
	want := mdns.IsSubDomain(mdns.Fqdn(zone), mdns.Fqdn(name))
	for _, n := range []string{name, name + ".", strings.ToUpper(name)} {
		for _, z := range []string{zone, zone + ".", strings.ToUpper(zone)} {
			if got := dns.Match(n, z); got != want {
				t.Errorf("Match(%q, %q) = %v, want %v", n, z, got, want)
			}
		}
	}
	if !dns.Match(name, name) || !dns.Match("x."+name, name) || dns.Match("x"+name, name) {
		t.Errorf("%q: itself, below it or beside it is wrong", name)
	}
}
