package zones

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Pressing a head sorts by its column, pressing it again turns the order round, and the search stays.
func TestColumns_sortAndTurnRound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sort, order, id, zone, typ string }{
		{"", "", "ascending sort=id&order=down", " sort=zone", " sort=type"},
		{"id", "down", "descending sort=id", " sort=zone", " sort=type"},
		{"zone", "", " sort=id", "ascending sort=zone&order=down", " sort=type"},
		{"type", "down", " sort=id", " sort=zone", "descending sort=type"},
		{"nonsense", "", "ascending sort=id&order=down", " sort=zone", " sort=type"},
	} {
		r := &pages.Request{Site: web.Site{Link: "a.php?m=1"}}
		var got []string
		list := columns(r, zonedesk.Query{Search: "x y", Sort: c.sort, Down: c.order == "down"})
		for _, column := range list {
			if column.URL != "" {
				_, rest, _ := strings.Cut(column.URL, "a.php?m=1&page=zones&search=x+y&")
				got = append(got, column.Sorted+" "+rest)
			}
		}
		if d := cmp.Diff([]string{c.id, c.zone, c.typ}, got); d != "" || list[7].Key != "actions" {
			t.Errorf("%s %s (-want +got):\n%s", c.sort, c.order, d)
		}
	}
}

// Only the fields of the chosen type count, and a secret only where secrets come from.
func TestTyped_takesTheChosenType(t *testing.T) {
	t.Parallel()
	r := &pages.Request{
		Form: url.Values{
			"zone": {"example.org"}, "type": {"powerdns"}, "ttl": {" 600 "}, "take_over": {"1"}, "powerdns_server": {"http://192.0.2.1:8081"}, "powerdns_api_key": {"typed as text"},
			"hestiacp_server": {"https://192.0.2.2:8083"}, "powerdns_colour": {"red"},
		},
		Secrets: map[string]string{"powerdns_api_key": "k", "hestiacp_password": "p"},
	}
	want := zones.Zone{Name: "example.org", Provider: "powerdns", TTL: 600, TakeOver: true, Fields: map[string]string{"server": "http://192.0.2.1:8081", "api_key": "k"}}
	if d := cmp.Diff(want, typed(r)); d != "" {
		t.Error(d)
	}
	for text, want := range map[string]int{"": 0, " ": 0, "0": -1, "x": -1, "300": 300, "-5": -5} {
		if got := ttl(text); got != want {
			t.Errorf("the TTL %q is %d, want %d", text, got, want)
		}
	}
}

func TestPause_isShortWhileSomethingIsUnderWay(t *testing.T) {
	t.Parallel()
	later, now, never := web.ZoneRecord{Next: time.Unix(1, 0)}, web.ZoneRecord{Next: time.Unix(1, 0), Now: true}, web.ZoneRecord{}
	for want, rows := range map[int][]web.ZoneRecord{0: {never, never}, 15: {never, later}, 2: {later, now, never}} {
		if got := pause(rows); got != want {
			t.Errorf("%v: %d, want %d", rows, got, want)
		}
	}
}
