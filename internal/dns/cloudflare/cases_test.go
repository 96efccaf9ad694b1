package cloudflare_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/cloudflare"
	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/cffake"
)

// The cases C1 to C25 of the contract.

const vm = "vm1.example.org"

func TestC01_emptyZone_takesOneLookAndOneWrite(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	if r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10")); !r.Written || len(r.Found) > 0 {
		t.Errorf("%+v, want written", r)
	}
	l.saw("GET", "POST")
	var sent map[string]any
	if err := json.Unmarshal([]byte(l.bodies("POST")[0]), &sent); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]any{"type": "A", "name": vm, "content": "192.0.2.10", "ttl": 300.0, "proxied": false, "comment": house} {
		if sent[field] != want {
			t.Errorf("%s is %v, want %v", field, sent[field], want)
		}
	}
	zone := slices.IndexFunc(l.fake.Calls(), func(c cffake.Call) bool { return strings.HasSuffix(c.Path, "/zones/"+forward) })
	if zone != 0 {
		t.Errorf("the zone's name was asked for in call %d, want the first", zone)
	}
	l.one(l.zone(nil), set("vm2.example.org", dns.A, "192.0.2.11"))
	l.saw("GET", "POST", "GET", "POST")
	if n := len(l.fake.Calls()); n != 5 {
		t.Errorf("%d calls, want 5: the zone's name is asked for once", n)
	}
}

func TestC02_identicalRecord_isNotWritten(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10"})
	if r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10")); r.Written || len(r.Found) != 1 {
		t.Errorf("%+v, want found and not written", r)
	}
	l.saw("GET")
}

func TestC03_staleList_looksAgain(t *testing.T) {
	t.Parallel()
	for name, ttl := range map[string]int{"identical": 300, "with another TTL": 600} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			l.fake.Freeze(forward, 1)
			l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10", TTL: ttl, Comment: house})
			r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10"))
			if !slices.Equal(r.Found, []string{"192.0.2.10"}) || r.Written != (ttl != 300) || r.Warning != "" {
				t.Errorf("%+v, want found", r)
			}
			want := []string{"GET", "POST", "GET"}
			if ttl != 300 {
				want = append(want, "PATCH id")
			}
			l.saw(want...)
			if got := l.fake.Records(forward, vm, "A"); len(got) != 1 || got[0].TTL != 300 {
				t.Errorf("records %+v, want one with a TTL of 300", got)
			}
		})
	}
}

func TestC03_listThatStaysStale_isAWarning(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Freeze(forward, 100)
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10", Comment: house})
	r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10"))
	if r.Written || len(r.Found) != 1 || !strings.Contains(r.Warning, "does not list it") {
		t.Errorf("%+v, want a warning", r)
	}
}

func TestC04_proxiedRecord_isMadeDirectWhenOurs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		comment string
		proxied bool
		patched bool
	}{
		"ours, automatic TTL":                {house, false, true},
		"ours, proxied":                      {house, true, true},
		"of another guest of ours, proxied":  {"managed-by=panel-1 vm=43", true, true},
		"somebody else's, automatic TTL":     {"", false, true},
		"somebody else's, proxied":           {"", true, false},
		"of another installation of the kin": {"managed-by=panel-11 vm=42", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			id := l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10", TTL: 1, Proxied: tc.proxied, Comment: tc.comment})
			r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10"))
			if r.Written != tc.patched || (r.Warning == "") != tc.patched {
				t.Errorf("%+v, want written: %t, or else a warning", r, tc.patched)
			}
			if !tc.patched {
				l.saw("GET")
				return
			}
			l.saw("GET", "PATCH id")
			if body := l.bodies("PATCH")[0]; body != `{"ttl":300,"proxied":false}` {
				t.Errorf("PATCH sent %s", body)
			}
			if got := l.fake.Records(forward, vm, "A")[0]; got.ID != id || got.TTL != 300 || got.Proxied || got.Comment != tc.comment {
				t.Errorf("record %+v", got)
			}
		})
	}
}

func TestC05_foreignValue_survivesARemoval(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10"})
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.99"})
	l.one(l.zone(nil), drop("192.0.2.10"))
	l.saw("GET", "DELETE id")
	l.holds(forward, vm, "A", "192.0.2.99")
}

func TestC06_vanishedRecord_isRemoved(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 2} { // alone, and in a batch
		l := open(t, nil)
		remove := []string{"192.0.2.10", "192.0.2.11"}[:n]
		for _, v := range append([]string{"192.0.2.99"}, remove...) {
			l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: v})
		}
		l.fake.Freeze(forward, 1)
		l.fake.Drop(forward, vm, "A", remove...)
		if r := l.apply(l.zone(nil), drop(remove...))[0]; r.Err != nil || r.Written {
			t.Errorf("%d records: %+v, want done and nothing written", n, r)
		}
		if n == 1 {
			l.saw("GET", "DELETE id")
		} else {
			l.saw("GET", "POST batch", "DELETE id", "DELETE id")
		}
		l.holds(forward, vm, "A", "192.0.2.99")
	}
}

func TestC07_CNAMEInTheWay_isNotRetried(t *testing.T) {
	t.Parallel()
	for name, stale := range map[string]bool{"seen in the list": false, "found by the write": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			if stale {
				l.fake.Freeze(forward, 100)
			}
			l.fake.Plant(forward, cffake.Record{Name: vm, Type: "CNAME", Content: "elsewhere.example.net"})
			r := l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"))[0]
			if !errors.Is(r.Err, dns.ErrForeign) || !strings.Contains(r.Err.Error(), "CNAME") {
				t.Errorf("%+v, want a conflict", r)
			}
			if stale {
				l.saw("GET", "POST")
			} else {
				l.saw("GET")
			}
			l.holds(forward, vm, "CNAME", "elsewhere.example.net")
		})
	}
}

func TestC08_manyRecords_areReadToTheLastPage(t *testing.T) {
	t.Parallel()
	for name, noCount := range map[string]bool{"with total_pages": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, func(c *cffake.Config) { c.MaxPerPage, c.NoPageCount = 100, noCount })
			var all []string
			for i := range 250 {
				v := fmt.Sprintf("10.0.%d.%d", i/100, i%100)
				l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: v})
				all = append(all, v)
			}
			l.one(l.zone(nil), drop(all[1:]...))
			l.saw("GET", "GET", "GET", "POST batch", "POST batch")
			l.holds(forward, vm, "A", all[0])
		})
	}
}

func TestC08_zoneThatChangesUnderTheList_isReadAgain(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *cffake.Config) { c.MaxPerPage = 2 })
	for i := range 4 {
		l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: fmt.Sprintf("10.0.0.%d", i)})
	}
	// Between the first and the second page the first record goes, and the third slips to the first page.
	l.fake.OnList(func(n int) {
		if n == 1 {
			l.fake.Drop(forward, vm, "A", "10.0.0.0")
		}
	})
	l.one(l.zone(nil), drop("10.0.0.2"))
	l.holds(forward, vm, "A", "10.0.0.1", "10.0.0.3")
}

func TestC09_zoneIDOfAnotherZone_isNeverWrittenInto(t *testing.T) {
	t.Parallel()
	for other, words := range map[string]string{"example.net": "The zone name differs", "org": "Did you mean the zone org?"} {
		l := open(t, func(c *cffake.Config) { c.Zones[0].Name = other })
		z := l.zone(nil)
		if r := l.apply(z, set(vm, dns.A, "192.0.2.10"))[0]; !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), words) {
			t.Errorf("%+v, want %q", r, words)
		}
		found := z.Test(t.Context())
		if last := found[len(found)-1]; last.Step != "zone" || last.Level != dns.Failed || !strings.Contains(last.Text, words) {
			t.Errorf("last finding %+v, want %q", last, words)
		}
		l.saw()
	}
}

func TestC10_strayName_isRemovedAgain(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	z := l.zone(nil)
	l.one(z, set("vm0.example.org", dns.A, "192.0.2.9")) // the name of the zone is known now
	for name, changes := range map[string][]dns.Change{
		"alone":   {set(vm, dns.A, "192.0.2.10")},
		"a batch": {set(vm, dns.A, "192.0.2.10", "192.0.2.11"), set("vm2.example.org", dns.AAAA, "2001:db8::2")},
	} {
		l.fake.RenameZone(forward, "example.net")
		l.fake.Forget()
		for _, r := range l.apply(z, changes...) {
			if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "zone name differs") || !strings.Contains(r.Err.Error(), "removed again") {
				t.Errorf("%s: %+v, want refused", name, r)
			}
		}
		if left := l.fake.Records(forward, "", ""); len(left) != 1 {
			t.Errorf("%s: records %+v, want the first one alone", name, left)
		}
		l.fake.Forget()
		if r := l.apply(z, changes...)[0]; !errors.Is(r.Err, dns.ErrRefused) {
			t.Errorf("%s, again: %+v", name, r)
		}
		l.saw() // now the name is asked for first
		l.fake.RenameZone(forward, "example.org")
		l.one(z, set("vm0.example.org", dns.A, "192.0.2.9"))
	}
}

func TestC10_strayThatStays_isTold(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	z := l.zone(nil)
	l.one(z, set("vm0.example.org", dns.A, "192.0.2.9"))
	l.fake.RenameZone(forward, "example.net")
	l.fake.Fail(cffake.Fault{Method: "DELETE", Status: 502, Body: cffake.Page})
	r := l.apply(z, set(vm, dns.A, "192.0.2.10"))[0]
	if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), vm+".example.net") || !strings.Contains(r.Err.Error(), "could not be removed") {
		t.Errorf("%+v, want the stray record named", r)
	}
}

func TestC11_accountToken_isVerifiedAtItsAccount(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *cffake.Config) { c.Tokens[0].Account = owner })
	found := l.zone(func(c *cloudflare.Config) { c.AccountID = owner }).Test(t.Context())
	if found[0] != (dns.Finding{Step: "reachable", Level: dns.OK, Text: "Cloudflare answers and accepts the API token."}) {
		t.Errorf("findings %+v", found)
	}
	calls := l.fake.Calls()
	if calls[0].Path != cffake.Prefix+"/user/tokens/verify" || calls[0].Status != http.StatusUnauthorized ||
		calls[1].Path != cffake.Prefix+"/accounts/"+owner+"/tokens/verify" || calls[1].Status != http.StatusOK {
		t.Errorf("calls %+v", calls[:2])
	}
}

func TestC12_tokenWithoutRight_leavesOtherZonesAlone(t *testing.T) {
	t.Parallel()
	for name, right := range map[string]cffake.Right{"no right": 0, "may not see records": cffake.ZoneRead, "may not write": cffake.ZoneRead | cffake.DNSRead} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, func(c *cffake.Config) { c.Tokens[0].Rights[forward] = right })
			r := l.apply(l.zone(nil), set(vm, dns.A, "192.0.2.10"), set("vm2.example.org", dns.A, "192.0.2.11"))
			for _, r := range r {
				if !errors.Is(r.Err, dns.ErrRefused) || errors.Is(r.Err, dns.ErrNoZone) {
					t.Errorf("%+v, want refused", r)
				}
				if right != 0 && !strings.Contains(r.Err.Error(), "DNS edit permission") {
					t.Errorf("%v does not name the permission", r.Err)
				}
			}
			if n := len(l.bodies("POST")); n > 1 {
				t.Errorf("%d writes, want one at most", n)
			}
			l.one(l.zone(toReverse), set("10.2.0.192.in-addr.arpa", dns.PTR, "vm1.example.org"))
		})
	}
}

func TestC13_rateLimit_isWaitedFor(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Path: "/dns_records", Times: 1, Status: 429, Header: http.Header{"Retry-After": {"2"}}, Body: `{"success":false,"errors":[{"code":10100,"message":"More than 1200 requests"}]}`})
	began := time.Now()
	if r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10")); !r.Written {
		t.Errorf("%+v, want written", r)
	}
	if waited := time.Since(began); waited < 2*time.Second || waited > 10*time.Second {
		t.Errorf("waited %s, want 2 s", waited)
	}
	l.saw("GET", "GET", "POST")
}

func TestC14_lostAnswer_isLookedForBeforeARepetition(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   cffake.Fault
		changes []dns.Change
		want    []string
	}{
		"carried out":       {cffake.Fault{Method: "POST", CutAfter: true, Times: 1}, []dns.Change{set(vm, dns.A, "192.0.2.10")}, []string{"GET", "POST", "GET"}},
		"not carried out":   {cffake.Fault{Method: "POST", Cut: true, Times: 1}, []dns.Change{set(vm, dns.A, "192.0.2.10")}, []string{"GET", "POST", "GET", "POST"}},
		"batch carried out": {cffake.Fault{Method: "POST", CutAfter: true, Times: 1}, []dns.Change{set(vm, dns.A, "192.0.2.10", "192.0.2.11")}, []string{"GET", "POST batch", "GET"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := open(t, nil)
			l.fake.Fail(tc.fault)
			for _, r := range l.apply(l.zone(nil), tc.changes...) {
				if r.Err != nil || !r.Written || len(r.Found) > 0 {
					t.Errorf("%+v, want written, and not found: it is ours", r)
				}
			}
			l.saw(tc.want...)
			l.holds(forward, vm, "A", tc.changes[0].Add...)
		})
	}
}

func TestC14_lostAnswerAndStaleList_makeNoForeignRecord(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Fail(cffake.Fault{Method: "POST", CutAfter: true, Times: 1})
	l.fake.Freeze(forward, 2)
	if r := l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10")); !r.Written || len(r.Found) > 0 {
		t.Errorf("%+v, want written and not found", r)
	}
	l.saw("GET", "POST", "GET", "POST", "GET")
	l.holds(forward, vm, "A", "192.0.2.10")
}

func TestC15_pageOfTheEdge_passes(t *testing.T) {
	t.Parallel()
	for _, status := range []int{500, 502, 503, 520, 527} {
		l := open(t, nil)
		l.fake.Fail(cffake.Fault{Path: "/dns_records", Times: 2, Status: status, Body: cffake.Page})
		l.one(l.zone(nil), set(vm, dns.A, "192.0.2.10"))
		l.fake.Fail(cffake.Fault{Status: status, Body: cffake.Page})
		r := l.apply(l.zone(nil), set("vm2.example.org", dns.A, "192.0.2.11"))[0]
		if r.Err == nil || dns.Lasting(r.Err) || !strings.Contains(r.Err.Error(), fmt.Sprint("HTTP ", status)) {
			t.Errorf("%d: %+v, want an error that passes", status, r)
		}
		if log := l.log.String(); strings.Contains(log, "<html>") || !strings.Contains(log, "-FRA") {
			t.Errorf("%d: the log holds the page, or no cf-ray:\n%s", status, log)
		}
	}
}

func TestC16_errorChain_isReadLikeAFlatError(t *testing.T) {
	t.Parallel()
	for _, wrapped := range []bool{false, true} {
		l := open(t, func(c *cffake.Config) { c.Wrapped = wrapped })
		bad := set(vm, dns.A, "192.0.2.10")
		bad.TTL = 30
		r := l.apply(l.zone(nil), bad)[0]
		if !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "(9021)") {
			t.Errorf("wrapped %t: %+v, want refused with 9021", wrapped, r)
		}
		l.saw("GET", "POST")
	}
}

func TestC17_PTR_isUnchangedTheSecondTime(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	z, c := l.zone(toReverse), set("10.2.0.192.in-addr.arpa", dns.PTR, "vm1.example.org")
	l.one(z, c)
	if r := l.one(z, c); r.Written {
		t.Errorf("second: %+v, want unchanged", r)
	}
	l.saw("GET", "POST", "GET")
	if got := l.fake.Records(reverse, c.Name, "PTR"); len(got) != 1 || got[0].Content != "vm1.example.org" || got[0].Proxied {
		t.Errorf("records %+v", got)
	}
}

func TestC18_changeOfType_isOneBatch(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	z := l.zone(nil)
	l.one(z, set(vm, dns.A, "192.0.2.10"))
	l.fake.Forget()
	for _, r := range l.apply(z, drop("192.0.2.10"), set(vm, dns.AAAA, "2001:db8::10")) {
		if r.Err != nil || !r.Written {
			t.Errorf("%+v, want written", r)
		}
	}
	l.saw("GET", "POST batch")
	l.holds(forward, vm, "A")
	l.holds(forward, vm, "AAAA", "2001:db8::10")
}

func TestC19_manyOperations_goInBatchesOf200(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	var changes []dns.Change
	for i := range 450 {
		changes = append(changes, set(fmt.Sprintf("vm%d.example.org", i), dns.A, fmt.Sprintf("10.0.%d.%d", i/200, i%200)))
	}
	for i, r := range l.apply(l.zone(nil), changes...) {
		if r.Err != nil || !r.Written {
			t.Fatalf("%s: %+v", changes[i].Name, r)
		}
	}
	l.saw("GET", "POST batch", "POST batch", "POST batch")
	if n := len(l.fake.Records(forward, "", "A")); n != 450 {
		t.Errorf("%d records, want 450", n)
	}
}

func TestC20_quota_isTold(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *cffake.Config) { c.Zones[0].Quota = 3 })
	var changes []dns.Change
	for i := range 40 {
		changes = append(changes, set(fmt.Sprintf("vm%d.example.org", i), dns.A, "192.0.2.10"))
	}
	done := 0
	for _, r := range l.apply(l.zone(nil), changes...) {
		switch {
		case r.Err == nil:
			done++
		case !errors.Is(r.Err, dns.ErrRefused) || !strings.Contains(r.Err.Error(), "(81045)") || !strings.Contains(r.Err.Error(), "plan"):
			t.Errorf("%+v, want refused with a hint", r)
		}
	}
	if have := len(l.fake.Records(forward, "", "")); done != 3 || have != 3 {
		t.Errorf("%d done, %d records, want the 3 for which there is room", done, have)
	}
	if n := len(l.bodies("POST")); n > 20 {
		t.Errorf("%d writes after the zone was full", n)
	}
	l.one(l.zone(toReverse), set("10.2.0.192.in-addr.arpa", dns.PTR, "vm1.example.org"))
}

func TestC21_pastedToken_isCleaned(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	for _, pasted := range []string{marker + "\n", " \t" + marker + "\r\n", "Bearer " + marker, "bearer  " + marker + " ", "Bearer: " + marker} {
		z := l.zone(func(c *cloudflare.Config) { c.Token = pasted })
		for _, f := range z.Test(t.Context()) {
			if f.Level == dns.Failed {
				t.Errorf("%q: %+v", pasted, f)
			}
		}
	}
}

func TestC22_malformedEntries_areRefusedWithoutACall(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	for name, tc := range map[string]struct {
		change func(*cloudflare.Config)
		words  string
	}{
		"zone id is a name":  {func(c *cloudflare.Config) { c.ZoneID = "example.org" }, "zone ID has 32 characters"},
		"zone id is missing": {func(c *cloudflare.Config) { c.ZoneID = "" }, "zone ID has 32 characters"},
		"zone id in a path":  {func(c *cloudflare.Config) { c.ZoneID = "../" + forward[3:] }, "zone ID has 32 characters"},
		"account id":         {func(c *cloudflare.Config) { c.AccountID = "me@example.org" }, "account ID has 32 characters"},
		"no token":           {func(c *cloudflare.Config) { c.Token = " \n" }, "token is missing"},
		"no token at all":    {func(c *cloudflare.Config) { c.Token = "Bearer " }, "token is missing"},
		"two words":          {func(c *cloudflare.Config) { c.Token = "my SECRET-token" }, "paste the token alone"},
		"not ASCII":          {func(c *cloudflare.Config) { c.Token = "SECRET-t\u00f6ken" }, "paste the token alone"},
	} {
		_, err := l.try(tc.change)
		if err == nil || !strings.Contains(err.Error(), tc.words) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %q", name, err, tc.words)
		}
	}
	if calls := l.fake.Calls(); len(calls) > 0 {
		t.Errorf("calls %+v, want none", calls)
	}
}

func TestC23_otherSpellingOfAnAddress_isTheSame(t *testing.T) {
	t.Parallel()
	l := open(t, nil)
	l.fake.Plant(forward, cffake.Record{Name: "VM1.example.org", Type: "AAAA", Content: "2001:0DB8:0000:0000:0000:0000:0000:0010"})
	if r := l.one(l.zone(nil), set(vm, dns.AAAA, "2001:db8::10")); r.Written {
		t.Errorf("%+v, want unchanged", r)
	}
	l.saw("GET")
}

func TestC24_answerWithoutSuccess_isSuccess(t *testing.T) {
	t.Parallel()
	l := open(t, func(c *cffake.Config) { c.BareDelete = true })
	l.fake.Plant(forward, cffake.Record{Name: vm, Type: "A", Content: "192.0.2.10"})
	if r := l.one(l.zone(nil), drop("192.0.2.10")); !r.Written {
		t.Errorf("%+v, want written", r)
	}
	l.saw("GET", "DELETE id")
}
