package hestia_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/hestiafake"
	"github.com/kvmbridge/kvmbridge/internal/dns/hestia"
)

func (l *lab) tryOpen(zone string) (*hestia.Zone, error) {
	return hestia.New(l.config(zone), l.servers)
}

func TestTest_failuresHaveDistinctTexts(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for name, c := range map[string]struct {
		zone, step string
		breaks     func(*hestiafake.State)
		words      []string
	}{
		"no zone":        {"other.example", "zone", nil, []string{"no zone other.example"}},
		"parent":         {"www2.example.org", "zone", nil, []string{"did you mean example.org?"}},
		"zone suspended": {forward, "zone", func(s *hestiafake.State) { s.Zone("cust", forward).Suspended = true }, []string{"zone example.org is suspended"}},
		"user suspended": {forward, "writable", func(s *hestiafake.State) { s.Users["cust"].Suspended = true }, []string{"user cust is suspended"}},
		"no room":        {forward, "writable", func(s *hestiafake.State) { s.Users["cust"].Limit = 2 }, []string{"allows 2 records"}},
		"list broken": {forward, "read records", func(s *hestiafake.State) {
			s.Faults = []hestiafake.Fault{{Cmd: listCall, Status: 200, Body: `{"1": {"RECORD": "a"`}}
		}, []string{"list of records cannot be read"}},
		"away": {forward, "reachable", func(s *hestiafake.State) { s.Down = true }, nil},
	} {
		l := newLab(t)
		l.fill(forward)
		if c.breaks != nil {
			l.set(c.breaks)
		}
		texts[l.fails(l.open(l.config(c.zone)), c.step, c.words...)] = name
		if n := l.panel.Writes(); n > 0 {
			t.Errorf("%s: %d writes", name, n)
		}
	}
	if len(texts) != 7 {
		t.Errorf("texts are not distinct: %v", texts)
	}
}

func TestTest_warns(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	z := l.zone(forward)
	l.set(func(s *hestiafake.State) {
		zone := s.Zone("cust", forward)
		zone.Records = append(zone.Records, zone.Records[1])
		s.Users["cust"].Limit = 100
	})
	found := l.findings(z)
	if w := found[3]; w.Step != "read records" || w.Level != dns.Warning || !strings.Contains(w.Text, "the id 2") {
		t.Errorf("duplicate id: %+v", found)
	}
	if last := found[4]; last.Level != dns.OK || !strings.Contains(last.Text, "100 records, 3 are there") {
		t.Errorf("%+v", last)
	}
	l.set(func(s *hestiafake.State) {
		s.Faults = []hestiafake.Fault{{Cmd: "v-list-user", Status: 200, Body: "OK"}}
	})
	found = l.findings(z)
	if last := found[len(found)-1]; last.Step != "writable" || last.Level != dns.Warning || !strings.Contains(last.Text, "not be proven") {
		t.Errorf("%+v", last)
	}
}

func TestAccessKeys(t *testing.T) {
	t.Parallel()
	needed := []string{"v-list-dns-domains", "v-list-dns-domain", listCall, addCall, delCall, setCall}
	without := func(cmds ...string) []string {
		return slices.DeleteFunc(slices.Clone(needed), func(c string) bool { return slices.Contains(cmds, c) })
	}
	for name, c := range map[string]struct {
		key   hestiafake.Key
		set   func(*hestiafake.State)
		step  string
		level dns.Level
		words string
	}{
		"all":                 {hestiafake.Key{User: "admin"}, nil, "writable", dns.OK, "may write"},
		"what is needed":      {hestiafake.Key{User: "admin", Commands: needed}, nil, "writable", dns.Warning, "v-list-user"},
		"shipped profile":     {hestiafake.Key{User: "admin", Commands: without(addCall, delCall)}, nil, "writable", dns.Failed, "may not run " + addCall},
		"no delete":           {hestiafake.Key{User: "admin", Commands: without(delCall)}, nil, "writable", dns.Failed, "may not run " + delCall},
		"no list":             {hestiafake.Key{User: "admin", Commands: []string{addCall}}, nil, "reachable", dns.Failed, "may not run the command"},
		"of an ordinary user": {hestiafake.Key{User: "cust"}, nil, "reachable", dns.Failed, "API for all users"},
		"of the owner":        {hestiafake.Key{User: "cust"}, func(s *hestiafake.State) { s.UserKeys = true }, "writable", dns.OK, "may write"},
		"of another user":     {hestiafake.Key{User: "eve"}, func(s *hestiafake.State) { s.UserKeys = true }, "reachable", dns.Failed, "another user"},
		"wrong secret":        {hestiafake.Key{User: "admin", Secret: "x"}, nil, "reachable", dns.Failed, "code 9"},
		"API off":             {hestiafake.Key{User: "admin"}, func(s *hestiafake.State) { s.API = hestiafake.BySetting }, "reachable", dns.Failed, "code 11"},
		"address not on list": {hestiafake.Key{User: "admin"}, func(s *hestiafake.State) { s.Allowed = nil }, "reachable", dns.Failed, "allow-list"},
		"0.0.0.0 on the list": {hestiafake.Key{User: "admin"}, func(s *hestiafake.State) { s.Allowed = []string{"0.0.0.0"} }, "writable", dns.OK, "may write"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.fill(forward)
			if c.key.Secret == "" {
				c.key.Secret = keySecret
			}
			l.set(func(s *hestiafake.State) { s.Keys[keyID] = c.key })
			if c.set != nil {
				l.set(c.set)
			}
			cfg := l.config(forward)
			cfg.Admin, cfg.Password = "", keyID+":"+keySecret
			z, before := l.open(cfg), l.panel.Records("cust", forward)
			found := l.findings(z)
			if last := found[len(found)-1]; last.Step != c.step || last.Level != c.level || !strings.Contains(last.Text, c.words) {
				t.Errorf("%+v", last)
			}
			if !slices.Equal(before, l.panel.Records("cust", forward)) {
				t.Error("the test changed records")
			}
			if c.level == dns.Failed {
				return
			}
			if r := l.good(z, set("vm1.example.org", dns.A, "192.0.2.10")); r.Warning != "" {
				t.Errorf("%+v", r)
			}
			if !l.call(addCall).Key {
				t.Error("not sent as a key")
			}
		})
	}
}
