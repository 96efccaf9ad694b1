package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// asked is what a browser's pages asked and sent since it was emptied.
type asked struct {
	mu        sync.Mutex
	accept    bool // the answer to every question
	questions []string
	posts     int
}

// questions answers the dialogs of b's pages and counts their requests.
func (b *browser) questions() *asked {
	b.t.Helper()
	a := new(asked)
	chromedp.ListenTarget(b.ctx, func(event any) {
		a.mu.Lock()
		defer a.mu.Unlock()
		switch e := event.(type) {
		case *page.EventJavascriptDialogOpening:
			a.questions = append(a.questions, e.Message)
			go func(accept bool) { // the page stands still until then
				_ = chromedp.Run(b.ctx, page.HandleJavaScriptDialog(accept))
			}(a.accept)
		case *network.EventRequestWillBeSent:
			if e.Request.Method == http.MethodPost {
				a.posts++
			}
		}
	})
	b.do(network.Enable())
	return a
}

// begin answers like this from now on and forgets what was.
func (a *asked) begin(accept bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accept, a.questions, a.posts = accept, nil, 0
}

func (a *asked) since() (questions []string, posts int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.questions), a.posts
}

// press clicks a button of the page by its label.
func (b *browser) press(label string) {
	b.t.Helper()
	b.do(chromedp.Click(fmt.Sprintf(`//button[normalize-space()=%q]`, label), chromedp.BySearch))
}

// stayed has the page do one more thing, behind whatever a click has set going.
func (b *browser) stayed(url string) bool {
	b.t.Helper()
	var at string
	b.do(chromedp.Evaluate(`new Promise(done => setTimeout(() => done(location.href + (window.here ? '' : ' anew')), 300))`, &at, awaitPromise))
	return strings.HasSuffix(at, url)
}

func awaitPromise(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

func TestBrowser_destructiveButtonsAskFirst(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	b := w.browser(t, 1280)
	a := b.questions()
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(servicePage(service))
	for label, question := range map[string]string{
		"**Reinstall": "Reinstall this virtual machine?", "**VMRemove": "Delete this virtual machine from Proxmox?", "Redeploy": "Delete this virtual machine and build a new one?",
	} {
		b.do(chromedp.Evaluate("window.here = true", nil))
		a.begin(false)
		b.press(label)
		if !b.stayed(servicePage(service)) {
			t.Errorf("%s: the page went away although the answer was no", label)
		}
		if questions, posts := a.since(); len(questions) != 1 || !strings.HasPrefix(questions[0], question) || !strings.Contains(questions[0], "are lost") || posts != 0 {
			t.Errorf("%s: asked %q and sent %d requests, want one question and none", label, questions, posts)
		}
	}
	commands := func() string {
		return w.value(t, "SELECT COUNT(*) FROM tblmodulelog WHERE action = 'Command' AND request LIKE ?", fmt.Sprintf(`%%"service":{"id":%d,%%`, service))
	}
	if g, exists := w.Sim.Guest(m.VMID); !exists || !g.Running || commands() != "0" {
		t.Errorf("after every answer was no: %+v, commands %s", g, commands())
	}

	a.begin(true)
	b.press("Stop")
	await(t, "the guest to stop", func() bool { g, _ := w.Sim.Guest(m.VMID); return !g.Running }, w.log.tail)
	if questions, posts := a.since(); len(questions) != 0 || posts != 1 || commands() != "1" {
		t.Errorf("Stop asked %q, sent %d requests and %s commands, want no question and one of each", questions, posts, commands())
	}

	b.open(servicePage(service))
	b.do(chromedp.Evaluate(`new Promise(done => { const s = document.createElement('script'); s.src = '../modules/servers/puqProxmoxKVM/confirm.js'; s.onload = () => done(true); document.head.append(s) })`, nil, awaitPromise))
	b.picture("admin-service-before-remove")
	a.begin(true)
	b.press("**VMRemove")
	await(t, "the guest to be removed", func() bool { _, exists := w.Sim.Guest(m.VMID); return !exists }, w.log.tail)
	if questions, posts := a.since(); len(questions) != 1 || posts != 1 {
		t.Errorf("VMRemove, with the script loaded twice, asked %q and sent %d requests, want one of each", questions, posts)
	}
	b.do(chromedp.WaitVisible(".alert-success"))
	b.picture("admin-service-removed")
	b.quiet()
}
