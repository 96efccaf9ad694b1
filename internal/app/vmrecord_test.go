package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// field is the box of a column.
func field(column string) string { return `[id="kb-field-` + column + `"]` }

// types over what stands in a box.
func (b *browser) types(column, text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf("(() => { const box = document.querySelector(%q); box.focus(); box.value = %q; })()", field(column), text), nil))
}

const saveButton = "form .kb-danger"

func TestBrowser_recordIsChangedByHand(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.exec(t, "ALTER TABLE puqProxmoxKVM_vm_info ADD COLUMN vm_sauce VARCHAR(30) NOT NULL DEFAULT 'basil', ADD COLUMN vm_api_token VARCHAR(30) NULL")
	for name, width := range widths() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := w.order(t)
			w.ready(t, service)
			w.delivered(t)
			w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = ?, vm_api_token = 'very-secret' WHERE service_id = ?", `{"192.0.2.77":"a.example.com"}`, service)
			b := w.staff(t, width)
			b.open(addonPage + "home")
			b.inDialog(part("record", service))
			contains(t, "the record", b.text(), fmt.Sprintf("DB Record — Service #%d", service), "bypasses every safeguard", "service_id", "vm_deploy_log", "vm_sauce")
			var html, shown string
			b.do(chromedp.OuterHTML("dialog", &html), chromedp.Value(field("vm_rev_dns"), &shown))
			if shown != "{\n  \"192.0.2.77\": \"a.example.com\"\n}" || strings.Contains(html, "very-secret") {
				t.Errorf("reverse names are shown as %q; a secret in the page: %v", shown, strings.Contains(html, "very-secret"))
			}
			b.accessible("the record")
			b.picture("vm-record-" + name)

			b.types("vm_rev_dns", "{\n\"192.0.2.77\": ")
			b.types("vm_snapshots", "many")
			b.do(chromedp.Click(saveButton), chromedp.WaitVisible(`[aria-invalid="true"]`))
			b.reads("the record", "Nothing was saved. Mend the fields", "It is no valid JSON: unexpected end of JSON input", "It must be a whole number from")
			var typed, focused string
			b.do(chromedp.Value(field("vm_rev_dns"), &typed), chromedp.Evaluate("document.activeElement.id", &focused))
			if strings.TrimRight(typed, "}") != "{\n\"192.0.2.77\": " || focused != "kb-field-vm_rev_dns" && focused != "kb-field-vm_snapshots" {
				t.Errorf("what was typed: %q, the focus is at %q", typed, focused)
			}
			b.accessible("the record with faults")
			b.picture("vm-record-faults-" + name)

			w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_snapshots = 5, vm_backups = 3 WHERE service_id = ?", service)
			b.types("vm_rev_dns", `{"192.0.2.77":"web.example.com"}`)
			b.types("vm_snapshots", "9")
			b.do(chromedp.Click(saveButton))
			b.reads("the record", "was changed by somebody else", "Changed meanwhile. The record holds now:", "Changed meanwhile; this is what the record holds now.")
			var mine, theirs string
			b.do(chromedp.Value(field("vm_snapshots"), &mine), chromedp.Value(field("vm_backups"), &theirs))
			if mine != "9" || theirs != "3" {
				t.Errorf("vm_snapshots %s, vm_backups %s", mine, theirs)
			}
			if got := w.value(t, "SELECT vm_snapshots FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); got != "5" {
				t.Errorf("it was overwritten: %s", got)
			}
			b.accessible("the record after a conflict")
			b.picture("vm-record-conflict-" + name)

			b.do(chromedp.Click(saveButton), chromedp.WaitNotPresent("dialog[open]"))
			if got := w.value(t, "SELECT CONCAT_WS(' ', vm_rev_dns, vm_snapshots, vm_backups, vm_sauce, vm_api_token) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); got != `{"192.0.2.77":"web.example.com"} 9 3 basil very-secret` {
				t.Errorf("saved: %s", got)
			}
			w.delivered(t)
			entry := w.value(t, "SELECT description FROM tblactivitylog WHERE description LIKE ? ORDER BY id DESC LIMIT 1", fmt.Sprintf("kvmbridge: the VM record of service %d was edited by admin #1.%%", service))
			contains(t, "the activity log", entry, `vm_snapshots: "5" -> "9"`, `a.example.com"}" -> "{"192.0.2.77":"web.example.com"}"`)
			b.quiet()
		})
	}
}

// Without JavaScript the form is a page of its own; the engine takes up what was entered.
func TestBrowser_recordOnItsOwnPageMovesTheMachine(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	w.delivered(t)
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = ? WHERE service_id = ?", evil, service)
	b := w.staff(t, 1280)
	b.open(part("record", service))
	time.Sleep(200 * time.Millisecond)
	var name string
	b.do(chromedp.Value(field("vm_name"), &name))
	if name != evil {
		t.Errorf("the name is shown as %q", name)
	}
	b.types("vm_name", m.Name)
	b.types("vm_status", "set_cloudinit")
	b.do(chromedp.Click(saveButton), chromedp.WaitNotPresent(field("vm_name")))
	w.ready(t, service)
	last := func() string {
		return w.value(t, "SELECT CONCAT(action, ' from ', from_status, ' to ', to_status, ' ', result) FROM kvmbridge_runs WHERE service_id = ? ORDER BY id DESC LIMIT 1", service)
	}
	await(t, "the run to end", func() bool { return strings.HasSuffix(last(), " to ready success") }, last)
	if got := w.value(t, "SELECT COUNT(*) FROM kvmbridge_runs WHERE service_id = ? AND from_status = 'set_cloudinit'", service); got == "0" {
		t.Errorf("no run began at set_cloudinit; the last is %s", last())
	}
	b.quiet()
	b.open(part("record", service))
	b.do(chromedp.Focus(field("vm_id")), chromedp.KeyEvent(kb.Tab))
	var next string
	b.do(chromedp.Evaluate("document.activeElement.id", &next))
	if next != "kb-field-vm_name" {
		t.Errorf("the next field is %q", next)
	}
}
