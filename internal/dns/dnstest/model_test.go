package dnstest_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
)

// model is a zone in memory and the least provider on it: what the suite asks for can be done.
type model struct {
	mu      sync.Mutex
	sets    map[key]*entry
	writes  int
	watch   func()
	failure dnstest.Failure
}

type key struct {
	name string
	typ  dns.Type
}

type entry struct {
	ttl    int
	values []string
}

func TestRun_passesAModel(t *testing.T) {
	t.Parallel()
	dnstest.Run(t, func(*testing.T) dnstest.Lab { return &model{sets: map[key]*entry{}} })
}

func (m *model) Zone() string                          { return "example.org" }
func (m *model) Secret() string                        { return "marker" }
func (m *model) Open(testing.TB) dns.Provider          { return m }
func (m *model) Break(_ testing.TB, f dnstest.Failure) { m.locked(func() { m.failure = f }) }
func (m *model) Mend(testing.TB)                       { m.locked(func() { m.failure = "" }) }
func (m *model) OnWrite(f func())                      { m.locked(func() { m.watch = f }) }
func (m *model) Writes() (n int)                       { m.locked(func() { n = m.writes }); return n }

func (m *model) locked(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

func (m *model) Values(_ testing.TB, name string, typ dns.Type) (values []string) {
	m.locked(func() { values = slices.Clone(m.at(name, typ).values) })
	return values
}

func (m *model) TTL(_ testing.TB, name string, typ dns.Type) (ttl int) {
	m.locked(func() { ttl = m.at(name, typ).ttl })
	return ttl
}

func (m *model) Plant(_ testing.TB, name string, typ dns.Type, values ...string) {
	m.locked(func() { m.put(name, typ, entry{300, append(m.at(name, typ).values, values...)}) })
}

func (m *model) at(name string, typ dns.Type) entry {
	if e := m.sets[key{name, typ}]; e != nil {
		return *e
	}
	return entry{}
}

func (m *model) put(name string, typ dns.Type, e entry) { m.sets[key{name, typ}] = &e }

func (m *model) Apply(ctx context.Context, changes []dns.Change) []dns.Result {
	results := make([]dns.Result, len(changes))
	for i, c := range changes {
		if results[i].Err = ctx.Err(); results[i].Err == nil {
			results[i] = m.apply(c)
		}
	}
	return results
}

func (m *model) apply(c dns.Change) (r dns.Result) {
	var watch func()
	m.locked(func() {
		r = m.change(c)
		if r.Written {
			m.writes++
			watch = m.watch
		}
	})
	if watch != nil {
		watch()
	}
	return r
}

func (m *model) change(c dns.Change) dns.Result {
	was := m.at(c.Name, c.Type)
	has := func(list []string, v string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return same(v, w) })
	}
	next, foreign := []string(nil), 0
	r := dns.Result{}
	for _, v := range was.values {
		ours := has(c.Add, v)
		if !ours && !has(c.Remove, v) {
			foreign++
			ours = !c.TakeOver
		}
		if ours {
			next = append(next, v)
		}
	}
	for _, v := range c.Add {
		if has(was.values, v) {
			r.Found = append(r.Found, v)
		} else {
			next = append(next, v)
		}
	}
	if r.Err = m.refusal(c, foreign); r.Err != nil {
		return r
	}
	ttl := was.ttl
	if len(c.Add) > 0 {
		ttl = c.TTL
	}
	if r.Written = !slices.Equal(next, was.values) || ttl != was.ttl; r.Written {
		m.put(c.Name, c.Type, entry{ttl, next})
	}
	return r
}

func (m *model) refusal(c dns.Change, foreign int) error {
	adds := len(c.Add) > 0
	switch {
	case m.failure == dnstest.WrongSecret:
		return fmt.Errorf("unauthorized: %w", dns.ErrRefused)
	case m.failure == dnstest.NoZone:
		return dns.ErrNoZone
	case m.failure != "":
		return errors.New("connection refused")
	case c.Name != m.Zone() && !strings.HasSuffix(c.Name, "."+m.Zone()):
		return dns.ErrRefused
	case adds && len(m.at(c.Name, dnstest.CNAME).values) > 0, adds && c.Sole && foreign > 0 && !c.TakeOver:
		return dns.ErrForeign
	}
	return nil
}

func (m *model) Test(context.Context) (found []dns.Finding) {
	steps := []string{"reachable", "zone", "read records", "writable"}
	bad := map[dnstest.Failure]string{dnstest.WrongSecret: "reachable", dnstest.NoZone: "zone", dnstest.Away: "reachable"}
	m.locked(func() {
		for _, s := range steps {
			if bad[m.failure] == s {
				found = append(found, dns.Finding{Step: s, Level: dns.Failed, Text: string(m.failure)})
				return
			}
			found = append(found, dns.Finding{Step: s, Level: dns.OK, Text: "good"})
		}
	})
	return found
}

func same(a, b string) bool {
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	if errX == nil && errY == nil {
		return x == y
	}
	return strings.EqualFold(a, b)
}
