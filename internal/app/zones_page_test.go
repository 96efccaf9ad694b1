package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/dns/dnstest/pdns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

const zonesPage = "admin/addonmodules.php?module=puq_proxmox_kvm&page=zones"

// powerDNS is a real server with these zones.
func powerDNS(t *testing.T, zoneNames ...string) *pdns.Server {
	t.Helper()
	s, err := pdns.Start(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	for _, name := range zoneNames {
		if err := s.CreateZone(t.Context(), name, "Native"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// reads waits until a person reads all of that, in the open dialog or else on the page.
func (b *browser) reads(what string, parts ...string) {
	b.t.Helper()
	var text string
	await(b.t, what, func() bool {
		b.look("(document.querySelector('dialog[open]') || document.body || {innerText: ''}).innerText", &text)
		for _, p := range parts {
			if !strings.Contains(text, p) {
				return false
			}
		}
		return true
	}, func() string { return fmt.Sprintf("%q in %q", parts, text) })
}

// push clicks what has that text, in the open dialog or else on the page.
func (b *browser) push(label string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...(document.querySelector('dialog[open]') || document).querySelectorAll('.kb a, .kb button, a, button')].find(e => e.innerText.trim() === %q)`, label)
	await(b.t, "something to press called "+label, func() bool {
		var there bool
		b.do(chromedp.Evaluate("!!("+find+")", &there))
		return there
	}, b.text)
	b.do(chromedp.Evaluate("void ("+find+").click()", nil))
}

// shot keeps a picture and looks whether everybody can use what is shown.
func (b *browser) shot(name string) {
	b.t.Helper()
	b.picture(name)
	b.accessible(name)
}

// closed waits until no dialog is open and the page behind it is there.
func (b *browser) closed() {
	b.t.Helper()
	var state string
	await(b.t, "the end of the dialog", func() bool {
		b.do(chromedp.Evaluate("(d => document.readyState + (d ? ' ' + d.innerText : ''))(document.querySelector('dialog[open]'))", &state))
		return state == "complete"
	}, func() string { return state + " over " + b.text() })
}

// enter puts a value into a field of the dialog.
func (b *browser) enter(field, value string) {
	b.t.Helper()
	selector := fmt.Sprintf(`dialog[open] [name="%s"]`, field)
	b.do(chromedp.WaitVisible(selector), chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).value = ''", selector), nil), chromedp.SendKeys(selector, value))
}

func (b *browser) choose(field, value string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`{const s = document.querySelector('dialog[open] [name="%s"]'); s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true}))}`, field, value), nil))
}

// A person keeps a zone from the first look to its end, at a wide window and at a narrow one.
func TestBrowser_zones(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s := ownWorld(t), powerDNS(t, "example.net", "2.0.192.in-addr.arpa")
			b := w.browser(t, width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			b.open(zonesPage)
			b.reads("what to do first", "No DNS zone is configured yet", "Add one zone per domain or network", "What PowerDNS needs")
			b.shot("zones-empty-" + name)
			b.addZone(s, name)
			b.testAndBreak(w, name)
			b.mend(w, s, name)
			b.end(name)
			b.quiet()
		})
	}
}

func (b *browser) addZone(s *pdns.Server, name string) {
	b.t.Helper()
	b.push("+ Add DNS Zone")
	b.reads("the form", "Add DNS Zone", "Choose the type")
	b.choose("type", "powerdns")
	b.reads("the fields of the type", "PowerDNS Settings", "API Key")
	if text := b.dialog(); strings.Contains(text, "Cloudflare Settings") || strings.Contains(text, "Admin User") {
		b.t.Errorf("the form shows fields of other types:\n%s", text)
	}
	b.enter("zone", "Example.NET.")
	b.enter("secret[powerdns_api_key]", s.Key)
	b.push("Save")
	b.reads("the fault beside its field", "Server URL is missing.", "What was typed here is not kept.")
	var focused string
	b.do(chromedp.Evaluate("document.activeElement.name", &focused))
	if focused != "powerdns_server" {
		b.t.Errorf("the focus is on %q", focused)
	}
	b.shot("zones-form-" + name)
	b.enter("powerdns_server", s.API+"/api/v1/")
	b.enter("secret[powerdns_api_key]", s.Key)
	b.push("Save")
	b.closed()
	b.reads("the list", "The zone was added.", "example.net", "POWERDNS", s.API)
	b.shot("zones-list-" + name)
}

// dialog is what a person reads in the open dialog.
func (b *browser) dialog() (text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate("document.querySelector('dialog[open]').innerText", &text))
	return text
}

// testAndBreak tests the zone, then with a key that is wrong, and has a machine's records fail.
func (b *browser) testAndBreak(w *world, name string) {
	b.t.Helper()
	b.push("Test")
	b.reads("a good test", "The zone can be reached and written.", "OK", "the zone example.net is there")
	b.shot("zones-test-good-" + name)
	b.push("Edit")
	b.reads("the form", "Edit DNS Zone")
	var placeholder, value string
	b.do(chromedp.AttributeValue(`dialog[open] [name="secret[powerdns_api_key]"]`, "placeholder", &placeholder, nil),
		chromedp.Value(`dialog[open] [name="secret[powerdns_api_key]"]`, &value))
	if placeholder != "(unchanged — enter new to replace)" || value != "" {
		b.t.Errorf("the secret's field shows %q and %q", placeholder, value)
	}
	b.enter("secret[powerdns_api_key]", "wr0ng-key")
	b.push("Save")
	b.closed()
	b.reads("the list", "The zone was saved.")
	b.push("Test")
	b.reads("a bad test", "The zone cannot be used as it is.", "FAILED", "reachable", "401")
	b.shot("zones-test-bad-" + name)
	b.push("Close")
	b.closed()
	w.ready(b.t, w.order(b.t))
	await(b.t, "a record that fails", func() bool {
		return w.value(b.t, "SELECT COUNT(*) FROM kvmbridge_dns_records WHERE last_error IS NOT NULL") == "1"
	}, w.log.tail)
	b.push("Records")
	b.reads("the failed record", "Records that are not right yet", "Failed: 1", "192.0.2.10", "to be written", "401", "Retry all that failed")
	b.shot("zones-records-" + name)
	b.push("Close")
	b.closed()
}

// mend gives the right key, and lets a record be tried again after the server was away.
func (b *browser) mend(w *world, s *pdns.Server, name string) {
	b.t.Helper()
	b.push("Edit")
	b.enter("secret[powerdns_api_key]", s.Key)
	b.push("Save")
	b.closed()
	await(b.t, "the record to be right", func() bool {
		return w.value(b.t, "SELECT COUNT(*) FROM kvmbridge_dns_records WHERE last_error IS NULL AND state = 'live'") == "1"
	}, w.log.tail)
	b.push("Records")
	b.reads("that all is well", "Live: 1", "All records of this zone are as they should be.")
	b.push("Close")
	b.closed()
	w.exec(b.t, "UPDATE kvmbridge_dns_records SET last_error = 'away', due_at = UTC_TIMESTAMP(6) + INTERVAL 1 DAY")
	b.push("Records")
	b.reads("the failed record", "away", "UTC")
	b.push("Retry")
	b.reads("that it went well, without a reload", "All records of this zone are as they should be.")
	b.shot("zones-records-well-" + name)
	b.push("Close")
	b.closed()
}

// end deletes the zone, which keeps records.
func (b *browser) end(name string) {
	b.t.Helper()
	b.push("Delete")
	b.reads("the question", "Delete DNS Zone", "1 record of ours stays behind in this zone.", "Delete anyway")
	b.shot("zones-delete-" + name)
	b.push("Delete")
	b.reads("the refusal", "would stay behind in example.net", "Tick the box if that is meant.")
	b.do(chromedp.Click(`dialog[open] [name="anyway"]`))
	b.push("Delete")
	b.closed()
	b.reads("the end", "The zone was deleted here.", "1 record of ours is in a zone whose entry was deleted here.")
	b.shot("zones-end-" + name)
}

// The browser tells of the end of a dialog at its next picture, which may be when the next one is open already.
func TestBrowser_dialogOpenedAgainAtOnceStays(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(zonesPage)
	b.push("+ Add DNS Zone")
	b.reads("the form", "Choose the type")
	var text string
	b.do(chromedp.Evaluate(`new Promise(done => {
		const box = document.querySelector('dialog[open]');
		box.addEventListener('close', () => setTimeout(() => done(box.innerText)));
		box.close();
		box.showModal();
	})`, &text, awaitPromise))
	if !strings.Contains(text, "Choose the type") {
		t.Errorf("the dialog shows %q", text)
	}
	// An answer that comes after something else was asked for is not shown.
	b.do(chromedp.Evaluate(`{
		const plain = window.fetch;
		window.fetch = async (...args) => { const answer = await plain(...args); await new Promise(done => setTimeout(done, 500)); window.late = true; return answer; };
		const link = [...document.querySelectorAll('a[data-kb-dialog]')].find(a => a.href.includes('part=add'));
		link.click();
		document.querySelector('dialog[open]').close();
		window.fetch = plain;
		link.href = link.href.replace('part=add', 'part=nothing');
		link.click();
	}`, nil))
	b.reads("the second answer", "no part")
	await(t, "the first answer", func() (late bool) { b.do(chromedp.Evaluate("!!window.late", &late)); return late }, b.text)
	b.do(chromedp.Evaluate("new Promise(done => setTimeout(done, 200))", nil, awaitPromise))
	if text := b.dialog(); !strings.Contains(text, "no part") {
		t.Errorf("the dialog shows %q", text)
	}
}

// What other programs saved and what servers answer is text, whatever stands in it.
func TestBrowser_zonesRunNoStoredScript(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	hostile := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(http.StatusUnprocessableEntity)
		_, _ = io.WriteString(rw, `{"error":"`+strings.ReplaceAll(evil, `"`, `\"`)+`"}`)
	}))
	t.Cleanup(hostile.Close)
	w.saveZone(t, "example.net", hostile.URL, "k")
	for _, typ := range []string{evil[:32], "hestiacp"} {
		w.exec(t, "INSERT INTO puq_proxmox_kvm_dns_zones (zone, type, ttl, config) VALUES (?, ?, 300, ?)", evil, typ,
			fmt.Sprintf(`{"server":%q,"admin":%[1]q,"user":%[1]q,"password":"sealed:AQID"}`, evil))
	}
	w.exec(t, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, tried, attempts, last_error, changed_at)
		VALUES (7, 1, ?, 'A', ?, 'live', 1, 2, ?, UTC_TIMESTAMP(6))`, evil, evil, evil)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	for _, part := range []string{
		"", "&search=" + url.QueryEscape(evil), "&part=test&id=1", "&part=test&id=2", "&part=records&id=1", "&part=records&id=1&search=" + url.QueryEscape(evil),
		"&part=delete&id=3", "&part=edit&id=2", "&part=edit&id=3", "&notice=" + url.QueryEscape(evil), "&part=" + url.QueryEscape(evil),
	} {
		b.open(zonesPage + part)
		b.do(chromedp.WaitReady(".kb"))
		time.Sleep(200 * time.Millisecond) // what an image would trigger
		b.quiet()
	}
	b.open(zonesPage)
	for label, shows := range map[string]string{"Test": "<script>", "Records": "<img src=x", "Delete": "example.net"} {
		b.push(label)
		b.reads(label, shows)
		time.Sleep(200 * time.Millisecond)
		b.push("×")
		b.closed()
	}
	b.quiet()
}

// saveZone saves a PowerDNS zone without looking at it.
func (w *world) saveZone(t *testing.T, name, server, key string) {
	t.Helper()
	z := zones.Zone{Name: name, Provider: "powerdns", TTL: 300, Fields: map[string]string{"server": server, "api_key": key}}
	if _, err := w.sidecar.DNS().SaveDNSZone(t.Context(), z); err != nil {
		t.Fatal(err)
	}
}

// fill sends a form of the addon as it stands on its page, with these values.
func (v *visitor) fill(page string, values url.Values) string {
	v.t.Helper()
	_, html := v.get(page)
	for _, hidden := range regexp.MustCompile(`name="(revision|kb_token)" value="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !values.Has(hidden[1]) {
			values.Set(hidden[1], hidden[2])
		}
	}
	if addonToken.FindString(html) == "" {
		v.t.Fatalf("%s has no form:\n%s", page, html)
	}
	_, answer := v.send(http.MethodPost, page, strings.NewReader(values.Encode()))
	return answer
}

// Without scripts everything works too, and no answer, log or table has the secret.
func TestZonesPage_withoutScriptsAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	w, s := ownWorld(t), powerDNS(t, "example.net")
	v := w.admin(t)
	said := &strings.Builder{}
	answers := func(html string, parts ...string) {
		t.Helper()
		said.WriteString(html)
		contains(t, "the answer", html, parts...)
	}
	get := func(part string, parts ...string) {
		t.Helper()
		_, html := v.get(zonesPage + part)
		answers(html, parts...)
	}
	form := func(change ...string) url.Values {
		values := url.Values{"zone": {"example.net"}, "type": {"powerdns"}, "ttl": {"300"}, "powerdns_server": {s.API}, "secret[powerdns_api_key]": {s.Key}, "cloudflare_zone_id": {""}}
		for i := 0; i < len(change); i += 2 {
			values.Set(change[i], change[i+1])
		}
		return values
	}
	get("", "No DNS zone is configured yet", "webserver-allow-from")
	get("&part=add", "Cloudflare Settings", "HestiaCP Settings", "PowerDNS Settings")
	answers(v.fill(zonesPage+"&part=add", form("ttl", "5")), "The TTL has to be between 60 and 86400 seconds.", `value="5"`, `value="`+s.API+`"`, "What was typed here is not kept.")
	answers(v.fill(zonesPage+"&part=add", form("zone", "a b", "type", "")), "Choose the type of the zone", "a name is made of letters", `value="`+s.API+`"`)
	answers(v.fill(zonesPage+"&part=add", form()), "The zone was added.", "POWERDNS", "example.net")
	answers(v.fill(zonesPage+"&part=add", form()), "Zone 1 already is example.net at the same server.")
	get("&part=edit&id=1", "(unchanged — enter new to replace)", `value="`+s.API+`"`)
	answers(v.fill(zonesPage+"&part=edit&id=1", form("secret[powerdns_api_key]", "", "ttl", "600")), "The zone was saved.")
	answers(v.fill(zonesPage+"&part=edit&id=1", form("secret[powerdns_api_key]", zones.Keep)), "The zone was saved.")
	answers(v.fill(zonesPage+"&part=edit&id=1", form("secret[powerdns_api_key]", "", "powerdns_server", "http://192.0.2.1:8081")), "has to be entered again")
	get("&part=test&id=1", "The zone can be reached and written.")
	get("&part=records&id=1", "All records of this zone are as they should be.")
	get("&part=test&id=77", "There is no DNS zone 77; the zones are 1 example.net.")
	get("&part=edit&id=x", "is no id")
	w.exec(t, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, tried, attempts, last_error, changed_at)
		VALUES (7, 1, 'vm-7.example.net', 'A', '192.0.2.7', 'pending_create', 1, 2, 'refused', UTC_TIMESTAMP(6))`)
	get("&part=records&id=1", "vm-7.example.net", "refused", "not by itself")
	answers(v.fill(zonesPage+"&part=records&id=1", url.Values{"record": {"1"}}), "The record is due now")
	await(t, "the record to be written", func() bool { return w.value(t, "SELECT state FROM kvmbridge_dns_records") == "live" }, w.log.tail)
	answers(v.fill(zonesPage+"&part=edit&id=1", form("powerdns_server", "http://192.0.2.1:8081")), "1 record of ours would stay behind in example.net at PowerDNS "+s.API, "Save anyway", "What was typed here is not kept.")
	answers(v.fill(zonesPage+"&part=delete&id=1", url.Values{}), "Tick the box if that is meant.")
	answers(v.fill(zonesPage+"&part=delete&id=1", url.Values{"anyway": {"1"}}), "The zone was deleted here.", "1 record of ours is in a zone whose entry was deleted here.")
	w.delivered(t)
	entries := fmt.Sprint(w.rows(t, "SELECT description FROM tblactivitylog WHERE description LIKE 'kvmbridge: admin%' ORDER BY id"))
	contains(t, "the activity log", entries, "admin 1 added DNS zone 1, example.net", "TTL: 300 -> 600", "admin 1 deleted DNS zone 1, example.net", "Left behind at PowerDNS "+s.API+": 1 record of ours")
	for what, text := range map[string]string{
		"an answer": said.String(), "the log": w.log.String(), "the activity log": entries, "the module log": fmt.Sprint(w.rows(t, "SELECT * FROM tblmodulelog")),
		"the zones": fmt.Sprint(w.rows(t, "SELECT * FROM puq_proxmox_kvm_dns_zones")), "the outbox": fmt.Sprint(w.rows(t, "SELECT * FROM kvmbridge_outbox")),
	} {
		if strings.Contains(text, s.Key) {
			t.Errorf("the key stands in %s", what)
		}
	}
	if n := w.value(t, "SELECT COUNT(*) FROM tblmodulelog"); n == "0" {
		t.Error("WHMCS's module log is empty, so that nothing was proven about it")
	}
}

// Of two admins who change one zone the second learns of the first, and nothing of what either typed is lost unseen.
func TestZonesPage_overwritesNobodysChange(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.saveZone(t, "example.net", "http://192.0.2.1:8081", "k")
	first, second := w.admin(t), w.admin(t)
	form := func(ttl string) url.Values {
		return url.Values{"zone": {"example.net"}, "type": {"powerdns"}, "ttl": {ttl}, "powerdns_server": {"http://192.0.2.1:8081"}}
	}
	page := zonesPage + "&part=edit&id=1"
	_, shown := second.get(page)
	contains(t, "the first save", first.fill(page, form("600")), "The zone was saved.")
	stale := form("900")
	stale.Set("revision", regexp.MustCompile(`name="revision" value="([^"]+)"`).FindStringSubmatch(shown)[1])
	html := second.fill(page, stale)
	contains(t, "the second save", html, "This zone was changed by somebody else meanwhile, so nothing was saved", "Open the zone as it is saved now", `value="900"`)
	if got := w.value(t, "SELECT ttl FROM puq_proxmox_kvm_dns_zones"); got != "600" {
		t.Errorf("the TTL is %s", got)
	}
	_, question := first.get(zonesPage + "&part=delete&id=1")
	contains(t, "the question", question, "No record of ours is in it.")
	contains(t, "the deletion of an older state", first.fill(zonesPage+"&part=delete&id=1", url.Values{"revision": {"0123"}}), "changed by somebody else meanwhile")
	contains(t, "a form that nobody was shown", first.fill(page, url.Values{"zone": {"example.net"}, "revision": {""}}), "changed by somebody else meanwhile")
}

// A server that never answers does not take the page along.
func TestZonesPage_endsATestInTime(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(func() { silent.CloseClientConnections(); silent.Close() })
	w.saveZone(t, "example.net", silent.URL, "k")
	_, html := w.admin(t).get(zonesPage + "&part=test&id=1")
	contains(t, "the page", html, "The zone cannot be used as it is.", "no answer came in time", "FAILED")
}
