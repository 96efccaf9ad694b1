package cloudflare_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

// C25, on every way in which a call can end: errors, warnings and findings hold no token (l.apply looks), nor does the log
// (open looks).
func TestC25_noTextTellsTheToken(t *testing.T) {
	t.Parallel()
	echo := fmt.Sprintf(`{"success":false,"errors":[{"code":9999,"message":"bad header Authorization: Bearer %s","error_chain":[{"code":9998,"message":"%s"}]}]}`, marker, marker)
	for name, f := range map[string]cffake.Fault{
		"echoed by a refusal":  {Status: 400, Body: echo},
		"echoed by a denial":   {Status: 403, Body: echo},
		"echoed by an outage":  {Status: 500, Body: echo},
		"echoed by the limit":  {Status: 429, Body: echo, Header: http.Header{"Retry-After": {"400"}}},
		"echoed by a page":     {Status: 502, Body: "<html>" + marker + "</html>"},
		"echoed by an success": {Status: 200, Body: `{"success":true,"result":"` + marker + `"}`},
		"redirect":             {Status: 307, Header: http.Header{"Location": {"https://elsewhere.example.net/?token=" + marker}}},
		"connection cut":       {Cut: true},
		"cut afterwards":       {CutAfter: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			z := l.zone(nil)
			l.fake.Fail(f)
			if r := l.apply(z, set(vm, dns.A, "192.0.2.10"))[0]; r.Err == nil {
				t.Errorf("%+v, want an error", r)
			}
			for _, f := range z.Test(t.Context()) {
				if strings.Contains(f.Text, marker) || f.Level != dns.Failed {
					t.Errorf("finding %+v", f)
				}
			}
			l.fake.Mend()
			l.limited(cloudflare.Limits{PerSecond: 1e6, Burst: 1e6}) // the limit is forgotten
			z = l.zone(nil)
			l.one(z, set("vm0.example.org", dns.A, "192.0.2.9")) // the zone's name is known now
			f.Method, f.Path = "POST", "/dns_records"
			l.fake.Fail(f)
			l.apply(z, set(vm, dns.A, "192.0.2.10"))
			l.apply(z, set(vm, dns.A, "192.0.2.10", "192.0.2.11"))
			if log := l.log.String(); !strings.Contains(log, `"verb":"POST"`) || strings.Contains(log, marker) {
				t.Errorf("the log lacks the call or tells the token:\n%s", log)
			}
		})
	}
}

func TestC25_otherCases_tellNoToken(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cffake.Config){
		"C12":           func(c *cffake.Config) { c.Tokens[0].Rights = nil },
		"revoked":       func(c *cffake.Config) { c.Tokens = nil },
		"wrong address": func(c *cffake.Config) { c.Tokens[0].IPs = []string{"192.0.2.1"} },
	} {
		l := open(t, change)
		z := l.zone(func(c *cloudflare.Config) { c.Token = " Bearer " + marker + "\n" })
		if r := l.apply(z, set(vm, dns.A, "192.0.2.10"))[0]; r.Err == nil {
			t.Errorf("%s: %+v, want an error", name, r)
		}
		for _, f := range z.Test(t.Context()) {
			if strings.Contains(f.Text, "SECRET") {
				t.Errorf("%s: %+v tells the token", name, f)
			}
		}
	}
}

func TestRedirect_isNotFollowedWithTheToken(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 100)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	defer other.Close()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Status: 307, Header: http.Header{"Location": {other.URL + "/"}}})
	r := l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"))[0]
	if !dns.Lasting(r.Err) || len(reached) > 0 {
		t.Errorf("%+v, and %d calls reached the other server", r, len(reached))
	}
}
