package powerdns

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

func TestFeaturesOf(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]features{
		"": {}, "4.6.4": {}, "4.7.0": {filter: true}, "4.7.3": {filter: true}, "4.7.3-2+deb12": {filter: true}, "4.8": {filter: true},
		"4.9.11": {filter: true}, "4.9.12": {filter: true, single: true}, "5.0.0": {filter: true, disabled: true}, "5.0.1": {filter: true, disabled: true},
		"5.0.2": {filter: true, disabled: true, single: true}, "5.1.0-beta1": {filter: true, disabled: true, single: true},
		"10.0.0": {filter: true, disabled: true, single: true}, "0.0.18471g2a3b": {}, "our name server": {}, "99999999999999999999.1": {},
	} {
		if got := featuresOf(version); got != want {
			t.Errorf("%q: %+v, want %+v", version, got, want)
		}
	}
}

// What holds for every set and every change: foreign values survive, what is wanted is there, what is ours and unwanted is gone,
// and a second time changes nothing.
func TestSettle_anySet(t *testing.T) {
	t.Parallel()
	values := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"}), 0, 5, rapid.ID[string])
	rapid.Check(t, func(t *rapid.T) {
		was := state{typ: dns.A, ttl: 0}
		for _, v := range values.Draw(t, "there") {
			was.records, was.ttl = append(was.records, record{v, rapid.Bool().Draw(t, "disabled")}), 300
		}
		c := dns.Change{
			Name: "vm1.example.org", Type: dns.A, TTL: rapid.SampledFrom([]int{300, 600}).Draw(t, "ttl"),
			Add: values.Draw(t, "add"), Remove: values.Draw(t, "remove"), Sole: rapid.Bool().Draw(t, "sole"), TakeOver: rapid.Bool().Draw(t, "take over"),
		}
		results := make([]dns.Result, 1)
		next := was.settle([]order{{0, c}}, results)
		if results[0].Err != nil {
			if !next.equal(was) {
				t.Fatalf("refused and changed: %+v", next)
			}
			return
		}
		check(t, was, next, c)
		next.settle([]order{{0, c}}, results)
		if results[0].Written || len(results[0].Found) != len(c.Add) {
			t.Fatalf("the second time: %+v", results[0])
		}
	})
}

func check(t *rapid.T, was, next state, c dns.Change) {
	for _, v := range c.Add {
		if !slices.Contains(next.records, record{v, false}) {
			t.Fatalf("%s is not there or not served: %+v", v, next)
		}
	}
	for _, r := range next.records {
		if slices.Contains(c.Remove, r.Content) && !slices.Contains(c.Add, r.Content) {
			t.Fatalf("%s is still there", r.Content)
		}
	}
	for _, r := range was.records {
		foreign := !slices.Contains(c.Add, r.Content) && !slices.Contains(c.Remove, r.Content)
		taken := c.Sole && c.TakeOver && len(c.Add) > 0 && !r.Disabled
		if foreign && slices.Contains(next.records, r) == taken {
			t.Fatalf("foreign %+v: taken over %t, still there %t", r, taken, !taken)
		}
	}
}

func TestUnfit(t *testing.T) {
	t.Parallel()
	for _, c := range []dns.Change{
		{Name: "VM1.example.org", Type: dns.A},
		{Name: "vm1.example.org.", Type: dns.A},
		{Name: "vm1..example.org", Type: dns.A},
		{Name: "*.example.org", Type: dns.A},
		{Name: "vm1.example.org&rrset_type=A.example.org", Type: dns.A},
		{Name: "example.com", Type: dns.A},
		{Name: "notexample.org", Type: dns.A},
		{Name: "vm1.example.org", Type: dns.A, Add: []string{"2001:db8::1"}},
		{Name: "vm1.example.org", Type: dns.A, Add: []string{"192.0.2.010"}},
		{Name: "vm1.example.org", Type: dns.AAAA, Add: []string{"::ffff:192.0.2.1"}},
		{Name: "vm1.example.org", Type: dns.AAAA, Add: []string{"fe80::1%eth0"}},
		{Name: "1.example.org", Type: dns.PTR, Add: []string{"192.0.2.1"}},
		{Name: "1.example.org", Type: dns.PTR, Add: []string{"a b"}},
		{Name: "1.example.org", Type: "TXT", Add: []string{"x"}},
	} {
		if unfit(c, "example.org") == "" {
			t.Errorf("%+v was taken", c)
		}
	}
}
