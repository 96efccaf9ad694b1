package powerdns_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/powerdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// patches counts the PATCH calls among calls.
func patches(calls []call) (n int) {
	for _, c := range calls {
		if c.method == http.MethodPatch {
			n++
		}
	}
	return n
}

// A PATCH is one transaction: one bad set refuses all.
func TestApply_findsTheSetThatIsRefused(t *testing.T) {
	l := one(t, org)
	l.answer(func(c call, w http.ResponseWriter) bool {
		if c.method != http.MethodPatch || !bytes.Contains(c.body, []byte("vm13.")) {
			return false
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = w.Write([]byte(`{"error": "RRset vm13.example.org. IN A: no such luck"}`))
		return true
	})
	var changes []dns.Change
	for i := range 40 {
		changes = append(changes, add(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10"))
	}
	for i, r := range l.open(org).Apply(t.Context(), changes) {
		if i == 13 {
			if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "no such luck") || r.Written {
				t.Errorf("%+v", r)
			}
			continue
		}
		if r.Err != nil || !r.Written {
			t.Errorf("%s: %+v", changes[i].Name, r)
		}
		l.holds(changes[i].Name, dns.A, "192.0.2.10")
	}
	if n := patches(l.seen()); n > 13 {
		t.Errorf("%d PATCH calls to find one of 40", n)
	}
}

func TestApply_manySets(t *testing.T) {
	l := one(t, org)
	l.plant(org, "vm7.example.org", dns.A, pdns.Record{Content: "192.0.2.50", Disabled: true})
	var changes []dns.Change
	for i := range 1100 {
		changes = append(changes, add(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10"))
	}
	z := l.open(org)
	l.seen()
	l.apply(z, changes...)
	calls := l.seen()
	if n := patches(calls); n != 2 || len(calls) > 5 {
		t.Errorf("%d calls, %d of them PATCH", len(calls), n)
	}
	for _, i := range []int{0, 7, 999, 1000, 1099} {
		l.holds(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10")
	}
	if s := l.set(org, "vm7.example.org", dns.A); len(s.Records) != 2 {
		t.Errorf("the disabled record is lost: %+v", s)
	}
	l.apply(z, changes...)
	if n := len(writes(l.seen())); n != 0 {
		t.Errorf("%d writes where nothing changed", n)
	}
}

// A server that merges loses nothing that others write between our read and our write.
func TestApply_singleRecordsWhereTheServerMerges(t *testing.T) {
	l := one(t, org)
	l.version = newVersion
	var once sync.Once
	l.answer(func(c call, _ http.ResponseWriter) bool {
		if c.method == http.MethodPatch {
			once.Do(func() { l.plant(org, "vm1.example.org", dns.A, pdns.Record{Content: "192.0.2.99"}) })
		}
		return false
	})
	z := l.open(org)
	l.plant(org, "vm1.example.org", dns.A, pdns.Record{Content: "192.0.2.98"})
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	l.holds("vm1.example.org", dns.A, "192.0.2.10", "192.0.2.98", "192.0.2.99")
	c := add("vm1.example.org", dns.A, "192.0.2.11")
	c.Remove = []string{"192.0.2.10"}
	l.apply(z, c)
	l.holds("vm1.example.org", dns.A, "192.0.2.11", "192.0.2.98", "192.0.2.99")
	for _, w := range writes(l.seen()) {
		sent := string(w.body)
		if prune := strings.Index(sent, "PRUNE"); strings.Contains(sent, "REPLACE") || prune >= 0 && prune < strings.Index(sent, "EXTEND") {
			t.Errorf("sent %s", sent)
		}
	}
}

// The version is a text that an operator can change: the real 4.7 behind it knows no EXTEND.
func TestApply_serverThatOnlyClaimsToMerge(t *testing.T) {
	l := one(t, org)
	l.answer(func(c call, w http.ResponseWriter) bool {
		if !strings.HasSuffix(c.path, "/servers/localhost") {
			return false
		}
		_, _ = w.Write([]byte(`{"daemon_type":"authoritative","version":"5.1.0"}`))
		return true
	})
	z := l.open(org)
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"), add("vm2.example.org", dns.A, "192.0.2.11"))
	l.holds("vm1.example.org", dns.A, "192.0.2.10")
	l.apply(z, remove("vm1.example.org", "192.0.2.10"))
	l.holds("vm1.example.org", dns.A)
	l.holds("vm2.example.org", dns.A, "192.0.2.11")
}

// Zones that wait for a server that is away learn it together.
func TestApply_waitersShareAFailure(t *testing.T) {
	l := one(t, org)
	l.fail(dnstest.Away)
	var wg sync.WaitGroup
	slow := func(c *powerdns.Config) {
		c.Tries = wire.Tries{Max: 3, First: 100 * time.Millisecond, Cap: 200 * time.Millisecond}
	}
	const zones = 20
	for range zones {
		z := l.open(org, slow)
		wg.Go(func() {
			if r := z.Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")})[0]; r.Err == nil || dns.Lasting(r.Err) {
				t.Errorf("got %v", r.Err)
			}
		})
	}
	wg.Wait()
	l.fail("")
	if l.cut >= 2*zones { // alone each would need three calls
		t.Errorf("%d zones needed %d calls to learn that the server is away", zones, l.cut)
	}
	l.apply(l.open(org), add("vm1.example.org", dns.A, "192.0.2.10"))
}

// The 200 queries a second of the figure, here with a look at the value.
func TestApply_neverAbsentForResolvers(t *testing.T) {
	l := resyncLab(t)
	for zone, changes := range resync() {
		l.apply(l.open(zone), changes...)
	}
	var done atomic.Bool
	seen := make(chan [2]int)
	go func() {
		asked, missing := 0, 0
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for !done.Load() {
			<-tick.C
			asked++
			if got := l.Values(t, "vm1.example.org", dns.A); !slices.Contains(got, "192.0.2.10") || !slices.Contains(got, "192.0.2.11") {
				missing++
			}
		}
		seen <- [2]int{asked, missing}
	}()
	for i := range 40 {
		for zone, changes := range resync() {
			for j := range changes {
				changes[j].TTL = 300 + i // else the second round writes nothing
			}
			l.apply(l.open(zone), changes...)
		}
	}
	done.Store(true)
	if got := <-seen; got[0] < 50 || got[1] > 0 {
		t.Errorf("%d of %d answers lacked a right value", got[1], got[0])
	}
}

func TestSecret_isInNoTextAndNoLog(t *testing.T) {
	l := one(t, org)
	const marker = "marker key/with+odd=signs"
	var log bytes.Buffer
	say := func(status int) func(call, http.ResponseWriter) bool {
		return func(c call, w http.ResponseWriter) bool {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"error": "you sent ` + c.key + `"}`))
			return true
		}
	}
	z := l.open(org, func(c *powerdns.Config) {
		c.APIKey, c.Tries.Max = marker+"\n", 2
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	var texts []string
	collect := func() {
		for _, r := range z.Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")}) {
			texts = append(texts, fmt.Sprint(r.Err))
		}
		for _, f := range z.Test(t.Context()) {
			texts = append(texts, f.Text)
		}
	}
	for _, status := range []int{200, 401, 404, 422, 500} {
		l.answer(say(status))
		collect()
	}
	l.fail(dnstest.Away)
	collect()
	texts = append(texts, log.String())
	for _, text := range texts {
		if strings.Contains(text, "marker") || strings.Contains(text, "odd") {
			t.Errorf("the key stands in %q", text)
		}
	}
	if !strings.Contains(log.String(), "PATCH") && !strings.Contains(log.String(), "verb=GET") {
		t.Errorf("calls are not logged: %s", log.String())
	}
	if !slices.ContainsFunc(l.seen(), func(c call) bool { return c.key == marker }) {
		t.Error("the key was not sent as it is")
	}
}

func TestTest_says(t *testing.T) {
	l := one(t, org)
	warning := func(z *powerdns.Zone, word string) {
		t.Helper()
		found := z.Test(t.Context())
		if !slices.ContainsFunc(found, func(f dns.Finding) bool { return f.Level != dns.OK && strings.Contains(f.Text, word) }) {
			t.Errorf("no finding with %q: %+v", word, found)
		}
	}
	warning(l.open("www.example.org"), "did you mean example.org?")
	warning(l.open("a.b.c.example.org"), "did you mean example.org?")
	warning(l.open(org, func(c *powerdns.Config) { c.Server = l.gate.URL + "/wrong" }), "path right")
	l.fail(dnstest.Away)
	warning(l.open(org), "webserver-allow-from")
	l.fail("")
	l.version = oldVersion
	warning(l.open(org), "older than 4.7")
	l.version = ""
	l.must(l.Exec(t.Context(), "DELETE FROM records WHERE type='SOA'"))
	warning(l.open(org), "no SOA")
}

func fingerprint(s *httptest.Server) string {
	sum := sha256.Sum256(s.Certificate().Raw)
	return hex.EncodeToString(sum[:])
}

func TestTLS_fingerprint(t *testing.T) {
	l := one(t, org)
	tls := httptest.NewTLSServer(l)
	defer tls.Close()
	for print, want := range map[string]bool{"": false, strings.Repeat("00", 32): false, fingerprint(tls): true} {
		z := l.open(org, func(c *powerdns.Config) { c.Server, c.Fingerprint, c.Tries.Max = tls.URL, print, 1 })
		r := z.Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")})[0]
		if (r.Err == nil) != want {
			t.Errorf("fingerprint %q: %v", print, r.Err)
		}
	}
}
