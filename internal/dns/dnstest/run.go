package dnstest

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// patience ends a case in which a client waits for ever.
const patience = 2 * time.Minute

// Run runs every case of the suite on a lab of its own.
func Run(t *testing.T, open func(t *testing.T) Lab) {
	t.Helper()
	for _, group := range [][]sample{setCases(), soleCases(), failureCases(), crowdCases(), testCases()} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) {
				lab := open(t)
				c.run(&bench{T: t, Lab: lab, provider: lab.Open(t)})
			})
		}
	}
}

// sample is a case of the suite.
type sample struct {
	name string
	run  func(b *bench)
}

// bench is a lab with one open client and the words in which cases are written.
type bench struct {
	*testing.T
	Lab
	provider dns.Provider
}

// at is the full name of a label in the zone.
func (b *bench) at(label string) string { return label + "." + b.Zone() }

// apply applies changes and checks what holds for every answer.
func (b *bench) apply(changes ...dns.Change) []dns.Result {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	return b.applyWith(ctx, b.provider, changes...)
}

func (b *bench) applyWith(ctx context.Context, p dns.Provider, changes ...dns.Change) []dns.Result {
	b.Helper()
	results := p.Apply(ctx, changes)
	if len(results) != len(changes) {
		b.Fatalf("%d results for %d changes", len(results), len(changes))
	}
	for i, r := range results {
		b.fit("error of "+changes[i].Name, r.Err)
		b.fit("warning of "+changes[i].Name, errors.New(r.Warning))
	}
	return results
}

// one applies a change that has to succeed.
func (b *bench) one(c dns.Change) dns.Result {
	b.Helper()
	r := b.apply(c)[0]
	if r.Err != nil {
		b.Fatalf("%s %s: %v", c.Name, c.Type, r.Err)
	}
	return r
}

// fails applies a change that has to fail with an error that matches want.
func (b *bench) fails(want error, c dns.Change) {
	b.Helper()
	if r := b.apply(c)[0]; !errors.Is(r.Err, want) || r.Written {
		b.Fatalf("%s %s: got %+v; want %q and nothing written", c.Name, c.Type, r, want)
	}
}

// fit checks that a text is one short line without the secret.
func (b *bench) fit(what string, err error) {
	b.Helper()
	if err == nil {
		return
	}
	text := err.Error()
	if strings.Contains(text, b.Secret()) {
		b.Errorf("%s tells the secret", what)
	}
	if len(text) > 300 || strings.ContainsAny(text, "\r\n") {
		b.Errorf("%s is not one line of at most 300 characters: %q", what, text)
	}
}

// holds checks the values of a set at the other side.
func (b *bench) holds(name string, typ dns.Type, want ...string) {
	b.Helper()
	got := b.Values(b, name, typ)
	for i := range got {
		got[i] = plain(got[i])
	}
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		b.Fatalf("%s %s holds %q, want %q", name, typ, got, want)
	}
}

// silent runs f and checks that it wrote nothing.
func (b *bench) silent(f func()) {
	b.Helper()
	before := b.Writes()
	f()
	if n := b.Writes() - before; n != 0 {
		b.Fatalf("%d write calls where nothing was to write", n)
	}
}

// plain is one spelling for each value.
func plain(v string) string {
	if a, err := netip.ParseAddr(v); err == nil {
		return a.String()
	}
	return strings.ToLower(strings.TrimSuffix(v, "."))
}

// set is a change that adds.
func set(name string, typ dns.Type, add ...string) dns.Change {
	return dns.Change{Name: name, Type: typ, TTL: 300, Add: add, Owner: "kvmbridge test"}
}

// drop is a change that removes.
func drop(name string, typ dns.Type, remove ...string) dns.Change {
	return dns.Change{Name: name, Type: typ, TTL: 300, Remove: remove, Owner: "kvmbridge test"}
}
