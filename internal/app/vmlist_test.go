package app_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

const listPage = "admin/addonmodules.php?module=puq_proxmox_kvm&page=machines"

// listed puts a service with a record at this status into the database; the engine does not know of it.
func (w *world) listed(t *testing.T, n int, serviceStatus, status string) int64 {
	t.Helper()
	s := w.WHMCS.Seeded
	client := w.exec(t, "INSERT IGNORE INTO tblclients (firstname, lastname, companyname) VALUES (?, 'Tester', ?)", fmt.Sprintf("Client%02d", n), fmt.Sprintf("Firm %d &amp; Co", n))
	v6 := fmt.Sprintf("2001:0db8:0000:0000:0000:0000:0000:%04x", n)
	id := w.exec(t, "INSERT IGNORE INTO tblhosting (userid, packageid, server, domain, domainstatus, dedicatedip, assignedips) VALUES (?, ?, ?, ?, ?, ?, ?)",
		client, s.ProductID, s.ServerID, fmt.Sprintf("vps-%d.example.net", n), serviceStatus, fmt.Sprintf("203.0.113.%d", n), v6)
	if status != "" {
		w.exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, ?, ?, ?, ?)",
			id, 5000+n, fmt.Sprintf("vps-%d", n), status, fmt.Sprintf(`{"203.0.113.%d":"mail%d.example.org","%s":"vps-%d.example.net"}`, n, n, v6, n))
	}
	return id
}

// listWorld has machines of every kind: the ids by their names.
func listWorld(t *testing.T) (w *world, ids map[string]int64) {
	t.Helper()
	w = blankWorld(t, playground.Options{Settings: sold})
	needed(t, w.pair(t.Context()))
	ids = map[string]int64{}
	for n := 1; n <= 12; n++ {
		ids["ready "+strconv.Itoa(n)] = w.listed(t, n, "Active", "ready")
	}
	ids["terminate"] = w.listed(t, 21, "Terminated", "terminate")
	ids["removed"] = w.listed(t, 22, "Cancelled", "remove")
	ids["stuck"] = w.listed(t, 23, "Terminated", "error_terminate")
	ids["moving"] = w.listed(t, 24, "Suspended", "cp_additional_disk_bandwidth")
	ids["pending"] = w.listed(t, 25, "Pending", "")
	ids["gone"] = w.listed(t, 26, "Active", "remove")
	w.exec(t, "DELETE FROM tblhosting WHERE id = ?", ids["gone"])
	w.exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, attention, attention_at, created_at) VALUES (?, ?, 'Disk is full.', NOW(), NOW())", ids["stuck"], w.WHMCS.Seeded.ServerID)
	return w, ids
}

// vmRow is what a person reads in the line of a service; "" = it is not there.
func (b *browser) vmRow(id int64) (text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`Array.from(document.querySelectorAll('.kb-machines tbody tr')).filter(r => new RegExp('#%d(?![0-9])').test(r.cells[1].innerText)).map(r => r.innerText).join()`, id), &text))
	return text
}

// vmButtons are the names of the buttons of a line, as a screen reader says them.
func (b *browser) vmButtons(id int64) (names []string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`Array.from(document.querySelectorAll('.kb-machines tbody tr')).filter(r => new RegExp('#%d(?![0-9])').test(r.cells[1].innerText)).flatMap(r => Array.from(r.querySelectorAll('.kb-actions a'), a => a.textContent))`, id), &names))
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], fmt.Sprintf(" #%d", id))
	}
	return names
}

// vmIDs reads the ids from top to bottom.
func (b *browser) vmIDs() (ids []string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(`Array.from(document.querySelectorAll('.kb-machines tbody tr'), r => r.cells[1].innerText.match(/#(\d+)/)[1])`, &ids))
	return ids
}

// vmFollow does what leads to another page, and waits for that.
func (b *browser) vmFollow(action chromedp.Action) {
	b.t.Helper()
	b.do(chromedp.Evaluate("document.body.dataset.left = 1", nil), action, chromedp.WaitReady("body:not([data-left])"), chromedp.WaitVisible(".kb-addon"))
}

// openDeed opens the dialog of a button in a line.
func (b *browser) openDeed(id int64, name string) {
	b.t.Helper()
	link := fmt.Sprintf(`.kb-machines a[title=%q]`, name)
	b.do(chromedp.Click(fmt.Sprintf(`%s[href*="&id=%d&"], %s[href$="&id=%d"]`, link, id, link, id), chromedp.ByQuery), chromedp.WaitVisible("dialog[open] h2"))
}

// vmDialog is what a person reads in it.
func (b *browser) vmDialog() (text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(`document.querySelector('dialog[open]').innerText`, &text))
	return text
}

func TestBrowser_machines(t *testing.T) {
	t.Parallel()
	w, ids := listWorld(t)
	for name, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := w.browser(t, width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			b.open(listPage)
			contains(t, "the list", b.text(), "VM Management", "1–10 of 18", "All Services", "All VM Statuses")
			b.accessible("the list")
			var beside int
			b.do(chromedp.Evaluate(`(s => s.scrollWidth - s.clientWidth)(document.querySelector('.kb-scroll'))`, &beside))
			if beside > 0 {
				t.Errorf("%d px of the table are out of sight", beside)
			}
			b.picture("admin-machines-" + name)
			b.open(listPage + "&size=25")
			contains(t, "a ready line", b.vmRow(ids["ready 7"]), "Client07 Tester", "Firm 7 & Co", "5007", "vps-7", "READY", "ACTIVE", "203.0.113.7", "mail7.example.org", "2001:db8::7", "vps-7.example.net")
			contains(t, "a line that needs a person", b.vmRow(ids["stuck"]), "ERROR_TERMINATE", "Needs attention", "TERMINATED")
			contains(t, "a line of a service that is gone", b.vmRow(ids["gone"]), "gone from WHMCS", "REMOVE")
			b.vmDeeds(ids)
			b.picture("admin-machines-all-" + name)
			b.accessible("the whole list")
			b.vmPages(ids)
			b.quiet()
		})
	}
}

// vmDeeds looks at the buttons of every kind of line (product-spec §10.4).
func (b *browser) vmDeeds(ids map[string]int64) {
	b.t.Helper()
	all := []string{"Redeploy", "Reset", "Log", "Backups", "DB Record", "Delete Record"}
	over := []string{"Redeploy", "Reset", "Log", "DB Record", "Delete Record"}
	for name, want := range map[string][]string{"ready 1": all[1:5], "terminate": all[:5], "moving": all[:5], "removed": over, "stuck": all, "gone": over, "pending": nil} {
		if got := b.vmButtons(ids[name]); !slices.Equal(got, want) {
			b.t.Errorf("buttons of %s: %q, want %q", name, got, want)
		}
	}
	var links []string
	b.do(chromedp.Evaluate(fmt.Sprintf(`Array.from(document.querySelectorAll('.kb-machines tbody a[href*="client"]'), a => new URL(a.href).pathname.replace(/.*admin/, '') + new URL(a.href).search).filter(h => h.endsWith('id=%d'))`, ids["ready 1"]), &links))
	if len(links) != 1 || !strings.HasPrefix(links[0], "/clientsservices.php?userid=") {
		b.t.Errorf("links to the service: %q", links)
	}
}

// vmPages goes through the list as a person would.
func (b *browser) vmPages(ids map[string]int64) {
	b.t.Helper()
	b.open(listPage)
	newest := b.vmIDs()
	if len(newest) != 10 || newest[0] != strconv.FormatInt(ids["gone"], 10) {
		b.t.Errorf("the first page shows %v, want the newest service first", newest)
	}
	b.vmFollow(chromedp.Click(`nav.kb-turns a[rel=next]`))
	contains(b.t, "the second page", b.text(), "11–18 of 18")
	b.open(listPage + "&sort=client&size=25")
	var sorted string
	b.do(chromedp.Evaluate(`document.querySelector('th[aria-sort=ascending]').innerText`, &sorted))
	contains(b.t, "the heading", sorted, "Client")
	b.open(listPage + "&q=" + url.QueryEscape("2001:DB8::0007"))
	if got := b.vmIDs(); len(got) != 1 || got[0] != strconv.FormatInt(ids["ready 7"], 10) {
		b.t.Errorf("by address: %v, want %d", got, ids["ready 7"])
	}
	b.do(chromedp.SetValue(`input[type=search]`, "nobody has this"))
	b.vmFollow(chromedp.Submit(`input[type=search]`))
	contains(b.t, "a search in vain", b.text(), "No VM matches.", "Show all")
	b.vmFollow(chromedp.Click(`.kb-empty a`))
	contains(b.t, "everything", b.text(), "of 18")
}

// A filter stays for the next visit, as in the reference product.
func TestBrowser_machinesRemembersFilters(t *testing.T) {
	t.Parallel()
	w, ids := listWorld(t)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(listPage)
	choose := func(name, value string) {
		b.vmFollow(chromedp.Evaluate(fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('select[name=%s]'))`, value, name), nil))
	}
	choose("service", "Terminated")
	choose("status", "error_terminate")
	look := func(where string, want ...int64) {
		t.Helper()
		var list []string
		for _, id := range want {
			list = append(list, strconv.FormatInt(id, 10))
		}
		b.do(chromedp.WaitVisible(".kb-machines"))
		if got := b.vmIDs(); !slices.Equal(got, list) {
			t.Errorf("%s: %v, want %v", where, got, list)
		}
	}
	look("filtered", ids["stuck"])
	b.open("admin/addonmodules.php?module=puq_proxmox_kvm")
	b.vmFollow(chromedp.Click(`//nav//a[.='VM Management']`, chromedp.BySearch))
	await(t, "the filters to come back", func() bool { return len(b.vmIDs()) == 1 }, b.text)
	look("on the next visit", ids["stuck"])
	choose("status", "")
	look("one filter less", ids["stuck"], ids["terminate"])
	b.vmFollow(chromedp.Click(`//th//a[.='Client']`, chromedp.BySearch))
	look("in another order", ids["terminate"], ids["stuck"])
	b.quiet()
}

func TestBrowser_machinesAreResetRedeployedAndForgotten(t *testing.T) {
	t.Parallel()
	for name, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ids := listWorld(t)
			status := func(name string) string {
				return w.value(t, "SELECT COALESCE(MAX(vm_status), 'no record') FROM puqProxmoxKVM_vm_info WHERE service_id = ?", ids[name])
			}
			b := w.browser(t, width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			b.open(listPage + "&size=25&q=tester")
			target, forgotten := "moving", "stuck"
			if name == "narrow" {
				target, forgotten = "terminate", "removed"
			}
			b.openDeed(ids[target], "Reset")
			contains(t, "the dialog", b.vmDialog(), "Reset VM Status", fmt.Sprintf("#%d", ids[target]), "change_package", "Writes all DNS records anew.", "Cancel")
			b.accessible("the dialog of a reset")
			b.picture("admin-machines-reset-" + name)
			b.do(chromedp.SetValue("#kb-to", "ready"))
			b.vmFollow(chromedp.Click("dialog[open] form button"))
			contains(t, "the list after it", b.text(), "The status was set.", "1–17 of 17 (of all 18)")
			contains(t, "the line after it", b.vmRow(ids[target]), "READY")
			if got := status(target); got != "ready" {
				t.Errorf("the record is at %q", got)
			}
			b.openDeed(ids[forgotten], "Redeploy")
			contains(t, "the dialog", b.vmDialog(), "Redeploy VM", "This destroys the VM.", "203.0.113.2", "everything on its disks")
			b.accessible("the dialog of a redeploy")
			b.picture("admin-machines-redeploy-" + name)
			b.do(chromedp.Click("dialog[open] form button"), chromedp.WaitVisible("dialog[open] [role=alert]"))
			contains(t, "the refusal", b.vmDialog(), "only Active and Suspended services can be redeployed")
			b.do(chromedp.Click("dialog[open] a[data-kb-close]"), chromedp.WaitNotPresent("dialog[open]"))
			b.openDeed(ids[forgotten], "Delete Record")
			contains(t, "the dialog", b.vmDialog(), "Delete Record", "Proxmox is not touched", "The service in WHMCS is not touched")
			b.picture("admin-machines-delete-" + name)
			b.vmFollow(chromedp.Click("dialog[open] form button"))
			contains(t, "the list after it", b.text(), "The record was deleted.")
			if got := status(forgotten); got != "no record" || len(b.vmButtons(ids[forgotten])) > 0 {
				t.Errorf("the record is at %q, buttons %q", got, b.vmButtons(ids[forgotten]))
			}
			b.quiet()
		})
	}
}

func TestBrowser_machinesInBulk(t *testing.T) {
	t.Parallel()
	w, ids := listWorld(t)
	b := w.browser(t, 390)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(listPage + "&size=25")
	b.vmFollow(chromedp.Click(`button[name=do][value=reset]`))
	contains(t, "nothing ticked", b.text(), "No VM is selected.")
	tick := func(deed string, names ...string) {
		b.open(listPage + "&size=25")
		for _, name := range names {
			b.do(chromedp.Click(fmt.Sprintf(`input[name=id][value="%d"]`, ids[name])))
		}
		b.vmFollow(chromedp.Click(fmt.Sprintf(`button[name=do][value=%s]`, deed)))
	}
	tick("reset", "ready 1", "moving", "removed")
	contains(t, "the question", b.text(), "Reset VM Status", "Client01 Tester", "CP_ADDITIONAL_DISK_BANDWIDTH", "Reset (3)", "New status")
	b.accessible("the question")
	b.picture("admin-machines-bulk")
	w.exec(t, "DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?", ids["removed"])
	b.do(chromedp.SetValue("#kb-to", "remove"))
	b.vmFollow(chromedp.Click(".kb-lone form button"))
	contains(t, "what came of it", b.text(), "3 services, 1 of them refused.", "Set to remove.", fmt.Sprintf("Service %d has no VM: run Create first.", ids["removed"]))
	b.accessible("what came of it")
	b.picture("admin-machines-bulk-done")
	if got := w.value(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE service_id IN (?, ?) AND vm_status = 'remove'", ids["ready 1"], ids["moving"]); got != "2" {
		t.Errorf("%s of 2 were set", got)
	}
	tick("dns", "ready 2", "ready 3")
	b.vmFollow(chromedp.Click(".kb-lone form button"))
	contains(t, "what came of DNS", b.text(), "2 services, 2 of them refused.", "No DNS zone is configured")
	b.quiet()
}

// Whatever names hold is text.
func TestBrowser_machinesRunNoStoredScript(t *testing.T) {
	t.Parallel()
	w, ids := listWorld(t)
	id := ids["moving"]
	stored := strings.NewReplacer("<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(evil) // as WHMCS stores it
	w.exec(t, "UPDATE tblclients SET firstname = ?, lastname = ?, companyname = ?", stored, evil, evil)
	w.exec(t, "UPDATE tblproducts SET name = ?", evil)
	w.exec(t, "UPDATE tblservers SET name = ?", evil)
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = ?, vm_status = LEFT(?, 60), vm_rev_dns = ? WHERE service_id = ?", evil, evil, `{"203.0.113.24":"`+strings.ReplaceAll(evil, `"`, `\"`)+`"}`, id)
	w.exec(t, "UPDATE kvmbridge_vm SET attention = ?", evil)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	search := url.QueryEscape(`"><script>window.evil=1</script>`)
	for _, query := range []string{
		"&size=25", "&q=" + search, "&status=" + search, "&service=" + search, "&sort=" + search, "&part=" + search,
		fmt.Sprintf("&part=reset&id=%d", id), fmt.Sprintf("&part=redeploy&id=%d", id), fmt.Sprintf("&part=bulk&do=reset&id=%d&id=%d", id, ids["stuck"]), "&part=bulk&id=1&do=" + search, "&part=reset&id=" + search,
	} {
		b.open(listPage + query)
		if !strings.HasPrefix(query, "&q=") { // the field that shows it is not read as text
			contains(t, query, b.text(), "script>window.evil=1")
		}
		b.quiet()
	}
	b.open(listPage + "&size=25")
	b.openDeed(id, "Reset")
	contains(t, "the dialog", b.vmDialog(), "<script>window.evil=1")
	b.quiet()
}

// What a browser loads for the longest page, as a web server compresses it.
func TestMachines_pageOfAHundredIsLight(t *testing.T) {
	t.Parallel()
	w, _ := listWorld(t)
	for n := 30; n < 130; n++ {
		w.listed(t, n, "Active", "remove")
	}
	code, html := w.admin(t).get(listPage + "&size=100&status=remove&sort=client")
	if code != 200 || strings.Count(html, "<tr>") != 101 {
		t.Fatalf("answer %d with %d lines", code, strings.Count(html, "<tr>"))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(html))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d compressed", len(html), zipped.Len())
	if zipped.Len() > 25<<10 {
		t.Errorf("the page has %d bytes compressed, more than 25 KiB", zipped.Len())
	}
}

// What a person without the role, or from another site, asks for is refused.
func TestMachines_writesNothingWithoutItsForm(t *testing.T) {
	t.Parallel()
	w, ids := listWorld(t)
	for part, name := range map[string]string{"reset": "moving", "redeploy": "moving", "delete": "stuck", "bulk": "moving"} {
		address := fmt.Sprintf("%s&part=%s&id=%d", listPage, part, ids[name])
		form := url.Values{"to": {"remove"}, "do": {"reset"}, "id": {strconv.FormatInt(ids[name], 10)}}
		v := w.admin(t)
		v.get(address + "&to=remove&do=reset")
		v.send(http.MethodPost, address, strings.NewReader(form.Encode()))
		form.Set("kb_token", strings.Repeat("0", 64))
		v.send(http.MethodPost, address, strings.NewReader(form.Encode()))
		for who, v := range map[string]*visitor{"a client": w.client(t), "nobody": w.visitor(t)} {
			_, html := v.get(address)
			if strings.Contains(html, "Client24") {
				t.Errorf("%s sees %s", who, part)
			}
			v.send(http.MethodPost, address, strings.NewReader(form.Encode()))
		}
	}
	for name, want := range map[string]string{"moving": "cp_additional_disk_bandwidth", "stuck": "error_terminate"} {
		if got := w.value(t, "SELECT vm_status FROM puqProxmoxKVM_vm_info WHERE service_id = ?", ids[name]); got != want {
			t.Errorf("%s is at %q", name, got)
		}
	}
}
