package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

const addonHome = "admin/addonmodules.php?module=puq_proxmox_kvm"

// addonToken is what the addon's own forms carry, beside WHMCS's.
var addonToken = regexp.MustCompile(`name="kb_token" value="([0-9a-f]{64})"`)

// submit sends the form of a page or part, with the token that stands in it unless one is given.
func (v *visitor) submit(page string, form url.Values, head ...string) (int, string) {
	v.t.Helper()
	if form.Get("kb_token") == "" {
		_, html := v.get(page)
		found := addonToken.FindStringSubmatch(html)
		if found == nil {
			v.t.Fatalf("%s has no form:\n%s", page, html)
		}
		form.Set("kb_token", found[1])
	}
	return v.send(http.MethodPost, page, strings.NewReader(form.Encode()), head...)
}

// support is an admin whose role has no access to the addon.
func (w *world) support(t *testing.T) *visitor {
	t.Helper()
	w.exec(t, `INSERT INTO tbladmins (roleid, username, password, firstname, lastname, email)
		SELECT 2, 'support', password, 'Sue', 'Support', 'support@example.com' FROM tbladmins WHERE username = ?`, w.WHMCS.Seeded.AdminUsername)
	v := w.visitor(t)
	v.login("admin/login.php", "support", w.WHMCS.Seeded.AdminPassword)
	return v
}

func TestAddon_refusesWhoeverHasNoRightToIt(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	const pool = "&page=pools&part=add"
	good := url.Values{"server": {fmt.Sprint(w.WHMCS.Seeded.ServerID)}, "type": {"IPv4"}, "bridge": {"vmbr7"}, "vlan": {"0"}, "gateway": {"198.51.100.1"}, "mask": {"24"}, "start": {"198.51.100.10"}, "stop": {"198.51.100.20"}}
	pools := func() string {
		return w.value(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools WHERE bridge = 'vmbr7'")
	}
	form := func(token string) url.Values {
		sent := url.Values{"kb_token": {token}}
		for name, value := range good {
			sent[name] = value
		}
		return sent
	}
	admin := w.admin(t)
	_, html := admin.get(addonHome + pool)
	token := addonToken.FindStringSubmatch(html)
	if token == nil {
		t.Fatalf("no form:\n%s", html)
	}
	other := w.admin(t)
	for name, c := range map[string]struct {
		who    *visitor
		token  string
		head   []string
		status int
		words  string
	}{
		"no session":                {w.visitor(t), token[1], nil, http.StatusOK, "Password"},
		"a client":                  {w.client(t), token[1], nil, http.StatusOK, "Password"},
		"an admin without the role": {w.support(t), token[1], nil, http.StatusForbidden, "no access to this addon"},
		"another session's token":   {other, token[1], nil, http.StatusForbidden, "did not come from a page of your present session"},
		"no token":                  {admin, "x", nil, http.StatusForbidden, "did not come from a page of your present session"},
		"a page of another site":    {admin, token[1], []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, "did not come from a page of your present session"},
	} {
		for _, bare := range []string{"", "&bare=1"} {
			status, body := c.who.submit(addonHome+pool+bare, form(c.token), c.head...)
			if status != c.status || !strings.Contains(body, c.words) {
				t.Errorf("%s: POST answers %d, want %d with %q:\n%s", name, status, c.status, c.words, body)
			}
		}
		if c.who != admin && c.who != other {
			if status, body := c.who.get(addonHome); status != c.status || strings.Contains(body, "kb-addon") {
				t.Errorf("%s: GET answers %d:\n%s", name, status, body)
			}
		}
	}
	if status, _ := admin.get(addonHome + pool + "&" + form(token[1]).Encode()); status != http.StatusOK || pools() != "0" {
		t.Errorf("after a GET of the write, %d, there are %s pools, want none", status, pools())
	}
	if _, body := admin.submit(addonHome+pool, form(token[1])); pools() != "1" {
		t.Errorf("the same form from its own session made %s pools:\n%s", pools(), body)
	}
}

// Everything in the pages is relative to the admin directory, whatever its name and wherever WHMCS is installed.
func TestAddon_pagesInARenamedAdminDirectory(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	needed(t, w.pair(t.Context()))
	if err := os.Rename(filepath.Join(w.WHMCS.Dir, "admin"), filepath.Join(w.WHMCS.Dir, "staff")); err != nil {
		t.Fatal(err)
	}
	b := w.browser(t, 1280)
	b.login("staff/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	absolute := regexp.MustCompile(`(?:href|src|action)="(/|https?://127|\.\./admin|admin/)[^"]*"`)
	for _, page := range []string{"home", "pools", "zones", "machines", "settings", "cron", "help"} {
		b.open("staff/addonmodules.php?module=puq_proxmox_kvm&page=" + page)
		var html, style string
		b.do(evaluate(`document.querySelector('.kb-addon').outerHTML`, &html), evaluate(`getComputedStyle(document.querySelector('.kb-nav')).backgroundColor`, &style))
		if found := absolute.FindString(html); found != "" || style == "rgba(0, 0, 0, 0)" || !strings.Contains(html, `aria-current="page"`) {
			t.Errorf("%s: a link that leads elsewhere: %q; background %s", page, found, style)
		}
		b.accessible(page)
	}
	b.quiet()
}
