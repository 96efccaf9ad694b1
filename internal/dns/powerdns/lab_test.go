package powerdns_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	resolver "github.com/miekg/dns"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/powerdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// lab is a real PowerDNS and a gate before its API, which counts, fails on demand and plays other versions.
type lab struct {
	*pdns.Server
	t       *testing.T
	gate    *httptest.Server
	zone    string
	servers *powerdns.Servers

	mu        sync.Mutex
	calls     []call
	failure   dnstest.Failure
	cut       int // calls while away
	watch     func()
	intercept func(c call, w http.ResponseWriter) bool // true = answered
	version   string                                   // that is played; "" = the real one
	merging   sync.Mutex
}

// call that the gate saw.
type call struct {
	method, path, query, key string
	body                     []byte
	answered                 int // bytes
	status                   int
}

func (c call) writes() bool { return c.method != http.MethodGet }

func startPowerDNS(t *testing.T) *pdns.Server {
	t.Helper()
	s, err := pdns.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// newLab opens a gate at a server and creates the zones there, the first of which is the lab's.
func newLab(t *testing.T, s *pdns.Server, zones ...string) *lab {
	t.Helper()
	l := &lab{Server: s, t: t, zone: zones[0], servers: new(powerdns.Servers)}
	for _, z := range zones {
		_ = s.DeleteZone(t.Context(), z) // of the lab before
		l.must(s.CreateZone(t.Context(), z, "Native"))
	}
	l.gate = httptest.NewServer(l)
	t.Cleanup(l.gate.Close)
	return l
}

func (l *lab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) Zone() string                 { return l.zone }
func (l *lab) Secret() string               { return l.Key }
func (l *lab) Open(testing.TB) dns.Provider { return l.open(l.zone) }

// open returns a client of any zone through the gate; mend changes the configuration.
func (l *lab) open(zone string, mend ...func(*powerdns.Config)) *powerdns.Zone {
	cfg := powerdns.Config{Zone: zone, Server: l.gate.URL, APIKey: l.Key, Tries: wire.Tries{Max: 6, First: 10 * time.Millisecond, Cap: 200 * time.Millisecond}}
	for _, f := range mend {
		f(&cfg)
	}
	z, err := powerdns.New(cfg, l.servers)
	if err != nil {
		l.t.Error(err)
	}
	return z
}

// ask asks the name server.
func (l *lab) ask(tb testing.TB, name string, typ dns.Type) []resolver.RR {
	tb.Helper()
	m := new(resolver.Msg)
	m.SetQuestion(name+".", resolver.StringToType[string(typ)])
	c := resolver.Client{Net: "udp", Timeout: 5 * time.Second, UDPSize: 65000}
	m.SetEdns0(65000, false)
	r, _, err := c.Exchange(m, l.DNS)
	if err != nil {
		tb.Errorf("query %s %s: %v", name, typ, err)
		return nil
	}
	if r.Truncated {
		c.Net = "tcp"
		if r, _, err = c.Exchange(m, l.DNS); err != nil {
			tb.Errorf("query %s %s: %v", name, typ, err)
			return nil
		}
	}
	return slices.DeleteFunc(r.Answer, func(rr resolver.RR) bool { return rr.Header().Rrtype != resolver.StringToType[string(typ)] })
}

func (l *lab) Values(tb testing.TB, name string, typ dns.Type) (values []string) {
	tb.Helper()
	for _, rr := range l.ask(tb, name, typ) {
		values = append(values, strings.TrimSuffix(resolver.Field(rr, 1), "."))
	}
	return values
}

func (l *lab) TTL(tb testing.TB, name string, typ dns.Type) int {
	tb.Helper()
	for _, rr := range l.ask(tb, name, typ) {
		return int(rr.Header().Ttl)
	}
	return 0
}

// set is what the API has of a set, disabled records included.
func (l *lab) set(zone, name string, typ dns.Type) pdns.Set {
	l.t.Helper()
	z, err := l.Server.Zone(l.t.Context(), zone)
	l.must(err)
	for _, s := range z.Sets {
		if s.Name == name+"." && s.Type == string(typ) {
			return s
		}
	}
	return pdns.Set{Name: name + ".", Type: string(typ), TTL: 300}
}

func (l *lab) Plant(_ testing.TB, name string, typ dns.Type, values ...string) {
	l.t.Helper()
	for _, v := range values {
		l.plant(l.zone, name, typ, pdns.Record{Content: v})
	}
}

func (l *lab) plant(zone, name string, typ dns.Type, r pdns.Record) {
	l.t.Helper()
	s := l.set(zone, name, typ)
	if typ == dns.PTR || typ == dnstest.CNAME {
		r.Content += "."
	}
	s.Records, s.ChangeType, s.TTL = append(s.Records, r), "REPLACE", 300
	l.must(l.Patch(l.t.Context(), zone, s))
}

// seen are the calls since the last time.
func (l *lab) seen() []call {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	return calls
}

func writes(calls []call) (w []call) {
	for _, c := range calls {
		if c.writes() {
			w = append(w, c)
		}
	}
	return w
}

func (l *lab) Writes() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(writes(l.calls))
}

func (l *lab) OnWrite(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watch = f
}

func (l *lab) Break(_ testing.TB, f dnstest.Failure) {
	if f == dnstest.NoZone {
		l.must(l.DeleteZone(l.t.Context(), l.zone))
	}
	l.fail(f)
}

func (l *lab) Mend(testing.TB) {
	l.mu.Lock()
	gone := l.failure == dnstest.NoZone
	l.mu.Unlock()
	if gone {
		l.must(l.CreateZone(l.t.Context(), l.zone, "Native"))
	}
	l.fail("")
}

func (l *lab) fail(f dnstest.Failure) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failure = f
}

// answer lets f answer calls instead of the server.
func (l *lab) answer(f func(c call, w http.ResponseWriter) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.intercept = f
}

func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c := call{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery, key: r.Header.Get("X-API-Key"), body: body}
	l.mu.Lock()
	failure, intercept, watch, version := l.failure, l.intercept, l.watch, l.version
	if failure == dnstest.Away {
		l.cut++
	}
	l.mu.Unlock()
	out := httptest.NewRecorder()
	switch {
	case failure == dnstest.Away:
		hangUp(w)
		return
	case intercept != nil && intercept(c, out):
	default:
		if failure == dnstest.WrongSecret {
			c.key = "another"
		}
		l.play(version, c, out)
	}
	c.answered, c.status = out.Body.Len(), out.Code
	l.mu.Lock()
	l.calls = append(l.calls, c)
	l.mu.Unlock()
	if watch != nil && c.writes() && out.Code < 300 {
		watch()
	}
	w.Header().Set("Connection", "close") // as the real one
	if to := out.Header().Get("Location"); to != "" {
		w.Header().Set("Location", to)
	}
	w.WriteHeader(out.Code)
	_, _ = w.Write(out.Body.Bytes())
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// pass hands a call to the server.
func (l *lab) pass(c call, w http.ResponseWriter) {
	url := l.API + c.path
	if c.query != "" {
		url += "?" + c.query
	}
	req, err := http.NewRequest(c.method, url, bytes.NewReader(c.body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	req.Header = http.Header{"X-Api-Key": {c.key}, "Accept": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil { // the server was killed
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// holds checks what is served.
func (l *lab) holds(name string, typ dns.Type, want ...string) {
	l.t.Helper()
	got := l.Values(l.t, name, typ)
	slices.Sort(got)
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		l.t.Errorf("%s %s is served as %q, want %q", name, typ, got, want)
	}
}

func (l *lab) serial() int64 {
	l.t.Helper()
	z, err := l.Server.Zone(l.t.Context(), l.zone)
	l.must(err)
	return z.Serial
}

// apply applies changes that have to succeed.
func (l *lab) apply(z dns.Provider, changes ...dns.Change) []dns.Result {
	l.t.Helper()
	results := z.Apply(l.t.Context(), changes)
	for i, r := range results {
		if r.Err != nil {
			l.t.Errorf("%s %s: %v", changes[i].Name, changes[i].Type, r.Err)
		}
	}
	return results
}

func add(name string, typ dns.Type, values ...string) dns.Change {
	return dns.Change{Name: name, Type: typ, TTL: 300, Add: values}
}

func remove(name string, values ...string) dns.Change {
	return dns.Change{Name: name, Type: dns.A, TTL: 300, Remove: values}
}

func reverse(name string, values ...string) dns.Change {
	c := add(name, dns.PTR, values...)
	c.Sole = true
	return c
}

func (c call) String() string { return fmt.Sprintf("%s %s?%s", c.method, c.path, c.query) }
