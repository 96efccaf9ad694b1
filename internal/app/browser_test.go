package app_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

// browser is a Chromium with an empty profile; it collects what its console complains about.
type browser struct {
	t   *testing.T
	ctx context.Context
	w   *world

	mu         sync.Mutex
	complaints []string
}

// browser starts one with a window of this width.
func (w *world) browser(t *testing.T, width int) *browser {
	t.Helper()
	const height = 900
	program, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("the program chromium is not installed; install the package chromium")
	}
	profile, err := os.MkdirTemp("", "kb") //nolint:usetesting // the helpers of the browser end after the test, t.TempDir would fail
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-background-networking", true), chromedp.NoFirstRun, chromedp.UserDataDir(profile),
		chromedp.WindowSize(width, height), chromedp.WSURLReadTimeout(patience))
	allocated, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, _ := chromedp.NewContext(allocated)
	ctx, cancelAll := context.WithTimeout(ctx, 2*patience)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits for the end of the browser
		cancelAll()
		cancel()
		for range 50 { // its helpers end a little later
			if err = os.RemoveAll(profile); err == nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Error(err)
	})
	b := &browser{t: t, ctx: ctx, w: w}
	chromedp.ListenTarget(ctx, b.hear)
	b.do(chromedp.EmulateViewport(int64(width), height), log.Enable())
	return b
}

func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError && !strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
			b.complaints = append(b.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) open(page string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.w.WHMCS.URL+"/"+page), chromedp.WaitReady("body"))
}

// text is what a person reads on the page.
func (b *browser) text() (text string) {
	b.t.Helper()
	b.look("document.body ? document.body.innerText : ''", &text)
	return text
}

// look reads something; a page that makes way for the next one meanwhile is asked again.
func (b *browser) look(script string, into any) {
	b.t.Helper()
	read := chromedp.Evaluate(script, into)
	for range 20 {
		err := chromedp.Run(b.ctx, read)
		gone := err != nil && (strings.Contains(err.Error(), "navigated or closed") || errors.Is(err, context.Canceled) && b.ctx.Err() == nil)
		if !gone {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.do(read)
}

func (b *browser) login(page, name, password string) {
	b.t.Helper()
	b.open(page)
	b.do(chromedp.SendKeys(`input[name="username"]`, name), chromedp.SendKeys(`input[name="password"]`, password), chromedp.Click(`main button`), chromedp.WaitVisible(`a[href="logout.php"]`))
}

// picture keeps a screenshot of the whole page for people, and looks that nothing hangs out of a narrow window.
func (b *browser) picture(name string) {
	b.t.Helper()
	var png []byte
	var width, inside int
	b.do(chromedp.FullScreenshot(&png, 100), chromedp.Evaluate("document.documentElement.scrollWidth", &width), chromedp.Evaluate("window.innerWidth", &inside))
	if width > inside {
		b.t.Errorf("%s is %d px wide in a window of %d px", name, width, inside)
	}
	dir := filepath.Join("..", "..", "testdata-out")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// quiet fails when the console complained or a script of a stored text ran.
func (b *browser) quiet() {
	b.t.Helper()
	var evil bool
	b.do(chromedp.Evaluate("window.evil === 1", &evil))
	if evil {
		b.t.Error("a stored script was run")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		b.t.Errorf("the console complains: %q", b.complaints)
	}
}

func evaluate(script string, into any) chromedp.Action { return chromedp.Evaluate(script, into) }

const evil = `<script>window.evil=1</script><img src=x onerror="window.evil=1">`

func TestBrowser_admin(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t, "CPU Cores=2", "RAM=2", "Additional Disk=10", "IPv6 Addresses=1")
	m := w.ready(t, service)
	for name, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := w.browser(t, width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			b.open(servicePage(service))
			contains(t, "the service page", b.text(), "READY", fmt.Sprintf("VM %d on %s", m.VMID, m.Node), "192.0.2.", "2001:db8::", "Allocate IP", "Verify running + Email")
			b.picture("admin-service-" + name)
			b.open("admin/addonmodules.php?module=puq_proxmox_kvm")
			contains(t, "the addon's page", b.text(), "kvmbridge status", "READY", "No VM needs attention.", "Runs of the last 24 hours", "success")
			b.accessible("the addon's page")
			b.picture("admin-addon-" + name)
			b.open(fmt.Sprintf("admin/configproducts.php?action=edit&id=%d", w.product(t, `{"vm":{"template":9000,"cpus":2}}`)))
			b.do(chromedp.Click("summary"))
			contains(t, "the product's page", b.text(), "did you mean vm.cpu?", "vm.template", "VM id of the OS template")
			b.picture("admin-product-" + name)
			b.quiet()
		})
	}
}

func TestBrowser_clientOrders(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	for name, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := w.browser(t, width)
			b.login("login.php", w.WHMCS.Seeded.ClientEmail, w.WHMCS.Seeded.ClientPassword)
			b.open(fmt.Sprintf("cart.php?a=add&pid=%d", w.WHMCS.Seeded.ProductID))
			b.picture("client-cart-" + name)
			b.do(chromedp.Click("main button"), chromedp.WaitVisible(".alert-success"))
			contains(t, "the page after the order", b.text(), "Thank you for your order.", "being prepared")
			b.picture("client-ordered-" + name)
			var address string
			b.do(chromedp.Location(&address))
			var service int64
			_, id, _ := strings.Cut(address, "id=")
			if _, err := fmt.Sscanf(id, "%d", &service); err != nil {
				t.Fatalf("%s: %v", address, err)
			}
			m := w.ready(t, service)
			b.open(fmt.Sprintf("clientarea.php?action=productdetails&id=%d", service))
			contains(t, "the client's page", b.text(), "Your virtual machine is running.", "READY", m.Domain, m.Username, "192.0.2.")
			b.picture("client-ready-" + name)
			b.quiet()
		})
	}
}

// Names and errors come from people and from Proxmox; whatever they hold is text.
func TestBrowser_runsNoStoredScript(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	needed(t, w.pair(t.Context()))
	service := w.order(t)
	w.ready(t, service)
	w.delivered(t)
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = ? WHERE service_id = ?", evil, service)
	w.exec(t, "UPDATE kvmbridge_vm SET last_error = ?, attention = ?, attention_at = NOW(), node = ? WHERE service_id = ?", evil, evil, evil[:30], service)
	w.exec(t, "UPDATE kvmbridge_run_steps SET label = LEFT(?, 60), result = ?", evil, evil)
	w.exec(t, "UPDATE tblhosting SET domain = ?, username = ? WHERE id = ?", evil, evil, service)
	w.exec(t, "UPDATE tblclients SET firstname = ?", strings.NewReplacer("<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(evil)) // as WHMCS stores it
	w.exec(t, "UPDATE tblproducts SET name = ?, configoption1 = ?", evil, `{"`+strings.ReplaceAll(evil, `"`, `\"`)+`":1}`)
	w.exec(t, "UPDATE tblservers SET name = ?", evil)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	for _, page := range []string{servicePage(service), "admin/addonmodules.php?module=puq_proxmox_kvm", "admin/configproducts.php?action=edit&id=1"} {
		b.open(page)
		contains(t, page, b.text(), "<script>window.evil=1")
		time.Sleep(200 * time.Millisecond) // what an image would trigger
		b.quiet()
	}
	b.picture("admin-addon-attention")
	b.open("admin/addonmodules.php?module=puq_proxmox_kvm")
	b.picture("admin-addon-attention")
	b.login("login.php", w.WHMCS.Seeded.ClientEmail, w.WHMCS.Seeded.ClientPassword)
	b.open(fmt.Sprintf("clientarea.php?action=productdetails&id=%d", service))
	contains(t, "the client's page", b.text(), "<script>window.evil=1")
	time.Sleep(200 * time.Millisecond)
	b.quiet()
}
