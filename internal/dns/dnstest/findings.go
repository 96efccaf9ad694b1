package dnstest

import (
	"context"
	"errors"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// testCases are about Provider.Test.
func testCases() []sample {
	return []sample{
		{"test of a good zone", testGood},
		{"test with the wrong secret", func(b *bench) { b.testBad(WrongSecret, "reachable") }},
		{"test without the zone", func(b *bench) { b.testBad(NoZone, "zone") }},
		{"test of a side that is away", func(b *bench) { b.testBad(Away, "reachable") }},
	}
}

// steps of a test in their order; "reachable" covers the credentials.
func steps() []string { return []string{"reachable", "zone", "read records", "writable"} }

func testGood(b *bench) {
	b.Plant(b, b.at("vm1"), dns.A, "192.0.2.99")
	b.silent(func() {
		done := []string{}
		for _, f := range b.findings() {
			if f.Level == dns.Failed {
				b.Errorf("%+v", f)
			}
			done = append(done, f.Step)
		}
		if got := slices.Compact(done); !slices.Equal(got, steps()) {
			b.Errorf("steps %q, want %q", got, steps())
		}
	})
}

// testBad wants the failure as the last finding, at its step.
func (b *bench) testBad(f Failure, step string) {
	b.Helper()
	b.Break(b, f)
	found := b.findings()
	if last := found[len(found)-1]; last.Level != dns.Failed || last.Step != step {
		b.Errorf("last finding %+v, want %q failed", last, step)
	}
	for _, f := range found[:len(found)-1] {
		if f.Level == dns.Failed {
			b.Errorf("%+v failed and is not the last", f)
		}
	}
}

// findings of a test, each fit to be shown.
func (b *bench) findings() []dns.Finding {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	found := b.provider.Test(ctx)
	if len(found) == 0 {
		b.Fatal("no findings")
	}
	for _, f := range found {
		b.fit("finding "+f.Step, errors.New(f.Text))
		if f.Text == "" || !slices.Contains(steps(), f.Step) {
			b.Errorf("%+v: want a text and a known step", f)
		}
	}
	return found
}
