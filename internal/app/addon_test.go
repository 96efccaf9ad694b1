package app_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// addonPages are all pages of the addon that the menu leads to.
func addonPages() []string {
	return []string{"home", "pools", "zones", "machines", "settings", "cron", "help"}
}

func compressed(t *testing.T, text string) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

var assetLinks = regexp.MustCompile(`(?:href|src)="(addonmodules\.php\?[^"]*page=asset[^"]*)"`)

// The first visit brings style and script, which the browser then keeps.
func TestAddon_pageWeight(t *testing.T) {
	t.Parallel()
	const first, later = 150 << 10, 25 << 10
	v := sharedWorld(t).admin(t)
	for _, page := range addonPages() {
		_, html := v.get(addonHome + "&page=" + page)
		weight, assets := compressed(t, html), 0
		for _, link := range assetLinks.FindAllStringSubmatch(html, -1) {
			status, body := v.get("admin/" + strings.ReplaceAll(link[1], "&amp;", "&"))
			if status != http.StatusOK || len(body) < 1000 {
				t.Errorf("%s: %s answers %d with %d bytes", page, link[1], status, len(body))
			}
			assets += compressed(t, body)
		}
		if assets == 0 || weight+assets > first || weight > later {
			t.Errorf("%s: %d bytes and %d of assets, want at most %d together and %d alone", page, weight, assets, first, later)
		}
		for _, inline := range []string{"<style", " style=\"", "onclick=", "<script>", "//cdn"} {
			if main := html[strings.Index(html, `class="kb kb-addon"`):]; strings.Contains(main, inline) {
				t.Errorf("%s has %s in its HTML", page, inline)
			}
		}
	}
}

func TestAddon_saysHowToStartADeadService(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(addonHome + "&page=pools")
	if err := w.down(); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.Click(`a[data-kb-dialog]`), chromedp.WaitVisible(".kb-alert-said"))
	contains(t, "the page whose dialog could not be opened", b.text(), "cannot be reached", `Start it with "kvmbridge serve"`)
	b.picture("addon-dead-dialog")
	b.open(addonHome)
	contains(t, "the page without a service", b.text(), "cannot be reached", `Start it with "kvmbridge serve"`)
	b.picture("addon-dead")
}
