package powerdns_test

// The cases P1-P28 of dns-providers §5.1, by their numbers. P1-P7, P10, P12-P15, P18 and P24 are also in the suite that all
// providers pass; here they look at what only this one has: calls, serials, disabled records.

import (
	"encoding/json"
	"errors"
	"fmt"
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

const org = "example.org"

func one(t *testing.T, zones ...string) *lab {
	t.Helper()
	t.Parallel()
	return newLab(t, startPowerDNS(t), zones...)
}

func TestP01_P02_secondTimeWritesNothing(t *testing.T) {
	l := one(t, org)
	z := l.open(org)
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	l.holds("vm1.example.org", dns.A, "192.0.2.10")
	if s := l.set(org, "vm1.example.org", dns.A); s.TTL != 300 || !slices.Equal(s.Records, []pdns.Record{{Content: "192.0.2.10"}}) {
		t.Errorf("the API has %+v", s)
	}
	before := l.serial()
	l.seen()
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	if calls := l.seen(); len(calls) != 1 || l.serial() != before {
		t.Errorf("serial %d, then %d; calls %v, want one that reads", before, l.serial(), calls)
	}
}

func TestP03_P04_foreignValueSurvives(t *testing.T) {
	l := one(t, org)
	z := l.open(org)
	l.plant(org, "vm1.example.org", dns.A, pdns.Record{Content: "192.0.2.99"})
	l.must(l.Exec(t.Context(), "UPDATE records SET ttl=777 WHERE name='vm1.example.org'"))
	c := add("vm1.example.org", dns.A, "192.0.2.10")
	c.TTL = 777
	l.apply(z, c)
	l.holds("vm1.example.org", dns.A, "192.0.2.10", "192.0.2.99")
	l.apply(z, remove("vm1.example.org", "192.0.2.10"))
	l.holds("vm1.example.org", dns.A, "192.0.2.99")
	if ttl := l.TTL(t, "vm1.example.org", dns.A); ttl != 777 {
		t.Errorf("TTL is %d after ours went, want 777", ttl)
	}
}

func TestP05_disabledRecordsAreKept(t *testing.T) {
	t.Parallel()
	const mixed, alone, under, wanted = "vm1.example.org", "vm2.example.org", "vm_3.example.org", "vm4.example.org"
	for _, version := range []string{"", oldVersion, ltsVersion, newVersion} {
		t.Run("version "+version, func(t *testing.T) {
			l := one(t, org, "example.net")
			l.version = version
			z := l.open(org)
			off, on := pdns.Record{Content: "192.0.2.50", Disabled: true}, pdns.Record{Content: "192.0.2.99"}
			l.plant(org, mixed, dns.A, off)
			l.plant(org, mixed, dns.A, on)
			l.plant(org, alone, dns.A, off)
			l.plant(org, under, dns.A, off)
			l.plant("example.net", "vm1.example.net", dns.A, off)
			l.plant(org, wanted, dns.A, pdns.Record{Content: "192.0.2.10", Disabled: true})
			l.apply(z, add(mixed, dns.A, "192.0.2.10"), add(alone, dns.A, "192.0.2.10"), add(under, dns.A, "192.0.2.10"), add(wanted, dns.A, "192.0.2.10"))
			for _, name := range []string{mixed, alone, under} {
				if s := l.set(org, name, dns.A); !slices.Contains(s.Records, off) {
					t.Errorf("%s holds %+v, the disabled record is lost", name, s.Records)
				}
			}
			l.holds(mixed, dns.A, "192.0.2.10", "192.0.2.99")
			l.holds(alone, dns.A, "192.0.2.10")
			l.holds(wanted, dns.A, "192.0.2.10")
			l.apply(z, remove(mixed, "192.0.2.10"), remove(alone, "192.0.2.10"))
			if s := l.set(org, mixed, dns.A); len(s.Records) != 2 || !slices.Contains(s.Records, off) || !slices.Contains(s.Records, on) {
				t.Errorf("%s holds %+v after ours went", mixed, s.Records)
			}
			if s := l.set(org, alone, dns.A); !slices.Equal(s.Records, []pdns.Record{off}) {
				t.Errorf("%s holds %+v after ours went", alone, s.Records)
			}
		})
	}
}

// A disabled copy of a value of ours goes with it.
func TestP05_disabledValueOfOursIsRemoved(t *testing.T) {
	l := one(t, org)
	l.plant(org, "vm1.example.org", dns.A, pdns.Record{Content: "192.0.2.10", Disabled: true})
	if r := l.apply(l.open(org), remove("vm1.example.org", "192.0.2.10")); !r[0].Written {
		t.Errorf("%+v, want written", r[0])
	}
	if s := l.set(org, "vm1.example.org", dns.A); len(s.Records) != 0 {
		t.Errorf("still there: %+v", s.Records)
	}
}

// Some backends cannot search; the zone is read then.
func TestP05_searchThatFindsNothingIsNotBelieved(t *testing.T) {
	l := one(t, org)
	off := pdns.Record{Content: "192.0.2.50", Disabled: true}
	for name, hits := range map[string]string{
		"vm1": `[]`,
		"vm2": `[{"zone_id":"example.org.","name":"example.org.","type":"SOA","content":"a b 1 2 3 4 5","ttl":60,"disabled":false}]`,
	} {
		full := name + ".example.org"
		l.servers = new(powerdns.Servers) // what one case taught is forgotten
		l.plant(org, full, dns.A, off)
		l.plant(org, full, dns.A, pdns.Record{Content: "192.0.2.98"})
		l.answer(func(c call, w http.ResponseWriter) bool {
			if strings.HasSuffix(c.path, "/search-data") {
				_, _ = w.Write([]byte(hits))
				return true
			}
			return false
		})
		l.apply(l.open(org), add(full, dns.A, "192.0.2.10"))
		l.holds(full, dns.A, "192.0.2.10", "192.0.2.98")
		if s := l.set(org, full, dns.A); !slices.Contains(s.Records, off) {
			t.Errorf("the disabled record is lost: %+v", s.Records)
		}
	}
}

func TestP06_P07_removal(t *testing.T) {
	l := one(t, org)
	z := l.open(org)
	before := l.serial()
	l.apply(z, remove("vm1.example.org", "192.0.2.10"))
	if w := writes(l.seen()); len(w) > 0 || l.serial() != before {
		t.Errorf("wrote %v to remove nothing", w)
	}
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	l.apply(z, remove("vm1.example.org", "192.0.2.10"))
	l.holds("vm1.example.org", dns.A)
	if s := l.set(org, "vm1.example.org", dns.A); len(s.Records) > 0 {
		t.Errorf("the set is still there: %+v", s)
	}
}

func TestP08_parentAndChildZone(t *testing.T) {
	l := one(t, org, "sub.example.org")
	name := "vm.sub.example.org"
	for _, zone := range []string{org, "sub.example.org"} {
		l.apply(l.open(zone), add(name, dns.A, "192.0.2.10"))
		if s := l.set(zone, name, dns.A); len(s.Records) != 1 {
			t.Errorf("%s holds %+v", zone, s)
		}
	}
	l.holds(name, dns.A, "192.0.2.10")
}

func TestP09_nameOutsideMakesNoCall(t *testing.T) {
	l := one(t, org)
	r := l.open(org).Apply(t.Context(), []dns.Change{add("vm.notexample.org", dns.A, "192.0.2.10")})
	if calls := l.seen(); len(calls) != 0 || !errors.Is(r[0].Err, dns.ErrRefused) {
		t.Errorf("%v with calls %v", r[0].Err, calls)
	}
}

func TestP10_P11_reverseZones(t *testing.T) {
	four, six30, six31 := "2.0.192.in-addr.arpa", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
	l := one(t, four, six30, six31)
	l.apply(l.open(four), reverse("10."+four, "vm1.example.org"))
	l.holds("10."+four, dns.PTR, "vm1.example.org")
	name := "5." + six31 // 2001:db8::15
	for _, zone := range []string{six30, six31} {
		l.apply(l.open(zone), reverse(name, "vm1.example.org"))
		if s := l.set(zone, name, dns.PTR); len(s.Records) != 1 || s.Records[0].Content != "vm1.example.org." {
			t.Errorf("%s holds %+v", zone, s)
		}
	}
	l.holds(name, dns.PTR, "vm1.example.org")
}

func TestP12_caseOfAReverseName(t *testing.T) {
	l := one(t, "2.0.192.in-addr.arpa")
	name := "10.2.0.192.in-addr.arpa"
	l.plant(l.zone, name, dns.PTR, pdns.Record{Content: "VM1.Example.ORG"})
	l.apply(l.open(l.zone), reverse(name, "vm1.example.org"))
	if s := l.set(l.zone, name, dns.PTR); len(writes(l.seen())) > 0 || len(s.Records) != 1 || s.Records[0].Content != "VM1.Example.ORG." {
		t.Errorf("changed to %+v", s)
	}
}

func TestP13_aliasInTheWay(t *testing.T) {
	l := one(t, org)
	l.Plant(t, "vm1.example.org", dnstest.CNAME, "elsewhere.example.net")
	z := l.open(org)
	r := z.Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10"), add("vm2.example.org", dns.A, "192.0.2.11")})
	if !errors.Is(r[0].Err, dns.ErrForeign) || r[1].Err != nil {
		t.Errorf("%+v", r)
	}
	l.holds("vm1.example.org", dnstest.CNAME, "elsewhere.example.net")
	l.holds("vm2.example.org", dns.A, "192.0.2.11")
}

func TestP14_wrongKeyInOneZone(t *testing.T) {
	l := one(t, org, "example.net")
	bad, good := l.open(org, func(c *powerdns.Config) { c.APIKey = "marker-of-a-wrong-key" }), l.open("example.net")
	r := bad.Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")})[0]
	if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "401") || strings.Contains(r.Err.Error(), "marker") {
		t.Errorf("got %v", r.Err)
	}
	if n := len(l.seen()); n != 1 {
		t.Errorf("%d calls with a wrong key, want 1", n)
	}
	l.apply(good, add("vm1.example.net", dns.A, "192.0.2.10"))
	l.holds("vm1.example.net", dns.A, "192.0.2.10")
}

// A zone counts as gone only when a server that knows the key does not list it.
func TestP15_zoneMissing(t *testing.T) {
	l := one(t, org)
	z := l.open("missing.example")
	change := []dns.Change{add("vm1.missing.example", dns.A, "192.0.2.10")}
	if r := z.Apply(t.Context(), change); !errors.Is(r[0].Err, dns.ErrNoZone) {
		t.Errorf("got %v", r[0].Err)
	}
	for name, c := range map[string]struct {
		path string
		say  func(w http.ResponseWriter)
		want error
	}{
		"the API went away":      {"/api/v1/servers/localhost", func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) }, dns.ErrRefused},
		"the key is wrong now":   {"/api/v1/servers/localhost", func(w http.ResponseWriter) { w.WriteHeader(http.StatusUnauthorized) }, dns.ErrRefused},
		"something else answers": {"/api/v1/servers/localhost", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"daemon_type":"recursor"}`)) }, dns.ErrRefused},
		"the zone is listed":     {"/api/v1/servers/localhost/zones", func(w http.ResponseWriter) { _, _ = w.Write([]byte(`[{"name":"missing.example."}]`)) }, nil},
	} {
		l.answer(nil)
		l.apply(l.open(org), add("vm1.example.org", dns.A, "192.0.2.10")) // the version is known from now on
		l.answer(func(seen call, w http.ResponseWriter) bool {
			if seen.path == c.path {
				c.say(w)
			}
			return seen.path == c.path
		})
		r := l.open("missing.example").Apply(t.Context(), change)[0]
		if r.Err == nil || errors.Is(r.Err, dns.ErrNoZone) || c.want != nil && !errors.Is(r.Err, c.want) || c.want == nil && dns.Lasting(r.Err) {
			t.Errorf("%s: %v", name, r.Err)
		}
	}
}

func TestP16_addresses(t *testing.T) {
	l := one(t, org)
	host := strings.TrimPrefix(l.gate.URL, "http://")
	prefixed := httptest.NewServer(http.StripPrefix("/dns/a", l))
	defer prefixed.Close()
	for i, server := range []string{
		"http://" + host, "http://" + host + "/", "  http://" + host + "/api ", "http://" + host + "/api/", "http://" + host + "/api/v1", "http://" + host + "//api/v1/",
		"http://" + host + "/api/v1/servers", "http://" + host + "/api/v1/servers/localhost", "http://" + host + "/api/v1/servers/localhost/",
		"HTTP://" + strings.Replace(host, "127.0.0.1", "LOCALHOST", 1), prefixed.URL + "/dns/a", prefixed.URL + "/dns/a/api/v1/",
	} {
		z := l.open(org, func(c *powerdns.Config) { c.Server = server })
		name := fmt.Sprintf("vm%d.example.org", i)
		l.apply(z, add(name, dns.A, "192.0.2.10"))
		l.holds(name, dns.A, "192.0.2.10")
	}
	for _, c := range l.seen() {
		if strings.Contains(c.path, "//") || !strings.HasPrefix(c.path, "/api/v1/servers/localhost") || strings.HasSuffix(c.path, "/") {
			t.Errorf("path %s", c.path)
		}
	}
	for _, server := range []string{"", "dns.example.org:8081", "ftp://dns.example.org", "http://", "http://user:pass@dns.example.org", "http://dns.example.org/?a=b", "http://dns.example.org/#a"} {
		if _, err := powerdns.New(powerdns.Config{Zone: org, Server: server, APIKey: "k"}, l.servers); err == nil {
			t.Errorf("%q was taken", server)
		}
	}
}

func TestP17_busyServerIsAskedAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		status, times   int // 0 = carried out, and the answer is lost
		patches         int
		wantErr, refuse bool
	}{
		{name: "500 twice", status: 500, times: 2, patches: 3},
		{name: "502 once", status: 502, times: 1, patches: 2},
		{name: "answer lost twice", status: 0, times: 2, patches: 3},
		{name: "500 for ever", status: 500, times: 99, patches: 6, wantErr: true},
		{name: "422", status: 422, times: 99, patches: 1, wantErr: true, refuse: true},
		{name: "409", status: 409, times: 99, patches: 1, wantErr: true, refuse: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := one(t, org)
			var patches atomic.Int32
			l.answer(func(seen call, w http.ResponseWriter) bool {
				if seen.method != http.MethodPatch {
					return false
				}
				if int(patches.Add(1)) > c.times {
					return false
				}
				if c.status == 0 {
					l.pass(seen, httptest.NewRecorder())
					w.WriteHeader(http.StatusGatewayTimeout)
					return true
				}
				w.WriteHeader(c.status)
				return true
			})
			r := l.open(org).Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")})[0]
			if int(patches.Load()) != c.patches || (r.Err != nil) != c.wantErr || r.Err != nil && dns.Lasting(r.Err) != c.refuse {
				t.Errorf("%d patches, %v", patches.Load(), r.Err)
			}
			if !c.wantErr {
				l.holds("vm1.example.org", dns.A, "192.0.2.10")
			}
		})
	}
}

func TestP18_manyWritersOneServer(t *testing.T) {
	l := one(t, org, "example.net")
	var wg sync.WaitGroup
	var all []string
	for i := range 30 {
		address := fmt.Sprintf("192.0.2.%d", i+1)
		all = append(all, address)
		for _, zone := range []string{org, "example.net"} {
			wg.Go(func() {
				l.apply(l.open(zone), add(fmt.Sprintf("vm%d.%s", i, zone), dns.A, address), add("all."+zone, dns.A, address))
			})
		}
	}
	wg.Wait()
	for _, zone := range []string{org, "example.net"} {
		l.holds("all."+zone, dns.A, all...)
		for i, address := range all {
			l.holds(fmt.Sprintf("vm%d.%s", i, zone), dns.A, address)
		}
	}
	for _, c := range l.seen() {
		if c.status >= 500 {
			t.Errorf("%s was answered %d: two wrote at once", c, c.status)
		}
	}
}

func TestP19_redirectIsNotFollowed(t *testing.T) {
	l := one(t, org)
	var reached atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer other.Close()
	l.answer(func(_ call, w http.ResponseWriter) bool {
		w.Header().Set("Location", other.URL+"/api/v1/servers/localhost")
		w.WriteHeader(http.StatusFound)
		return true
	})
	r := l.open(org).Apply(t.Context(), []dns.Change{add("vm1.example.org", dns.A, "192.0.2.10")})[0]
	if !errors.Is(r.Err, dns.ErrRefused) || reached.Load() != 0 || len(l.seen()) != 1 {
		t.Errorf("%v; the other host saw %d requests", r.Err, reached.Load())
	}
}

// 4.7 puts sets of other names that have comments into the answer, without records.
func TestP20_phantomSetsAreIgnored(t *testing.T) {
	l := one(t, org)
	other := pdns.Set{
		Name: "other.example.org.", Type: "A", TTL: 300, ChangeType: "REPLACE", Records: []pdns.Record{{Content: "192.0.2.77"}},
		Comments: []map[string]any{{"content": "hello", "account": "a"}},
	}
	l.must(l.Patch(t.Context(), org, other))
	z := l.open(org)
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	l.holds("vm1.example.org", dns.A, "192.0.2.10")
	l.apply(z, remove("vm1.example.org", "192.0.2.10"))
	l.holds("other.example.org", dns.A, "192.0.2.77")
	z2, err := l.Server.Zone(t.Context(), org)
	l.must(err)
	for _, s := range z2.Sets {
		if s.Name == other.Name && s.Type == "A" && len(s.Comments) != 1 {
			t.Errorf("its comment is lost: %+v", s)
		}
	}
	l.answer(func(c call, w http.ResponseWriter) bool { // the same from a stub, so that it stays when the real one is newer
		if !strings.Contains(c.query, "rrset_name") {
			return false
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "example.org.", "name": "example.org.", "kind": "Native", "rrsets": []any{
			map[string]any{"name": "vm2.example.org.", "type": "A", "ttl": 0, "records": []any{}, "comments": []any{map[string]any{"content": "x"}}},
			map[string]any{"name": "other.example.org.", "type": "A", "ttl": 0, "records": []any{}},
		}})
		return true
	})
	if r := l.apply(z, add("vm2.example.org", dns.A, "192.0.2.12")); !r[0].Written || len(r[0].Found) > 0 {
		t.Errorf("%+v", r[0])
	}
	l.holds("vm2.example.org", dns.A, "192.0.2.12")
}

func TestP21_secondaryZoneIsRefused(t *testing.T) {
	l := one(t, org)
	l.must(l.CreateZone(t.Context(), "second.example", "Native"))
	_, err := l.Call(t.Context(), http.MethodPut, pdns.ZonePath("second.example"), map[string]any{"kind": "Slave"}, nil)
	l.must(err)
	z := l.open("second.example")
	r := z.Apply(t.Context(), []dns.Change{add("vm1.second.example", dns.A, "192.0.2.10")})[0]
	if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "secondary zone") {
		t.Errorf("got %v", r.Err)
	}
	found := z.Test(t.Context())
	if last := found[len(found)-1]; last.Level != dns.Failed || last.Step != "writable" {
		t.Errorf("test: %+v", found)
	}
	if w := writes(l.seen()); len(w) > 0 {
		t.Errorf("wrote %v", w)
	}
}

func TestP22_serialThatNeverMovesIsAWarning(t *testing.T) {
	l := one(t, org)
	z := l.open(org)
	warned := func() bool {
		return slices.ContainsFunc(z.Test(t.Context()), func(f dns.Finding) bool { return f.Level == dns.Warning && strings.Contains(f.Text, "serial") })
	}
	if warned() {
		t.Error("warned of a zone whose serial moves")
	}
	_, err := l.Call(t.Context(), http.MethodPut, pdns.ZonePath(org), map[string]any{"soa_edit_api": ""}, nil)
	l.must(err)
	if !warned() {
		t.Errorf("no warning: %+v", z.Test(t.Context()))
	}
}

func TestP23_hugeZone(t *testing.T) {
	l := one(t, org)
	l.must(l.Exec(t.Context(), `INSERT INTO records (domain_id, name, type, content, ttl, disabled, auth)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100000)
		SELECT (SELECT id FROM domains WHERE name='example.org'), 'h'||i||'.example.org', 'A', '10.'||(i/65536)||'.'||((i/256)%256)||'.'||(i%256), 300, 0, 1 FROM n;`))
	began := time.Now()
	l.apply(l.open(org), add("vm1.example.org", dns.A, "192.0.2.10"))
	if took := time.Since(began); took > 10*time.Second { // 0.7 s on an idle machine, nearly all of it the server's rectify
		t.Errorf("took %s", took)
	}
	read := 0
	for _, c := range l.seen() {
		read += c.answered
	}
	if read > 100_000 {
		t.Errorf("%d bytes were read", read)
	}
	l.holds("vm1.example.org", dns.A, "192.0.2.10")
	l.holds("h99999.example.org", dns.A, "10.1.134.159")
}

func TestP24_spellingOfAnAddress(t *testing.T) {
	l := one(t, org)
	l.plant(org, "vm1.example.org", dns.AAAA, pdns.Record{Content: "2001:DB8:0:0::1"})
	l.apply(l.open(org), add("vm1.example.org", dns.AAAA, "2001:db8::1"), add("vm2.example.org", dns.AAAA, "2001:DB8:0:0::2"))
	l.holds("vm1.example.org", dns.AAAA, "2001:db8::1")
	l.holds("vm2.example.org", dns.AAAA, "2001:db8::2")
	if w := writes(l.seen()); len(w) != 1 || strings.Contains(string(w[0].body), "vm1") {
		t.Errorf("wrote %s", w[0].body)
	}
}

func TestP25_signedZoneIsRectified(t *testing.T) {
	l := one(t, org)
	_, err := l.Call(t.Context(), http.MethodPut, pdns.ZonePath(org), map[string]any{"dnssec": true, "api_rectify": false}, nil)
	l.must(err)
	z := l.open(org)
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"), add("vm2.example.org", dns.A, "192.0.2.11"))
	w := writes(l.seen())
	if len(w) != 2 || w[0].method != http.MethodPatch || w[1].method != http.MethodPut || !strings.HasSuffix(w[1].path, "/rectify") || w[1].status != http.StatusOK {
		t.Errorf("wrote %v, want one PATCH and then one rectify", w)
	}
	l.holds("vm1.example.org", dns.A, "192.0.2.10")
	l.apply(z, add("vm1.example.org", dns.A, "192.0.2.10"))
	if w := writes(l.seen()); len(w) > 0 {
		t.Errorf("wrote %v where nothing changed", w)
	}
	l.answer(func(c call, w http.ResponseWriter) bool {
		if strings.HasSuffix(c.path, "/rectify") {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		return strings.HasSuffix(c.path, "/rectify")
	})
	if r := l.apply(z, add("vm3.example.org", dns.A, "192.0.2.12")); r[0].Warning == "" || !r[0].Written {
		t.Errorf("%+v, want a warning", r[0])
	}
}

// resync of a VM with two IPv4 addresses, one IPv6 address and their reverse names.
func resync() map[string][]dns.Change {
	six := "8.b.d.0.1.0.0.2.ip6.arpa"
	return map[string][]dns.Change{
		org: {
			{Name: "vm1.example.org", Type: dns.A, TTL: 300, Add: []string{"192.0.2.10", "192.0.2.11"}, Remove: []string{"192.0.2.9", "192.0.2.10"}},
			{Name: "vm1.example.org", Type: dns.AAAA, TTL: 300, Add: []string{"2001:db8::10"}, Remove: []string{"2001:db8::9"}},
		},
		"2.0.192.in-addr.arpa": {
			{Name: "10.2.0.192.in-addr.arpa", Type: dns.PTR, TTL: 300, Add: []string{"vm1.example.org"}, Remove: []string{"old.example.org"}, Sole: true},
			{Name: "11.2.0.192.in-addr.arpa", Type: dns.PTR, TTL: 300, Add: []string{"vm1.example.org"}, Sole: true},
		},
		six: {{Name: "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." + six, Type: dns.PTR, TTL: 300, Add: []string{"vm1.example.org"}, Sole: true}},
	}
}

func (l *lab) resynced() {
	l.t.Helper()
	l.holds("vm1.example.org", dns.A, "192.0.2.10", "192.0.2.11", "192.0.2.99")
	l.holds("vm1.example.org", dns.AAAA, "2001:db8::10")
	for _, changes := range resync() {
		for _, c := range changes {
			if c.Type == dns.PTR {
				l.holds(c.Name, dns.PTR, "vm1.example.org")
			}
		}
	}
	l.holds("12.2.0.192.in-addr.arpa", dns.PTR, "theirs.example.net")
}

func resyncLab(t *testing.T) *lab {
	t.Helper()
	l := one(t, org, "2.0.192.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa")
	for _, v := range []string{"192.0.2.9", "192.0.2.10", "192.0.2.99"} {
		l.plant(org, "vm1.example.org", dns.A, pdns.Record{Content: v})
	}
	l.plant(org, "vm1.example.org", dns.AAAA, pdns.Record{Content: "2001:db8::9"})
	l.plant("2.0.192.in-addr.arpa", "10.2.0.192.in-addr.arpa", dns.PTR, pdns.Record{Content: "old.example.org"})
	l.plant("2.0.192.in-addr.arpa", "12.2.0.192.in-addr.arpa", dns.PTR, pdns.Record{Content: "theirs.example.net"})
	return l
}

func TestP26_resyncIsOnePatchPerZone(t *testing.T) {
	l := resyncLab(t)
	for round, want := range []int{1, 0} {
		for zone, changes := range resync() {
			l.apply(l.open(zone), changes...)
			if w := writes(l.seen()); len(w) != want {
				t.Errorf("round %d: %s was written %d times, want %d", round, zone, len(w), want)
			}
		}
		l.resynced()
	}
}

func TestP27_TTL(t *testing.T) {
	l := one(t, org)
	z := l.open(org)
	for ttl, want := range map[int]int{0: 60, -5: 60, 59: 60, 61: 61, 86401: 86400, 1 << 40: 86400} {
		c := add("vm1.example.org", dns.A, "192.0.2.10")
		c.TTL = ttl
		l.apply(z, c)
		if got := l.TTL(t, c.Name, dns.A); got != want {
			t.Errorf("TTL %d is served as %d, want %d", ttl, got, want)
		}
		for _, w := range writes(l.seen()) {
			if !strings.Contains(string(w.body), fmt.Sprintf(`"ttl":%d,`, want)) {
				t.Errorf("sent %s", w.body)
			}
		}
	}
}

// The server dies before, within or after each write; what was begun converges.
func TestP28_serverIsKilled(t *testing.T) {
	for at := range 3 {
		t.Run(fmt.Sprintf("at zone %d", at), func(t *testing.T) {
			l := resyncLab(t)
			var n atomic.Int32
			l.answer(func(c call, _ http.ResponseWriter) bool {
				if c.method == http.MethodPatch && int(n.Add(1)) == at+1 {
					go l.Kill()
					time.Sleep(time.Duration(at) * 2 * time.Millisecond)
				}
				return false
			})
			hasty := func(c *powerdns.Config) { c.Tries = wire.Tries{Max: 2, First: time.Millisecond, Cap: time.Millisecond} }
			failed := 0
			for zone, changes := range resync() {
				for _, r := range l.open(zone, hasty).Apply(t.Context(), changes) {
					if r.Err != nil {
						failed++
						if dns.Lasting(r.Err) {
							t.Errorf("a dead server counts as a lasting error: %v", r.Err)
						}
					}
				}
			}
			l.Kill() // and surely now
			l.answer(nil)
			l.must(l.Restart(t.Context()))
			for zone, changes := range resync() {
				l.apply(l.open(zone), changes...)
			}
			l.resynced()
			if s := l.set(org, "vm1.example.org", dns.A); len(s.Records) != 3 {
				t.Errorf("duplicates: %+v (%d changes had failed)", s.Records, failed)
			}
		})
	}
}
