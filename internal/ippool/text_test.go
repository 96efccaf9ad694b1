package ippool_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

func TestParseAddresses_toleratesWhatPeopleType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                            nil,
		"no address, 300.1.1.1 1.2.3": nil,
		"192.0.2.1\r\n192.0.2.2\n\n2001:0db8:0000:0000:0000:0000:0000:0003": {"192.0.2.1", "192.0.2.2", "2001:db8::3"},
		"192.0.2.1,192.0.2.2;\t192.0.2.3|192.0.2.4":                         {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"},
		"192.0.2.9 192.0.2.1 192.0.2.9":                                     {"192.0.2.9", "192.0.2.1"},
		"::ffff:192.0.2.1":                                                  {"192.0.2.1"},
		"192.0.2.1/24 [2001:db8::1] fe80::1%eth0":                           {"192.0.2.1", "2001:db8::1", "fe80::1"},
	} {
		if got := ippool.ParseAddresses(text); !slices.Equal(got, addrs(want)) {
			t.Errorf("ParseAddresses(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestExpand_isReadBackUnchanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "octets"))).Unmap()
		text := ippool.Expand(a)
		if back := ippool.ParseAddresses(text); !slices.Equal(back, []netip.Addr{a}) {
			t.Fatalf("Expand(%v) = %q, which reads as %v", a, text, back)
		}
		if a.Is6() && (len(text) != 39 || text != strings.ToLower(text)) {
			t.Fatalf("Expand(%v) = %q, want 39 lower-case characters", a, text)
		}
	})
}

func TestExpand_forms(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1":        "192.0.2.1",
		"::ffff:192.0.2.1": "192.0.2.1",
		"2001:DB8::3":      "2001:0db8:0000:0000:0000:0000:0000:0003",
	} {
		if got := ippool.Expand(addr(in)); got != want {
			t.Errorf("Expand(%s) = %q, want %q", in, got, want)
		}
	}
	if got := ippool.Expand(netip.Addr{}); got != "" {
		t.Errorf("Expand of no address = %q, want empty", got)
	}
}

func FuzzParseAddresses(f *testing.F) {
	f.Add("192.0.2.1\n2001:db8::1, ::ffff:1.2.3.4 fe80::1%x")
	f.Fuzz(func(t *testing.T, text string) {
		got := ippool.ParseAddresses(text)
		var written []string
		for _, a := range got {
			if !a.IsValid() || a.Is4In6() || a.Zone() != "" {
				t.Errorf("%v is not a plain address", a)
			}
			written = append(written, ippool.Expand(a))
		}
		if again := ippool.ParseAddresses(strings.Join(written, "\n")); !slices.Equal(again, got) {
			t.Errorf("written and read again: got %v, want %v", again, got)
		}
	})
}
