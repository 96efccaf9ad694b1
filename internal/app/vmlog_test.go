package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// part is the address of a part of the page of machines.
func part(name string, service int64) string {
	return fmt.Sprintf("%smachines&part=%s&id=%d", addonPage, name, service)
}

func widths() map[string]int { return map[string]int{"wide": 1280, "narrow": 390} }

// staff is a browser in which an administrator is logged in.
func (w *world) staff(t *testing.T, width int) *browser {
	t.Helper()
	b := w.browser(t, width)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	return b
}

// inDialog opens an address in a dialog, as a link of a list does.
func (b *browser) inDialog(page string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const a = document.createElement('a'); a.id = 'opener'; a.dataset.kbDialog = ''; a.textContent = 'open'; a.href = %q;
		document.querySelector('.kb-addon').append(a); a.click(); })()`, strings.TrimPrefix(page, "admin/")), nil), chromedp.WaitVisible("dialog[open] #kb-title"))
}

func TestBrowser_logOfAFinishedDeploy(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t, "CPU Cores=2", "RAM=2")
	w.ready(t, service)
	w.delivered(t)
	for name, width := range widths() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := w.staff(t, width)
			b.open(part("log", service))
			title := fmt.Sprintf("VM Log — Service #%d", service)
			contains(t, "the log", b.text(), title, "Current Status: READY", "Last Action: Deploy SUCCESS", "Deploy History (", "→ READY SUCCESS", "steps)",
				"Verify running + Email", "starting", "Times are UTC.")
			b.picture("vm-log-alone-" + name)
			b.accessible("the log on a page of its own")
			b.open(addonPage + "home")
			b.inDialog(part("log", service))
			b.do(chromedp.Evaluate(`document.querySelectorAll('dialog details.kb-run summary').forEach(s => s.click())`, nil))
			var refreshing bool
			var rows, runs int
			b.do(chromedp.Evaluate(`!!document.querySelector('dialog [data-kb-refresh]')`, &refreshing),
				chromedp.Evaluate(`document.querySelectorAll('dialog details[open]').length`, &runs),
				chromedp.Evaluate(`document.querySelectorAll('dialog details[open] tbody tr').length`, &rows))
			kept := w.value(t, "SELECT CONCAT(COUNT(DISTINCT r.id), ' runs, ', COUNT(*), ' steps') FROM kvmbridge_runs r JOIN kvmbridge_run_steps s ON s.run_id = r.id WHERE r.service_id = ?", service)
			if got := fmt.Sprintf("%d runs, %d steps", runs, rows); refreshing || got != kept {
				t.Errorf("the history shows %s, there are %s; refreshing %v", got, kept, refreshing)
			}
			contains(t, "the dialog", b.text(), title, "Allocate IP", "Configure DNS records — skip (no zones configured)", "Configure cloud-init", "set_firewall", "0s")
			b.accessible("the log")
			b.picture("vm-log-" + name)
			b.do(chromedp.KeyEvent("\x1b"))
			var focused string
			await(t, "the focus to return", func() bool {
				b.do(chromedp.Evaluate(`(document.querySelector('dialog[open]') ? 'dialog' : '') + document.activeElement.id`, &focused))
				return focused == "opener"
			}, func() string { return focused })
			b.quiet()
		})
	}
}

// A run that fails stands in red, and the log follows it to its end by itself.
func TestBrowser_logFollowsARunThatFails(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	mend := w.Sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/qemu/*/clone", Status: 500, Reason: "storage 'fast' is not online"})
	service := w.order(t)
	await(t, "a failure", func() bool {
		return w.value(t, "SELECT COUNT(*) FROM kvmbridge_runs WHERE service_id = ? AND result = 'waiting'", service) != "0"
	}, w.log.tail)
	b := w.staff(t, 1280)
	b.open(part("log", service))
	b.reads("the log", "The last run did not end well:", "storage 'fast' is not online", "It is tried again by itself.", "WAITING", "SET_IP")
	b.picture("vm-log-failed-wide")
	b.accessible("the log of a failure")
	narrow := w.staff(t, 390)
	narrow.open(part("log", service))
	narrow.picture("vm-log-failed-narrow")
	narrow.quiet()
	b.do(chromedp.Click("details.kb-run summary"), chromedp.Evaluate("window.here = true", nil))
	mend()
	b.reads("the log", "Current Status: READY", "SUCCESS")
	var here, open bool
	b.do(chromedp.Evaluate("window.here === true", &here), chromedp.Evaluate(`document.querySelectorAll('details.kb-run[open]').length > 0`, &open))
	if !here || !open {
		t.Errorf("the page was loaded anew: %v; the open run stayed open: %v", !here, open)
	}
	await(t, "the end of looking", func() bool {
		var again bool
		b.do(chromedp.Evaluate(`!!document.querySelector('[data-kb-refresh]')`, &again))
		return !again
	}, b.text)
	if text := b.text(); strings.Contains(text, "did not end well") {
		t.Errorf("the banner stayed: %s", text)
	}
	b.picture("vm-log-mended")
	b.quiet()
}

// Whatever labels, errors and details hold is text.
func TestBrowser_logRunsNoStoredScript(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	w.ready(t, service)
	w.delivered(t)
	w.exec(t, "UPDATE kvmbridge_vm SET attention = ?, attention_at = NOW()", evil)
	w.exec(t, "UPDATE kvmbridge_runs SET action = LEFT(?, 40), result = 'waiting', error = ?", evil, evil)
	w.exec(t, "UPDATE kvmbridge_run_steps SET label = LEFT(?, 100), result = ?, skip = ?, details = ?, from_status = LEFT(?, 64)", evil, evil, evil, evil, evil)
	b := w.staff(t, 1280)
	b.open(addonPage + "home")
	b.inDialog(part("log", service))
	b.reads("the log", "<script>window.evil=1", "onerror=")
	time.Sleep(200 * time.Millisecond)
	b.quiet()
	b.open(part("log", service+77))
	contains(t, "the log of no VM", b.text(), fmt.Sprintf("Service %d has no VM.", service+77))
}
