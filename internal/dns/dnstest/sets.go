package dnstest

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// setCases are about the values of one set.
func setCases() []sample {
	return []sample{
		{"nothing to do", noChanges},
		{"add, and again without a write", addTwice},
		{"add beside a foreign value", addBesideForeign},
		{"remove leaves a foreign value", removeLeavesForeign},
		{"remove what is not there", removeAbsent},
		{"remove the last value of a set", removeLast},
		{"two values in one set", twoValues},
		{"a value to add and to remove stays", addWins},
		{"replace an address", replaceAddress},
		{"what was there is reported", foundValues},
		{"TTL", changeTTL},
		{"A and AAAA of one name are apart", typesApart},
		{"values are compared, not their spelling", spellings},
		{"two changes of one set", twoChangesOneSet},
		{"the zone's own name", apex},
	}
}

func noChanges(b *bench) { b.silent(func() { b.apply() }) }

func addTwice(b *bench) {
	vm := set(b.at("vm1"), dns.A, "192.0.2.10")
	if r := b.one(vm); !r.Written || len(r.Found) > 0 {
		b.Errorf("first: %+v, want written and nothing found", r)
	}
	b.holds(vm.Name, dns.A, "192.0.2.10")
	b.silent(func() {
		if r := b.one(vm); r.Written {
			b.Errorf("second: %+v, want not written", r)
		}
	})
}

func addBesideForeign(b *bench) {
	name := b.at("vm1")
	b.Plant(b, name, dns.A, "192.0.2.99")
	if r := b.one(set(name, dns.A, "192.0.2.10")); !r.Written || len(r.Found) > 0 {
		b.Errorf("%+v, want written and nothing found", r)
	}
	b.holds(name, dns.A, "192.0.2.10", "192.0.2.99")
}

func removeLeavesForeign(b *bench) {
	name := b.at("vm1")
	b.Plant(b, name, dns.A, "192.0.2.99", "192.0.2.98")
	b.one(set(name, dns.A, "192.0.2.10"))
	if r := b.one(drop(name, dns.A, "192.0.2.10")); !r.Written || len(r.Stuck) > 0 {
		b.Errorf("%+v, want written and nothing stuck", r)
	}
	b.holds(name, dns.A, "192.0.2.98", "192.0.2.99")
}

func removeAbsent(b *bench) {
	b.Plant(b, b.at("vm2"), dns.A, "192.0.2.99")
	b.silent(func() {
		b.one(drop(b.at("vm1"), dns.A, "192.0.2.10"))
		b.one(drop(b.at("vm2"), dns.A, "192.0.2.10"))
	})
	b.holds(b.at("vm2"), dns.A, "192.0.2.99")
}

func removeLast(b *bench) {
	b.one(set(b.at("vm2"), dns.A, "192.0.2.20")) // a zone keeps one address at least, which some panels ask for
	b.one(set(b.at("vm1"), dns.A, "192.0.2.10"))
	b.one(drop(b.at("vm1"), dns.A, "192.0.2.10"))
	b.holds(b.at("vm1"), dns.A)
	b.holds(b.at("vm2"), dns.A, "192.0.2.20")
}

func twoValues(b *bench) {
	vm := set(b.at("vm1"), dns.A, "192.0.2.10", "192.0.2.11")
	b.one(vm)
	b.holds(vm.Name, dns.A, "192.0.2.10", "192.0.2.11")
	b.silent(func() { b.one(vm) })
	b.one(drop(vm.Name, dns.A, "192.0.2.10"))
	b.holds(vm.Name, dns.A, "192.0.2.11")
}

func addWins(b *bench) {
	c := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.one(c)
	c.Remove = []string{"192.0.2.10"}
	b.silent(func() { b.one(c) })
	b.holds(c.Name, dns.A, "192.0.2.10")
}

func replaceAddress(b *bench) {
	c := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.Plant(b, c.Name, dns.A, "192.0.2.99")
	b.one(c)
	c.Add, c.Remove = []string{"192.0.2.11"}, []string{"192.0.2.10"}
	b.one(c)
	b.holds(c.Name, dns.A, "192.0.2.11", "192.0.2.99")
}

func foundValues(b *bench) {
	c := set(b.at("vm1"), dns.A, "192.0.2.10", "192.0.2.11")
	b.Plant(b, c.Name, dns.A, "192.0.2.10", "192.0.2.99")
	if r := b.one(c); !r.Written || !slices.Equal(r.Found, []string{"192.0.2.10"}) {
		b.Errorf("%+v, want written and 192.0.2.10 found", r)
	}
	if r := b.one(c); r.Written || len(r.Found) != 2 {
		b.Errorf("%+v, want not written and both found", r)
	}
}

func changeTTL(b *bench) {
	c := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.one(c)
	c.TTL = 600
	if r := b.one(c); !r.Written {
		b.Errorf("%+v, want written", r)
	}
	b.holds(c.Name, dns.A, "192.0.2.10")
	if ttl := b.TTL(b, c.Name, dns.A); ttl != 600 {
		b.Errorf("TTL is %d, want 600", ttl)
	}
	b.silent(func() { b.one(c) })
}

func typesApart(b *bench) {
	name := b.at("vm1")
	b.apply(set(name, dns.A, "192.0.2.10"), set(name, dns.AAAA, "2001:db8::10"))
	b.one(drop(name, dns.AAAA, "2001:db8::10"))
	b.holds(name, dns.A, "192.0.2.10")
	b.holds(name, dns.AAAA)
}

func spellings(b *bench) {
	six, ptr := set(b.at("vm1"), dns.AAAA, "2001:db8::1"), set(b.at("10"), dns.PTR, "vm1.example.net")
	b.Plant(b, six.Name, dns.AAAA, "2001:DB8:0:0::1")
	b.Plant(b, ptr.Name, dns.PTR, "VM1.Example.NET")
	ptr.Sole = true
	b.silent(func() {
		for _, c := range []dns.Change{six, ptr} {
			if r := b.one(c); len(r.Found) != 1 || r.Found[0] != c.Add[0] {
				b.Errorf("%s: %+v, want %q found", c.Type, r, c.Add[0])
			}
		}
	})
	b.one(drop(six.Name, dns.AAAA, "2001:db8::1"))
	b.one(drop(ptr.Name, dns.PTR, "vm1.example.net"))
	b.holds(six.Name, dns.AAAA)
	b.holds(ptr.Name, dns.PTR)
}

func twoChangesOneSet(b *bench) {
	name := b.at("vm1")
	for _, r := range b.apply(set(name, dns.A, "192.0.2.10"), set(name, dns.A, "192.0.2.11")) {
		if r.Err != nil {
			b.Error(r.Err)
		}
	}
	b.holds(name, dns.A, "192.0.2.10", "192.0.2.11")
}

func apex(b *bench) {
	c := set(b.Zone(), dns.AAAA, "2001:db8::1")
	b.one(c)
	b.holds(c.Name, dns.AAAA, "2001:db8::1")
	b.silent(func() { b.one(c) })
}
