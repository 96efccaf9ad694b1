package pools

import (
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestSpanOf_staysInsideTheList(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from string
		n    int
		want string
	}{
		{"", 25, "1-10 of 25 [ 10]"},
		{"10", 25, "11-20 of 25 [0 20]"},
		{"20", 25, "21-25 of 25 [10 ]"},
		{"5", 25, "6-15 of 25 [0 15]"},
		{"999", 25, "21-25 of 25 [10 ]"},
		{"-3", 25, "1-10 of 25 [ 10]"},
		{"x", 10, "1-10 of 10 [ ]"},
		{"10", 10, "1-10 of 10 [ ]"},
		{"", 0, "0-0 of 0 [ ]"},
	} {
		p, from, to := pagerOf(c.from, c.n, 10, strconv.Itoa)
		if got := fmt.Sprintf("%d-%d of %d [%s %s]", p.First, p.Last, p.Count, p.Back, p.Next); got != c.want || from != max(p.First-1, 0) || to != p.Last {
			t.Errorf("%q of %d = %s (%d, %d), want %s", c.from, c.n, got, from, to, c.want)
		}
	}
}

func sample(id int64, server, start string, used, total int64) pools.Pool {
	f := ippool.Form{Server: "1", Type: "ipv4", Bridge: fmt.Sprint("vmbr", 9-id), VLAN: strconv.FormatInt(id*9, 10), Gateway: fmt.Sprintf("10.0.0.%d", 200-id), Mask: strconv.FormatInt(20+id, 10), Start: start, Stop: start}
	p, _ := f.Pool()
	return pools.Pool{ID: id, ServerName: server, Form: f, Pool: p, Usage: ippool.Usage{Used: int(used), Total: big.NewInt(total)}}
}

// Every column but the actions sorts, numbers as numbers and addresses as addresses.
func TestView_sortsByEveryColumn(t *testing.T) {
	t.Parallel()
	list := []pools.Pool{sample(1, "b", "10.0.0.9", 1, 2), sample(2, "a", "10.0.0.100", 1, 3), sample(3, "C", "9.9.9.9", 2, 3)}
	for key, want := range map[string]string{"id": "123", "server": "213", "type": "123", "bridge": "321", "vlan": "123", "gateway": "321", "mask": "123", "range": "312", "usage": "213"} {
		for _, down := range []bool{false, true} {
			all := append([]pools.Pool(nil), list...)
			view{sort: order(key), down: down}.arrange(all)
			got := fmt.Sprintf("%d%d%d", all[0].ID, all[1].ID, all[2].ID)
			if down && key != "type" {
				got = got[2:] + got[1:2] + got[:1]
			}
			if got != want {
				t.Errorf("%s, downwards %v: %s, want %s", key, down, got, want)
			}
		}
	}
	v := view{r: &pages.Request{Site: web.Site{Link: "x.php?module=m", Page: "pools"}}, search: "a b", sort: "vlan"}
	for _, c := range v.columns() {
		key := strings.TrimPrefix(c.Key, "pool_")
		want := "x.php?module=m&page=pools&q=a+b&sort=" + key
		switch key {
		case "actions":
			want = ""
		case "id":
			want = "x.php?module=m&page=pools&q=a+b"
		case "vlan":
			want += "&down=1"
		}
		if c.URL != want || (c.Sorted == "ascending") != (key == "vlan") {
			t.Errorf("%s: %s %q, want %s", c.Key, c.URL, c.Sorted, want)
		}
	}
}

func TestFits_findsWhatTheRowShows(t *testing.T) {
	t.Parallel()
	p := sample(7, "Main cluster", "10.0.0.9", 2, 29)
	for search, want := range map[string]bool{
		"": true, "main": true, "MAIN 10.0.0.9": true, "(id: 1)": true, "vmbr2": true, "6.9%": true, "(2/29)": true, "classless": true, "IPV4": true, "vmbr3": false, "main vmbr3": false,
	} {
		if fits(p, search) != want {
			t.Errorf("%q: %v, want %v", search, !want, want)
		}
	}
}

func TestHint_saysWhatCanBeToldSoFar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    ippool.Form
		want string
	}{
		{ippool.Form{}, " "},
		{ippool.Form{Gateway: "203.0.113.1"}, " "},
		{ippool.Form{Gateway: "203.0.113.1", Mask: "24"}, "113.0.203.in-addr.arpa "}, // the example of product-spec §9.3
		{ippool.Form{Gateway: "203.0.113.1", Mask: "2x"}, " "},
		{ippool.Form{Gateway: "203.0.113.1", Mask: "25"}, "classless delegation required "},
		{ippool.Form{Type: "ipv6", Gateway: "203.0.113.1", Mask: "64"}, " "},
		{ippool.Form{Type: "ipv6", Gateway: "2001:db8::1", Mask: "120"}, strings.Repeat("0.", 22) + "8.b.d.0.1.0.0.2.ip6.arpa "},
		{ippool.Form{Start: "203.0.113.2", Stop: "203.0.113.30"}, " 29"},
		{ippool.Form{Gateway: "198.51.100.1", Mask: "24", Start: "203.0.113.2"}, "113.0.203.in-addr.arpa "},
	} {
		if h := hintOf(c.f); h.Zone+" "+h.Size != c.want {
			t.Errorf("%+v: %q %q, want %q", c.f, h.Zone, h.Size, c.want)
		}
	}
	if zoneOf(ippool.Pool{First: netip.MustParseAddr("2001:db8::1"), Network: ippool.Network{Bits: 33}}) != "classless delegation required" {
		t.Error("a mask within a nibble needs a classless delegation")
	}
}
