package dnstest

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// failureCases are about what is refused and who fails.
func failureCases() []sample {
	return []sample{
		{"CNAME in the way", cnameConflict},
		{"a name outside the zone", outsideZone},
		{"one refused, the others done", oneRefused},
		{"zone missing", zoneMissing},
		{"wrong secret", wrongSecret},
		{"other side away", away},
		{"context ended", contextEnded},
	}
}

func cnameConflict(b *bench) {
	name := b.at("www")
	b.Plant(b, name, CNAME, "elsewhere.example.net")
	b.fails(dns.ErrForeign, set(name, dns.A, "192.0.2.10")) // a call that the other side refuses is allowed
	b.silent(func() { b.one(drop(name, dns.A, "192.0.2.10")) })
	b.holds(name, CNAME, "elsewhere.example.net")
	b.holds(name, dns.A)
}

func outsideZone(b *bench) {
	for _, name := range []string{"vm1.example.com", "vm1.not" + b.Zone()} {
		b.silent(func() { b.fails(dns.ErrRefused, set(name, dns.A, "192.0.2.10")) })
	}
}

func oneRefused(b *bench) {
	b.Plant(b, b.at("www"), CNAME, "elsewhere.example.net")
	b.Plant(b, b.at("12"), dns.PTR, "theirs.example.net")
	changes := []dns.Change{
		set(b.at("vm1"), dns.A, "192.0.2.10"),
		set(b.at("www"), dns.A, "192.0.2.10"),
		set("vm1.example.com", dns.A, "192.0.2.10"),
		ptr(b.at("12"), "vm1.example.net"),
		set(b.at("vm2"), dns.AAAA, "2001:db8::10"),
	}
	want := []error{nil, dns.ErrForeign, dns.ErrRefused, dns.ErrForeign, nil}
	for i, r := range b.apply(changes...) {
		if !errors.Is(r.Err, want[i]) || r.Written != (want[i] == nil) {
			b.Errorf("%s: %+v, want error %v", changes[i].Name, r, want[i])
		}
	}
	b.holds(b.at("vm1"), dns.A, "192.0.2.10")
	b.holds(b.at("vm2"), dns.AAAA, "2001:db8::10")
	b.holds(b.at("12"), dns.PTR, "theirs.example.net")
}

// zoneMissing: adding and removing both say so; that nothing of ours is left there follows from the error.
func zoneMissing(b *bench) {
	vm := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.Break(b, NoZone)
	b.fails(dns.ErrNoZone, vm)
	b.fails(dns.ErrNoZone, drop(vm.Name, dns.A, "192.0.2.10"))
	b.Mend(b)
	b.one(vm)
	b.holds(vm.Name, dns.A, "192.0.2.10")
}

func wrongSecret(b *bench) {
	vm := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.Break(b, WrongSecret)
	b.fails(dns.ErrRefused, vm)
	b.fails(dns.ErrRefused, drop(vm.Name, dns.A, "192.0.2.10"))
	b.Mend(b)
	b.one(vm)
}

// away: a server that does not answer may be back any minute, and a zone there is not gone.
func away(b *bench) {
	vm := set(b.at("vm1"), dns.A, "192.0.2.10")
	b.Break(b, Away)
	for _, c := range []dns.Change{vm, drop(vm.Name, dns.A, "192.0.2.10")} {
		if r := b.apply(c)[0]; r.Err == nil || dns.Lasting(r.Err) || r.Written {
			b.Errorf("%+v, want an error that passes", r)
		}
	}
	b.Mend(b)
	b.one(vm)
	b.holds(vm.Name, dns.A, "192.0.2.10")
}

func contextEnded(b *bench) {
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	b.silent(func() {
		for _, r := range b.applyWith(ctx, b.provider, set(b.at("vm1"), dns.A, "192.0.2.10"), set(b.at("vm2"), dns.A, "192.0.2.11")) {
			if r.Err == nil || dns.Lasting(r.Err) {
				b.Errorf("%+v, want an error that passes", r)
			}
		}
	})
}
