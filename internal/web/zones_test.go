package web_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestZonePages_escapeEveryValue(t *testing.T) {
	t.Parallel()
	p := pages(t)
	site := web.Site{Link: "addonmodules.php?module=puq_proxmox_kvm", Token: script, Page: "zones"}
	zone := web.Zone{ID: 1, Name: script, Type: script, Server: script, Kind: "zone_forward", Fault: script}
	in := web.Input{Name: script, Label: script, Value: script, Placeholder: script, Hint: script, Wrong: script}
	for name, render := range map[string]func() (string, error){
		"list": func() (string, error) {
			return p.Zones(web.Zones{Site: site, Search: script, All: 1, Rows: []web.Zone{zone}, Columns: []web.Column{{Key: "id", URL: "javascript:1", Sorted: script}}})
		},
		"form": func() (string, error) {
			return p.ZoneForm(web.ZoneForm{Site: site, ID: 1, Revision: script, Fault: script, Name: in, TTL: in, Type: in, Types: []web.ZoneType{{ID: script, Label: script, Fields: []web.Input{in}}}})
		},
		"end": func() (string, error) {
			return p.ZoneEnd(web.ZoneEnd{Site: site, Zone: zone, Revision: script, Fault: script})
		},
		"test": func() (string, error) {
			return p.ZoneTest(web.ZoneTest{Site: site, Zone: zone, Findings: []web.Finding{{Step: script, Level: script, Text: script}}})
		},
		"records": func() (string, error) {
			return p.ZoneRecords(web.ZoneRecords{Site: site, Zone: zone, Search: script, Here: script, Refresh: 1, Rows: []web.ZoneRecord{{Name: script, Type: script, Value: script, Wanted: "zone_wanted_write", Error: script}}})
		},
	} {
		html, err := render()
		if err != nil || strings.Contains(strings.ToLower(html), "<script") || strings.Contains(html, "javascript:") || !strings.Contains(html, "&lt;script&gt;") {
			t.Errorf("%s: %v\n%s", name, err, html)
		}
	}
}

// A secret's field never has a value, whatever it is given.
func TestZoneForm_showsNoSecret(t *testing.T) {
	t.Parallel()
	in := web.Input{Name: "powerdns_api_key", Label: "API Key", Value: "s3cret", Secret: true}
	html, err := pages(t).ZoneForm(web.ZoneForm{Types: []web.ZoneType{{ID: "powerdns", Label: "PowerDNS", Fields: []web.Input{in}}}})
	if err != nil || strings.Contains(html, "s3cret") || !strings.Contains(html, `name="secret[powerdns_api_key]"`) {
		t.Errorf("%v\n%s", err, html)
	}
}

func TestPagerOf_leadsBackAndForth(t *testing.T) {
	t.Parallel()
	link := func(from int) string { return strings.Repeat("x", from) + "!" }
	for _, c := range []struct {
		offset, shown, count int
		want                 web.Pager
	}{
		{0, 0, 0, web.Pager{}},
		{0, 3, 3, web.Pager{First: 1, Last: 3, Count: 3}},
		{0, 3, 5, web.Pager{First: 1, Last: 3, Count: 5, Next: "xxx!"}},
		{3, 2, 5, web.Pager{First: 4, Last: 5, Count: 5, Back: "!"}},
		{2, 3, 9, web.Pager{First: 3, Last: 5, Count: 9, Back: "!", Next: "xxxxx!"}},
	} {
		if got := web.PagerOf(c.offset, 3, c.shown, c.count, link); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c, got, c.want)
		}
	}
}

// Without the query of its address a form of method get still leads to its page.
func TestHidden_carriesTheAddressOfThePage(t *testing.T) {
	t.Parallel()
	got := web.Site{Link: "addonmodules.php?module=puq_proxmox_kvm"}.Hidden("zones", "part", "a b&c", "id", "")
	want := []web.Pair{{"module", "puq_proxmox_kvm"}, {"page", "zones"}, {"part", "a b&c"}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
}
