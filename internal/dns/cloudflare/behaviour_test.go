package cloudflare_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

func TestApply_oneBadRecordInABatch_stopsNoOther(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Plant(forward, cffake.Record{Name: "vm0.example.org", Type: "A", Content: "192.0.2.1", Comment: house})
	var changes []dns.Change
	for i := range 30 {
		changes = append(changes, set(fmt.Sprintf("vm%d.example.org", i), dns.A, fmt.Sprintf("192.0.2.%d", i+10)))
	}
	changes[0].Remove = []string{"192.0.2.1"}
	changes[7].TTL = 7
	changes[23].Add = append(changes[23].Add, "192.0.2.999") // half of this one can be done
	for i, r := range l.apply(l.zone(nil), changes...) {
		bad := i == 7 || i == 23
		if errors.Is(r.Err, dns.ErrRefused) != bad || r.Written != (i != 7) {
			t.Errorf("%s: %+v", changes[i].Name, r)
		}
	}
	if n := len(l.fake.Records(forward, "", "A")); n != 29 {
		t.Errorf("%d records, want 29", n)
	}
	l.holds(forward, "vm0.example.org", "A", "192.0.2.10")
	l.holds(forward, "vm23.example.org", "A", "192.0.2.33")
	if n := len(l.bodies("POST")); n > 25 {
		t.Errorf("%d writes to find two bad records of 30", n)
	}
}

func TestApply_takeOver_keepsTheirsUntilOursIsThere(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	name := "10.2.0.192.in-addr.arpa"
	l.fake.Plant(reverse, cffake.Record{Name: name, Type: "PTR", Content: "theirs.example.net"})
	c := set(name, dns.PTR, "not a host name")
	c.TakeOver = true
	if r := l.apply(l.zone(toReverse), c)[0]; !errors.Is(r.Err, dns.ErrRefused) || r.Written {
		t.Errorf("%+v, want refused", r)
	}
	l.holds(reverse, name, "PTR", "theirs.example.net")
}

func TestApply_foreignPTR_isNamed(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	name := "10.2.0.192.in-addr.arpa"
	l.fake.Plant(reverse, cffake.Record{Name: name, Type: "PTR", Content: "theirs.example.net."})
	r := l.apply(l.zone(toReverse), set(name, dns.PTR, "vm1.example.org"))[0]
	if !errors.Is(r.Err, dns.ErrForeign) || !strings.Contains(r.Err.Error(), "theirs.example.net,") {
		t.Errorf("%+v, want the other name", r)
	}
}

func TestApply_severalTypesOfOneName_takeOneLook(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"), set(vm, dns.AAAA, "2001:db8::10"))
	l.saw("GET", "POST batch")
}

// Changes of one set come one after the other: the later one sees what the earlier one did.
func TestApply_laterChangeOfASet_seesTheEarlierOne(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10"})
	for _, r := range l.apply(l.zone(nil), drop("192.0.2.10"), set(vm, dns.A, "192.0.2.10"), set(vm, dns.A, "192.0.2.11")) {
		if r.Err != nil || !r.Written {
			t.Errorf("%+v, want written", r)
		}
	}
	l.holds(forward, vm, "A", "192.0.2.10", "192.0.2.11")
}

func TestApply_anotherTTL_isPatchedInPlace(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	z, c := l.zone(nil), set(vm, dns.A, "192.0.2.10", "192.0.2.11")
	l.one(z, c)
	before := l.fake.Records(forward, vm, "A")
	c.TTL = 600
	l.one(z, c)
	for i, r := range l.fake.Records(forward, vm, "A") {
		if r.ID != before[i].ID || r.TTL != 600 {
			t.Errorf("record %+v, was %+v", r, before[i])
		}
	}
	l.saw("GET", "POST batch", "GET", "POST batch")
}

// A token with DNS edit alone cannot see the zone; its records tell whose zone it is.
func TestApply_tokenWithoutZoneRead(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		there string // a record of the zone
		good  bool
	}{"records of the zone": {"www.example.org", true}, "empty zone": {"", false}, "records of another zone": {"www.example.net", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, func(c *cffake.Config) { c.Tokens[0].Rights[forward] = cffake.DNSRead | cffake.DNSWrite })
			if tc.there != "" {
				l.fake.Plant(forward, cffake.Record{Name: tc.there, Type: "TXT", Content: "x"})
			}
			z := l.zone(nil)
			r := l.apply(z, set(vm, dns.A, "192.0.2.10"))[0]
			if (r.Err == nil) != tc.good || !tc.good && (!errors.Is(r.Err, dns.ErrRefused) || len(l.bodies("POST")) > 0) {
				t.Errorf("%+v, want good: %t", r, tc.good)
			}
			want := dns.Failed
			if tc.good {
				want = dns.Warning
			}
			if f := finding(z.Test(t.Context()), "zone"); f.Level != want {
				t.Errorf("finding %+v, want %s", f, want)
			}
		})
	}
}

// A 403 is not the end of a zone: the token may have lost its right. A zone that came back under another ID is.
func TestApply_missingZone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		unknown bool // Cloudflare says that there is no such zone
		another string
		want    error
		words   string
	}{
		"denied":           {false, "", dns.ErrRefused, "(9109)"},
		"unknown":          {true, "", dns.ErrNoZone, "no zone with this zone ID"},
		"under another ID": {true, strings.Repeat("4", 32), dns.ErrNoZone, strings.Repeat("4", 32)},
	} {
		l := open(t, func(c *cffake.Config) { c.SaysUnknown = tc.unknown })
		z := l.zone(nil)
		l.one(z, set(vm, dns.A, "192.0.2.10"))
		l.fake.RemoveZone(forward)
		if tc.another != "" {
			l.fake.AddZone(cffake.Zone{ID: tc.another, Name: "example.org"})
			l.fake.AddToken(cffake.Token{Value: marker, Rights: map[string]cffake.Right{tc.another: cffake.Edit}})
		}
		l.apply(z, drop("192.0.2.10")) // what is known of the zone is forgotten at the latest now
		for _, c := range []dns.Change{drop("192.0.2.10"), set(vm, dns.A, "192.0.2.10")} {
			if r := l.apply(z, c)[0]; !errors.Is(r.Err, tc.want) || name != "denied" && !strings.Contains(r.Err.Error(), tc.words) {
				t.Errorf("%s: %+v, want %v with %q", name, r, tc.want, tc.words)
			}
		}
	}
}

func TestApply_unknownZoneAndRevokedToken_isNotGone(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *cffake.Config) { c.SaysUnknown = true })
	l.fake.RemoveZone(forward)
	l.fake.Fail(cffake.Fault{Path: "/zones", Skip: 1, Status: 401, Body: `{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}]}`})
	if r := l.apply(l.zone(nil), drop("192.0.2.10"))[0]; errors.Is(r.Err, dns.ErrNoZone) || r.Err == nil {
		t.Errorf("%+v: that the zone is gone was not proved", r)
	}
}

// An outage says nothing about the token, whatever code it carries.
func TestApply_outageWithACode_passes(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Path: "/zones", Times: 1, Status: 503, Body: `{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}`})
	l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10"))
}

func finding(all []dns.Finding, step string) dns.Finding {
	for _, f := range all {
		if f.Step == step && f.Level != dns.OK {
			return f
		}
	}
	for _, f := range all {
		if f.Step == step {
			return f
		}
	}
	return dns.Finding{}
}

func TestTest_tellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	soon := time.Now().Add(10 * 24 * time.Hour).UTC()
	for name, tc := range map[string]struct {
		world  func(*cffake.Config)
		client func(*cloudflare.Config)
		step   string
		level  dns.Level
		words  string
	}{
		"good":                  {nil, nil, "writable", dns.OK, "may edit"},
		"token expires":         {func(c *cffake.Config) { c.Tokens[0].Expires = soon.Format(time.RFC3339) }, nil, "reachable", dns.Warning, soon.Format(time.DateOnly)},
		"token disabled":        {func(c *cffake.Config) { c.Tokens[0].Status = "disabled" }, nil, "reachable", dns.Failed, "disabled"},
		"token unknown":         {func(c *cffake.Config) { c.Tokens = nil }, nil, "reachable", dns.Failed, "Invalid API Token (1000)"},
		"from another address":  {func(c *cffake.Config) { c.Tokens[0].IPs = []string{"192.0.2.1"} }, nil, "reachable", dns.Failed, "from location: 127.0.0.1"},
		"account's, no account": {func(c *cffake.Config) { c.Tokens[0].Account = owner }, nil, "reachable", dns.Warning, "enter the account ID"},
		"wrong account":         {nil, func(c *cloudflare.Config) { c.AccountID = forward }, "zone", dns.Warning, owner},
		"pending":               {func(c *cffake.Config) { c.Zones[0].Status = "pending" }, nil, "zone", dns.Warning, "nobody sees"},
		"secondary":             {func(c *cffake.Config) { c.Zones[0].Type = "secondary" }, nil, "zone", dns.Failed, "secondary"},
		"no right":              {func(c *cffake.Config) { c.Tokens[0].Rights[forward] = 0 }, nil, "zone", dns.Failed, "Unauthorized to access requested resource (9109)"},
		"ID of the other zone":  {func(c *cffake.Config) { c.Tokens[0].Rights = map[string]cffake.Right{forward: cffake.Edit} }, func(c *cloudflare.Config) { c.ZoneID = reverse }, "zone", dns.Failed, forward},
		"no DNS read":           {func(c *cffake.Config) { c.Tokens[0].Rights[forward] = cffake.ZoneRead }, nil, "read records", dns.Failed, "Authentication error (10000)"},
		"Free reverse zone":     {nil, toReverse, "read records", dns.Warning, "Free zone"},
		"read only":             {nil, func(c *cloudflare.Config) { c.Token = readOnly }, "writable", dns.Failed, "DNS edit permission"},
		"permissions not shown": {func(c *cffake.Config) { c.Zones[0].HidesPermissions = true }, nil, "writable", dns.Warning, "does not tell"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, tc.world)
			found := l.zone(tc.client).Test(t.Context())
			if f := finding(found, tc.step); f.Level != tc.level || !strings.Contains(f.Text, tc.words) {
				t.Errorf("findings %+v, want %s %s with %q", found, tc.step, tc.level, tc.words)
			}
			for i, f := range found {
				if f.Level == dns.Failed && i != len(found)-1 {
					t.Errorf("findings %+v go on after a failure", found)
				}
			}
			for _, c := range l.fake.Calls() {
				if c.Write() {
					t.Errorf("the test wrote: %+v", c)
				}
			}
		})
	}
}
