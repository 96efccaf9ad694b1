package web_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/web"
)

func TestPools_escapeEveryValue(t *testing.T) {
	t.Parallel()
	p := pages(t)
	pool := web.Pool{
		ID: 1, Server: script, ServerID: script, Type: script, Bridge: script, VLAN: script, Gateway: script, Mask: script, Start: script, Stop: script,
		Zone: script, Usage: script, Faults: []string{script}, Warnings: []string{script},
	}
	site := web.Site{Link: "addonmodules.php?module=" + script, Token: script, Page: script}
	typed := map[string]web.Field{}
	for _, name := range []string{"server_id", "type", "bridge", "vlan", "gateway", "mask", "dns1", "dns2", "address_start", "address_stop"} {
		typed[name] = web.Field{Value: script, Fault: script}
	}
	choice, pager := []web.Choice{{Value: script, Text: script}}, web.Pager{Count: 1, Back: script, Next: script}
	address := web.PoolAddress{Address: script, Kind: "kept", ServiceID: 1, ClientID: 1, Name: script, Note: script, NotedBy: 1, CanKeep: true}
	for name, render := range map[string]func() (string, error){
		"list": func() (string, error) {
			return p.Pools(web.Pools{Site: site, Rows: []web.Pool{pool}, Search: script, Columns: []web.Column{{Key: "id", URL: script, Sorted: script}}, Pager: pager, All: 1})
		},
		"form": func() (string, error) {
			return p.PoolForm(web.PoolForm{Site: site, Action: script, Seen: script, Servers: choice, Type: script, Typed: typed, Hint: web.PoolHint{Zone: script, Size: script, Warnings: []string{script}}})
		},
		"hint": func() (string, error) {
			return p.PoolHint(web.PoolHint{Zone: script, Size: script, Warnings: []string{script}})
		},
		"delete": func() (string, error) { return p.PoolEnd(web.PoolEnd{Site: site, Action: script, Pool: pool}) },
		"addresses": func() (string, error) {
			return p.PoolAddresses(web.PoolAddresses{Site: site, Pool: pool, Rows: []web.PoolAddress{address}, Search: script, Kinds: []web.Choice{{Value: script, Text: "kind_kept"}}, Pager: pager, All: 1})
		},
		"keep": func() (string, error) {
			return p.KeepForm(web.KeepForm{Site: site, Action: script, Pool: pool, Address: typed["type"], Note: typed["type"]})
		},
		"release": func() (string, error) {
			return p.ReleaseForm(web.ReleaseForm{Site: site, Action: script, Address: script, Note: script})
		},
		"import": func() (string, error) {
			return p.ImportForm(web.ImportForm{Site: site, Action: script, Text: script, Columns: script, Faults: []string{script}})
		},
	} {
		html, err := render()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(strings.ToLower(html), "<script") || !strings.Contains(html, "&lt;script") {
			t.Errorf("%s: a script came through, or the value is missing:\n%s", name, html)
		}
	}
}

func TestPools_sayWhatToDoWhenThereIsNothing(t *testing.T) {
	t.Parallel()
	for want, v := range map[string]web.Pools{
		"There are no IP pools yet, so that no machine can get an address. Add one": {Servers: 1},
		"WHMCS has no server of the module puqProxmoxKVM yet. Add one":              {},
		"No pool fits the search.": {Servers: 1, All: 3},
	} {
		html, err := pages(t).Pools(v)
		if err != nil || !strings.Contains(html, want) {
			t.Errorf("%+v: %v, want %q in\n%s", v, err, want, html)
		}
	}
}
