package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// onThePages leaves out what the program keeps beside the settings of people.
const onThePages = "name NOT IN ('instance', 'dns_zones_deciding', 'ip_pools_changed_by', 'taken_over_at')"

const addonPage = "admin/addonmodules.php?module=puq_proxmox_kvm&page="

var (
	inputs  = regexp.MustCompile(`<input type="(hidden|text|checkbox|radio)"[^>]*? name="([^"]+)" value="([^"]*)"( checked)?`)
	addonID = regexp.MustCompile(`name="kb_token" value="([^"]+)"`)
)

// form is what a browser would send from a page of the addon if nobody touched it.
func (v *visitor) form(page string) url.Values {
	v.t.Helper()
	_, html := v.get(page)
	form := url.Values{}
	for _, in := range inputs.FindAllStringSubmatch(html, -1) {
		if in[1] == "hidden" || in[1] == "text" || in[4] != "" {
			form.Set(in[2], in[3])
		}
	}
	if addonID.FindString(html) == "" {
		v.t.Fatalf("%s has no form:\n%s", page, html)
	}
	return form
}

// change sends the form of a page of settings with some fields changed; a pair with "" is a box that is not ticked.
func (v *visitor) change(page string, pairs ...string) string {
	v.t.Helper()
	form := v.form(addonPage + page)
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			form.Del(pairs[i])
		}
	}
	status, html := v.send(http.MethodPost, addonPage+page, strings.NewReader(form.Encode()))
	if status != http.StatusOK {
		v.t.Errorf("%s: %d\n%s", page, status, html)
	}
	return html
}

const isSaved = "Saved. What was changed counts within a few seconds"

// set is change that has to succeed.
func (v *visitor) set(page string, pairs ...string) {
	v.t.Helper()
	contains(v.t, "the page after "+fmt.Sprint(pairs), v.change(page, pairs...), isSaved)
}

func TestBrowser_generalSettings(t *testing.T) { //nolint:tparallel // its windows change the same settings, one after the other
	t.Parallel()
	w := ownWorld(t)
	for _, c := range []struct {
		name  string
		width int
	}{{"wide", 1280}, {"narrow", 390}} {
		t.Run(c.name, func(t *testing.T) {
			b := w.browser(t, c.width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			w.exec(t, "DELETE FROM kvmbridge_settings WHERE "+onThePages)
			b.open(addonPage + "settings")
			contains(t, "the page", b.text(), "General Settings", "API Timeouts", "VM Migration", "Module Data", "Default Timeout (seconds)", "1 to 300 seconds, default: 10 seconds",
				"Heavy Operations Timeout (seconds)", "1 to 600 seconds, default: 60 seconds", "Enable post-clone migration", "Migration Timeout (seconds)", "default: 300 seconds",
				"Delete all database tables when module is deactivated", "A deactivation of the addon keeps the tables.")
			b.accessible("general settings")
			b.picture("admin-settings-" + c.name)

			b.fill("#kb-default_timeout", "301")
			b.fill("#kb-heavy_timeout", "90")
			b.press("Save")
			b.do(chromedp.WaitVisible(`[aria-invalid="true"]`))
			contains(t, "the refused form", b.text(), "Nothing was saved.", "Default Timeout has to be a whole number, 1 to 300 seconds.")
			if got := b.values("#kb-default_timeout", "#kb-heavy_timeout"); got != "301 90" {
				t.Errorf("the refused form holds %s, want what was typed", got)
			}
			b.accessible("the refused form")
			b.picture("admin-settings-refused-" + c.name)
			if n := w.value(t, "SELECT COUNT(*) FROM kvmbridge_settings WHERE "+onThePages); n != "0" {
				t.Errorf("%s settings of a refused form were saved", n)
			}

			b.fill("#kb-default_timeout", "20")
			b.do(chromedp.Click("#kb-migration_enable"))
			b.press("Save")
			b.do(chromedp.WaitVisible(`[role="status"]`))
			contains(t, "the page after saving", b.text(), isSaved)
			var ticked bool
			b.do(chromedp.Evaluate("document.querySelector('#kb-migration_enable').checked", &ticked))
			if got := b.values("#kb-default_timeout", "#kb-heavy_timeout"); got != "20 90" || ticked {
				t.Errorf("after saving: %s, migration %t", got, ticked)
			}
			b.quiet()
		})
	}
	w.delivered(t)
	const told = "kvmbridge: settings changed by admin #1: Default Timeout: 10 seconds -> 20 seconds; Heavy Operations Timeout: 60 seconds -> 90 seconds; Enable post-clone migration: on -> off"
	if n := w.value(t, "SELECT COUNT(*) FROM tblactivitylog WHERE description = ?", told); n != "2" {
		t.Errorf("%s entries of the activity log tell of both changes: %v", n, w.rows(t, "SELECT description FROM tblactivitylog"))
	}
}

// fill types over what stands in a field.
func (b *browser) fill(field, text string) {
	b.t.Helper()
	b.do(chromedp.Clear(field, chromedp.ByQuery), chromedp.SendKeys(field, text, chromedp.ByQuery))
}

// values are what stands in fields, with a blank between.
func (b *browser) values(fields ...string) string {
	b.t.Helper()
	list := make([]string, len(fields))
	for i, f := range fields {
		b.do(chromedp.Value(f, &list[i], chromedp.ByQuery))
	}
	return strings.Join(list, " ")
}

// Two people have the form open at the same time.
func TestSettings_undoNobodysChange(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	first, second := w.admin(t), w.admin(t)
	old := second.form(addonPage + "settings")
	first.set("settings", "default_timeout", "20", "heavy_timeout", "120")

	old.Set("migration_timeout", "400")
	_, html := second.send(http.MethodPost, addonPage+"settings", strings.NewReader(old.Encode()))
	contains(t, "another field", html, isSaved)
	if got := w.savedSettings(t); got != "default_timeout=20 heavy_timeout=120 migration_timeout=400" {
		t.Errorf("saved: %s", got)
	}
	old.Set("default_timeout", "30")
	_, html = second.send(http.MethodPost, addonPage+"settings", strings.NewReader(old.Encode()))
	contains(t, "the same field", html, "Somebody else has made this 20 seconds since the form was opened. Save again to make it 30 seconds all the same.",
		`name="default_timeout" value="30"`, `name="was_default_timeout" value="20"`, `name="heavy_timeout" value="120"`)
	if got := w.savedSettings(t); got != "default_timeout=20 heavy_timeout=120 migration_timeout=400" {
		t.Errorf("saved: %s", got)
	}
}

func (w *world) savedSettings(t *testing.T) string {
	t.Helper()
	return w.value(t, "SELECT GROUP_CONCAT(name, '=', value ORDER BY name SEPARATOR ' ') FROM kvmbridge_settings WHERE "+onThePages)
}

// silent is a Proxmox that takes every request and never answers.
func silent(t *testing.T) *url.URL {
	t.Helper()
	end := make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(end) })
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// A server that never answers shows how long a call may take, without a restart: at a button by one setting, in the
// background by the other.
func TestSettings_timeoutsBoundTheCallsToProxmox(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	address, admin := silent(t), w.admin(t)
	press := func() time.Duration {
		page := fmt.Sprintf("admin/configservers.php?action=manage&id=%d", w.WHMCS.Seeded.ServerID)
		began := time.Now()
		_, html := admin.post(page, page, url.Values{
			"action": {"testconnection"}, "name": {"silent"}, "hostname": {address.Hostname()}, "port": {address.Port()}, "username": {pvesim.DemoTokenID},
			"password": {pvesim.DemoTokenSecret}, "accesshash": {"insecure"}, "secure": {"on"}, "ipaddress": {""}, "assignedips": {""},
		})
		contains(t, "the answer", between(html, `<div class="alert`, "</div>"), "Connection failed")
		return time.Since(began)
	}
	admin.set("settings", "default_timeout", "1", "heavy_timeout", "600")
	if took := press(); took > 5*time.Second {
		t.Errorf("with 1 second the button took %s", took)
	}
	admin.set("settings", "default_timeout", "6")
	if took := press(); took < 5*time.Second {
		t.Errorf("with 6 seconds the button took %s", took)
	}

	w.exec(t, "UPDATE tblservers SET hostname = ?, port = ?, accesshash = 'insecure'", address.Hostname(), address.Port())
	service := w.order(t)
	fault := func() string {
		return w.value(t, "SELECT COALESCE(last_error, '') FROM kvmbridge_vm WHERE service_id = ?", service)
	}
	time.Sleep(7 * time.Second)
	if got := fault(); got != "" {
		t.Errorf("with 600 seconds a call failed within 7: %s", got)
	}
	if err := w.down(); err != nil { // ends the call under way; the next ones are by the new setting
		t.Fatal(err)
	}
	needed(t, w.up(t.Context()))
	admin.set("settings", "heavy_timeout", "1")
	other := w.order(t)
	await(t, "the background to give up a call", func() bool {
		return w.value(t, "SELECT COALESCE(last_error, '') FROM kvmbridge_vm WHERE service_id = ?", other) != ""
	}, w.log.tail)
}

// What a deploy does follows the setting of the moment.
func TestSettings_migrationIsSwitchedWithoutARestart(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.exec(t, "UPDATE tblproducts SET configoption1 = ?", strings.Replace(sold, `"template":9000`, `"template":9000,"node":"pve2"`, 1))
	admin := w.admin(t)
	admin.set("settings", "migration_enable", "")
	if m := w.ready(t, w.order(t)); m.Node != "pve1" {
		t.Errorf("with migration off the VM is on %s, its template on pve1", m.Node)
	}
	admin.set("settings", "migration_enable", "on")
	if m := w.ready(t, w.order(t)); m.Node != "pve2" {
		t.Errorf("with migration on the VM is on %s, the product wants pve2", m.Node)
	}
}
