package cloudflare_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

const (
	forward  = "11111111111111111111111111111111" // example.org
	reverse  = "22222222222222222222222222222222" // 2.0.192.in-addr.arpa
	owner    = "33333333333333333333333333333333" // an account
	marker   = "marker-SECRET_token-0123456789abcdef0123"
	readOnly = "readonly-SECRET_token-0123456789abcdef01"
	house    = "managed-by=panel-1 vm=42"
)

// lab is a fake Cloudflare with two zones, and what the clients of one process share.
type lab struct {
	*testing.T
	fake     *cffake.Server
	url      string
	accounts *cloudflare.Accounts
	log      *journal
}

// journal is a log that may be written by many.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

func world() cffake.Config {
	return cffake.Config{
		Zones: []cffake.Zone{
			{ID: forward, Name: "example.org", Account: owner, Quota: 3500},
			{ID: reverse, Name: "2.0.192.in-addr.arpa", Account: owner, Quota: 3500},
		},
		Tokens: []cffake.Token{
			{Value: marker, Rights: map[string]cffake.Right{forward: cffake.Edit, reverse: cffake.Edit}},
			{Value: readOnly, Rights: map[string]cffake.Right{forward: cffake.ZoneRead | cffake.DNSRead}},
		},
	}
}

// open serves the world, changed by the test. No test leaves a token in the log.
func open(t *testing.T, change func(*cffake.Config)) *lab {
	t.Helper()
	cfg := world()
	if change != nil {
		change(&cfg)
	}
	l := &lab{T: t, fake: cffake.New(cfg), log: &journal{}}
	l.accounts = cloudflare.NewAccounts(cloudflare.Limits{PerSecond: 1e6, Burst: 1e6})
	server := httptest.NewServer(l.fake)
	l.url = server.URL + cffake.Prefix
	t.Cleanup(func() {
		l.accounts.Close()
		server.Close()
		if strings.Contains(l.log.String(), "SECRET") {
			t.Errorf("the log tells a token:\n%s", l.log)
		}
	})
	return l
}

// zone opens a client of the zone example.org, changed by the test.
func (l *lab) zone(change func(*cloudflare.Config)) *cloudflare.Zone {
	l.Helper()
	z, err := l.try(change)
	if err != nil {
		l.Fatal(err)
	}
	return z
}

func (l *lab) try(change func(*cloudflare.Config)) (*cloudflare.Zone, error) {
	cfg := cloudflare.Config{
		Zone: "example.org", ZoneID: forward, Token: marker, Accounts: l.accounts, URL: l.url, Pause: time.Millisecond,
		Log: slog.New(slog.NewJSONHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&cfg)
	}
	return cloudflare.New(cfg)
}

func toReverse(c *cloudflare.Config) { c.Zone, c.ZoneID = "2.0.192.in-addr.arpa", reverse }

// limited exchanges the limits of calls.
func (l *lab) limited(limits cloudflare.Limits) {
	l.accounts.Close()
	l.accounts = cloudflare.NewAccounts(limits)
}

// apply applies changes; every error is fit to be shown.
func (l *lab) apply(p dns.Provider, changes ...dns.Change) []dns.Result {
	l.Helper()
	ctx, cancel := context.WithTimeout(l.Context(), time.Minute)
	defer cancel()
	results := p.Apply(ctx, changes)
	for _, r := range results {
		if r.Err != nil && (strings.Contains(r.Err.Error(), "SECRET") || len(r.Err.Error()) > 300) {
			l.Errorf("the error is too long or tells a token: %v", r.Err)
		}
	}
	return results
}

func (l *lab) one(p dns.Provider, c dns.Change) dns.Result {
	l.Helper()
	r := l.apply(p, c)[0]
	if r.Err != nil {
		l.Fatalf("%s %s: %v", c.Name, c.Type, r.Err)
	}
	return r
}

// calls that the fake saw, as "POST dns_records": ids are left out, and so are those of Test and the one for the zone's name.
func (l *lab) calls() []string {
	var list []string
	for _, c := range l.fake.Calls() {
		if _, path, found := strings.Cut(c.Path, "/dns_records"); found {
			path = strings.TrimPrefix(path, "/")
			if len(path) == 32 {
				path = "id"
			}
			list = append(list, strings.TrimSuffix(c.Method+" "+path, " "))
		}
	}
	return list
}

func (l *lab) saw(want ...string) {
	l.Helper()
	if got := l.calls(); !slices.Equal(got, want) {
		l.Errorf("calls %q, want %q", got, want)
	}
}

// bodies of the calls of a method.
func (l *lab) bodies(method string) []string {
	var list []string
	for _, c := range l.fake.Calls() {
		if c.Method == method {
			list = append(list, c.Body)
		}
	}
	return list
}

func (l *lab) holds(id, name, typ string, want ...string) {
	l.Helper()
	var got []string
	for _, r := range l.fake.Records(id, name, typ) {
		got = append(got, r.Content)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		l.Errorf("%s %s holds %q, want %q", name, typ, got, want)
	}
}

func set(name string, t dns.Type, add ...string) dns.Change {
	return dns.Change{Name: name, Type: t, TTL: 300, Add: add, Owner: house, Sole: t == dns.PTR}
}

// drop removes addresses of the usual guest.
func drop(remove ...string) dns.Change {
	return dns.Change{Name: vm, Type: dns.A, TTL: 300, Remove: remove, Owner: house}
}

// suite shows the fake to the conformance suite.
type suite struct {
	*lab
	id, name string
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for id, name := range map[string]string{forward: "example.org", reverse: "2.0.192.in-addr.arpa"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dnstest.Run(t, func(t *testing.T) dnstest.Lab {
				t.Helper()
				return suite{open(t, func(c *cffake.Config) { c.SaysUnknown = true }), id, name}
			})
		})
	}
}

func (s suite) Zone() string     { return s.name }
func (s suite) Secret() string   { return marker }
func (s suite) OnWrite(f func()) { s.fake.OnWrite(f) }

func (s suite) Open(testing.TB) dns.Provider {
	return s.zone(func(c *cloudflare.Config) { c.Zone, c.ZoneID = s.name, s.id })
}

func (s suite) Values(_ testing.TB, name string, typ dns.Type) (values []string) {
	for _, r := range s.fake.Records(s.id, name, string(typ)) {
		values = append(values, r.Content)
	}
	return values
}

func (s suite) TTL(_ testing.TB, name string, typ dns.Type) (ttl int) {
	for _, r := range s.fake.Records(s.id, name, string(typ)) {
		ttl = r.TTL
	}
	return ttl
}

func (s suite) Plant(_ testing.TB, name string, typ dns.Type, values ...string) {
	for _, v := range values {
		s.fake.Plant(s.id, cffake.Record{Name: name, Type: string(typ), Content: v})
	}
}

func (s suite) Writes() (n int) {
	for _, c := range s.fake.Calls() {
		if c.Write() {
			n++
		}
	}
	return n
}

func (s suite) Break(_ testing.TB, f dnstest.Failure) {
	switch f {
	case dnstest.WrongSecret:
		s.fake.Revoke(marker)
	case dnstest.NoZone:
		s.fake.RemoveZone(s.id)
	case dnstest.Away:
		s.fake.Fail(cffake.Fault{Cut: true})
	}
}

func (s suite) Mend(testing.TB) {
	cfg := world()
	s.fake.Mend()
	s.fake.AddToken(cfg.Tokens[0])
	if len(s.fake.Records(s.id, "", "")) == 0 {
		s.fake.AddZone(cfg.Zones[slices.IndexFunc(cfg.Zones, func(z cffake.Zone) bool { return z.ID == s.id })])
	}
}
