package ippool_test

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// goodForm is goodPool as a person types it.
func goodForm() ippool.Form {
	return ippool.Form{
		Server: "1", Type: "IPv4", Bridge: " vmbr0", VLAN: "4094 ", Gateway: "192.0.2.1", Mask: "24", DNS1: "9.9.9.9", DNS2: "2001:DB8::53",
		Start: "192.0.2.10", Stop: " 192.0.2.20 ",
	}
}

func TestForm_readsWhatIsTyped(t *testing.T) {
	t.Parallel()
	want := goodPool()
	want.ID = 0
	got, faults := goodForm().Pool()
	if len(faults) > 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, faults, want)
	}
	f := goodForm()
	f.Type, f.VLAN, f.DNS1 = "", "", ""
	got, faults = f.Pool()
	if len(faults) > 0 || got.VLAN != 0 || len(got.DNS) != 1 || got.DNS[0] != addr("2001:db8::53") {
		t.Errorf("without type, VLAN and first DNS server: %+v, %v", got, faults)
	}
}

// Each wrong field has one sentence of its own, and a good one has none.
func TestForm_namesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ field, text, want string }{
		{ippool.FieldServer, "", "Choose the server"},
		{ippool.FieldServer, "0", "Choose the server"},
		{ippool.FieldServer, "4294967296", "Choose the server"},
		{ippool.FieldType, "IPX", "The type must be IPv4 or IPv6, not \"IPX\""},
		{ippool.FieldBridge, "vm br0", "The bridge must be"},
		{ippool.FieldBridge, strings.Repeat("b", 65), "The bridge must be"},
		{ippool.FieldVLAN, "x", "The VLAN must be a number from 0 to 4094"},
		{ippool.FieldVLAN, "4095", "The VLAN must be a number from 0 to 4094"},
		{ippool.FieldGateway, "", "The gateway must be an IPv4 address such as 198.51.100.20, but it is empty."},
		{ippool.FieldGateway, "2001:db8::1", "The gateway must be an IPv4 address"},
		{ippool.FieldMask, "", "The mask must be a number from 1 to 32"},
		{ippool.FieldMask, "33", "The mask must be a number from 1 to 32"},
		{ippool.FieldMask, "255.255.255.0", "write the prefix length, such as 24"},
		{ippool.FieldDNS1, "ns.example.org", "The DNS server must be an IP address"},
		{ippool.FieldDNS2, "9.9.9", "The DNS server must be an IP address"},
		{ippool.FieldStart, "192.0.2.300", "The first address must be an IPv4 address"},
		{ippool.FieldStart, "192.0.2.21", "starts at 192.0.2.21 behind its end 192.0.2.20"},
		{ippool.FieldStop, "", "The last address must be an IPv4 address such as 198.51.100.20, but it is empty."},
		{ippool.FieldStop, strings.Repeat("9", 1000), "The last address must be"},
	} {
		f := goodForm()
		f.Set(c.field, c.text)
		_, faults := f.Pool()
		if len(faults) != 1 || faults[0].Field != c.field || !strings.Contains(faults[0].Text, c.want) || len(faults[0].Text) > 400 {
			t.Errorf("%s = %q: %v, want %q there", c.field, c.text, faults, c.want)
		}
	}
	six := ippool.Form{Server: "1", Type: "ipv6", Bridge: "vmbr0", Gateway: "192.0.2.1", Mask: "129", Start: "2001:db8::2", Stop: "192.0.2.9"}
	_, faults := six.Pool()
	if len(faults) != 3 || faults.Of(ippool.FieldGateway) == "" || !strings.Contains(faults.Of(ippool.FieldMask), "from 1 to 128") || faults.Of(ippool.FieldStop) == "" {
		t.Errorf("IPv6: %v, want gateway, mask and stop", faults)
	}
	if _, faults = (ippool.Form{}).Pool(); len(faults) != 6 {
		t.Errorf("an empty form: %v, want a sentence for each of the six required fields", faults)
	}
}

func TestForm_tidyIsTheSamePoolInOneSpelling(t *testing.T) {
	t.Parallel()
	f := goodForm()
	f.VLAN, f.Mask, f.Server = "007", "+24", "01"
	tidy := f.Tidy()
	want := ippool.Form{
		Server: "1", Type: "ipv4", Bridge: "vmbr0", VLAN: "7", Gateway: "192.0.2.1", Mask: "24", DNS1: "9.9.9.9", DNS2: "2001:db8::53",
		Start: "192.0.2.10", Stop: "192.0.2.20",
	}
	if tidy != want || tidy.Tidy() != want {
		t.Errorf("%+v, want %+v", tidy, want)
	}
}

// What the form lets through, the allocator takes; and it never panics.
func TestForm_agreesWithCheck(t *testing.T) {
	t.Parallel()
	words := rapid.SampledFrom([]string{"", "1", "0", "24", "33", "128", "4095", "x", "ipv4", "IPv6", "vmbr0", "192.0.2.1", "192.0.2.9", "2001:db8::1", "2001:db8::9", "fe80::1%eth0", "::ffff:192.0.2.3"})
	rapid.Check(t, func(t *rapid.T) {
		var f ippool.Form
		for _, field := range ippool.Fields() {
			f.Set(field, words.Draw(t, field))
		}
		p, faults := f.Pool()
		if len(faults) > 0 {
			return
		}
		if odd := ippool.Check(p); len(odd) > 0 {
			t.Fatalf("%+v passed, but Check says %v", f, odd)
		}
		again, faults := f.Tidy().Pool()
		if len(faults) > 0 || !reflect.DeepEqual(again, p) {
			t.Fatalf("tidied %+v is %+v, %v; want %+v", f, again, faults, p)
		}
	})
}
