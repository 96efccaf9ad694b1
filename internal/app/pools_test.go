package app_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const poolsPage = "admin/addonmodules.php?module=puq_proxmox_kvm&page=pools"

// poolBrowser is a browser of an administrator on the page of address pools.
type poolBrowser struct{ *browser }

func (w *world) poolBrowser(t *testing.T, width int) poolBrowser {
	t.Helper()
	b := poolBrowser{w.browser(t, width)}
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(poolsPage)
	return b
}

// text is what a person reads, nothing while the browser is on its way to another page.
func (b poolBrowser) text() (text string) {
	b.t.Helper()
	b.look("document.body ? document.body.innerText : ''", &text)
	return text
}

// dialog presses something and waits for the dialog with this title.
func (b poolBrowser) dialog(press, title string) {
	b.t.Helper()
	b.do(chromedp.Click(press), chromedp.WaitVisible("dialog[open] #kb-title"))
	b.wait("the dialog "+title, func() bool { return strings.HasPrefix(b.inside(), title) })
}

// inside is what a person reads in the open dialog.
func (b poolBrowser) inside() (text string) {
	b.t.Helper()
	b.look(`(document.querySelector('dialog[open] .kb-part') || {innerText: ''}).innerText`, &text)
	return text
}

func (b poolBrowser) wait(what string, so func() bool) {
	b.t.Helper()
	await(b.t, what, so, func() string { return b.inside() + "\n----\n" + b.text() })
}

// fill types into the fields of the open dialog.
func (b poolBrowser) fill(fields ...string) {
	b.t.Helper()
	for i := 0; i < len(fields); i += 2 {
		place := `dialog[open] [name="` + fields[i] + `"]`
		b.do(chromedp.Evaluate(fmt.Sprintf("document.querySelector(%q).value = ''", place), nil), chromedp.SendKeys(place, fields[i+1]))
	}
}

func (b poolBrowser) choose(field, value string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`(f => { f.value = %q; f.dispatchEvent(new Event('input', {bubbles: true})); f.dispatchEvent(new Event('change', {bubbles: true})); })(document.querySelector('dialog[open] [name="%s"]'))`, value, field), nil))
}

// send presses the button of the dialog's form.
func (b poolBrowser) send() {
	b.t.Helper()
	b.do(chromedp.Click("dialog[open] form button"))
}

// beside is the sentence that stands at a field and is tied to it for screen readers.
func (b poolBrowser) beside(field string) (text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const f = document.querySelector('dialog[open] [name="%s"]');
		const at = f && f.getAttribute('aria-invalid') === 'true' && document.getElementById(f.getAttribute('aria-describedby').split(' ')[0]);
		return at ? at.innerText : ''; })()`, field), &text))
	return text
}

func (b poolBrowser) reads(parts ...string) {
	b.t.Helper()
	for _, part := range parts {
		b.wait(fmt.Sprintf("%q on the page", part), func() bool { return strings.Contains(b.text(), part) })
	}
}

// row is what a person reads in the row of the list with these words.
func (b poolBrowser) row(words string) (text string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll('.kb-rows tbody tr')].map(r => r.innerText).find(t => t.includes(%q)) || ''`, words), &text))
	return text
}

func TestBrowser_pools(t *testing.T) { //nolint:tparallel // its windows change the same pools, one after the other
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t, "IPv6 Addresses=1")
	m := w.ready(t, service)
	for i, width := range map[string]int{"wide": 1280, "narrow": 390} {
		t.Run(i, func(t *testing.T) { // one after the other: an export holds what the other window is about to change
			b := w.poolBrowser(t, width)
			contains(t, "the list", b.text(), "IP Pools", "+ Add IP Pool", "192.0.2.10 - 192.0.2.250", "rDNS zone: 2.0.192.in-addr.arpa", "IPV4", "0.41% (1/241)",
				"2001:db8::10 - 2001:db8::ffff", "IPV6", "(ID: 1)")
			b.picture("admin-pools-" + i)
			b.accessible("the list")
			b.adds(i)
			b.edits(i)
			b.refusesToDelete(i)
			b.keeps(i, service, m.Name)
			b.imports(i)
			b.quiet()
		})
	}
}

// net is a network that only one of the two browsers works in.
func net(name, end string) string {
	return map[string]string{"wide": "198.51.100.", "narrow": "203.0.113."}[name] + end
}

func (b poolBrowser) adds(name string) {
	b.t.Helper()
	b.dialog(`a[href*="part=add"]`, "Add IP Pool")
	b.fill("bridge", "vm br", "vlan", "5000", "gateway", net(name, "1"), "mask", "24")
	b.wait("the hint", func() bool {
		return strings.Contains(b.inside(), "rDNS zone: "+map[string]string{"wide": "100.51.198", "narrow": "113.0.203"}[name]+".in-addr.arpa")
	})
	b.fill("mask", "27")
	b.wait("the other hint", func() bool { return strings.Contains(b.inside(), "rDNS zone: classless delegation required") })
	b.fill("address_start", net(name, "30"), "address_stop", net(name, "2"), "dns1", "dns")
	b.send()
	b.wait("the sentences", func() bool { return b.beside("bridge") != "" })
	for field, want := range map[string]string{
		"server_id": "Choose the server", "bridge": "The bridge must be a Proxmox bridge name", "vlan": "The VLAN must be a number from 0 to 4094",
		"dns1": "The DNS server must be an IP address", "address_start": "behind its end",
	} {
		contains(b.t, field, b.beside(field), want)
	}
	if got := b.beside("gateway") + b.beside("mask") + b.beside("dns2"); got != "" {
		b.t.Errorf("good fields are blamed: %s", got)
	}
	b.picture("admin-pools-faults-" + name)
	b.accessible("the form with faults")
	b.choose("server_id", "1")
	b.fill("bridge", "vmbr9", "vlan", "0", "mask", "24", "dns1", "", "dns2", "9.9.9.9", "address_start", net(name, "2"), "address_stop", net(name, "30"))
	b.wait("the size", func() bool { return strings.Contains(b.inside(), "Addresses: 29") })
	b.picture("admin-pools-form-" + name)
	b.send()
	b.reads("The IP pool was added.", net(name, "2 - ")+net(name, "30"))
	contains(b.t, "the row", b.row(net(name, "2 - ")), "vmbr9", "0% (0/29)")

	b.dialog(`a[href*="part=add"]`, "Add IP Pool")
	b.choose("server_id", "1")
	b.fill("bridge", "vmbr9", "vlan", "0", "mask", "24", "gateway", net(name, "1"), "address_start", net(name, "30"), "address_stop", net(name, "40"))
	b.send()
	b.wait("the refusal", func() bool { return b.beside("address_start") != "" })
	contains(b.t, "the refusal", b.beside("address_start"), "The range overlaps pool", "on the same server, bridge and VLAN")
	b.do(chromedp.Click("dialog[open] .kb-submit [data-kb-close]"), chromedp.WaitNotPresent("dialog[open]"))
}

// button is the address of a button in the row of a pool.
func (b poolBrowser) button(words, part string) (selector string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`(() => { const row = [...document.querySelectorAll('.kb-rows tbody tr')].find(r => r.innerText.includes(%q));
		const a = row && row.querySelector('a[href*="part=%s"]'); return a ? 'a[href="' + a.getAttribute('href') + '"]' : ''; })()`, words, part), &selector))
	if selector == "" {
		b.t.Fatalf("no %s at %q in\n%s", part, words, b.text())
	}
	return selector
}

func (b poolBrowser) edits(name string) {
	b.t.Helper()
	b.dialog(b.button(net(name, "2 - "), "edit"), "Edit IP Pool")
	contains(b.t, "the form", b.inside(), "IPV4", "The type of a pool stays what it is.", "Addresses: 29")
	b.fill("mask", "26", "address_stop", net(name, "100"))
	b.wait("the warning", func() bool { return strings.Contains(b.inside(), "does not fit into one network") })
	b.fill("address_stop", net(name, "30"))
	b.send()
	b.reads("The IP pool was saved.", "classless delegation required")
	contains(b.t, "the row", b.row(net(name, "2 - ")), "26", "0% (0/29)")
}

func (b poolBrowser) refusesToDelete(name string) {
	b.t.Helper()
	b.dialog(b.button("192.0.2.10 - ", "delete"), "Delete IP Pool")
	contains(b.t, "the dialog", b.inside(), "192.0.2.10 - 192.0.2.250", "This pool cannot be deleted", "services use: 1")
	b.picture("admin-pools-delete-" + name)
	b.accessible("the question")
	b.do(chromedp.Click("dialog[open] .kb-submit [data-kb-close]"), chromedp.WaitNotPresent("dialog[open]"))
	b.dialog(b.button(net(name, "2 - "), "delete"), "Delete IP Pool")
	contains(b.t, "the dialog", b.inside(), "This cannot be undone.")
	b.send()
	b.reads("The IP pool was deleted.")
	if row := b.row(net(name, "2 - ")); row != "" {
		b.t.Errorf("the pool is still there: %s", row)
	}
}

func (b poolBrowser) keeps(name string, service int64, vm string) {
	b.t.Helper()
	address := map[string]string{"wide": "192.0.2.77", "narrow": "192.0.2.88"}[name]
	b.do(chromedp.Click(b.button("192.0.2.10 - ", "addresses")), chromedp.WaitVisible(".kb-lone"))
	contains(b.t, "the addresses", b.text(), "Addresses of IP pool 1", "192.0.2.10", "in use", fmt.Sprintf("#%d", service), vm, "UTC")
	b.dialog(`a[href*="part=keep"]`, "Keep an address back")
	b.fill("address", "192.0.2.1")
	b.send()
	b.wait("the sentences", func() bool { return b.beside("note") != "" })
	contains(b.t, "the note", b.beside("note"), "Write why the address is kept back")
	b.fill("address", "192.0.2.1", "note", "blacklisted "+name)
	b.send()
	b.wait("the sentence", func() bool { return b.beside("address") != "" })
	contains(b.t, "the address", b.beside("address"), "is not in the range 192.0.2.10 - 192.0.2.250")
	b.fill("address", address)
	b.send()
	b.reads("The address is kept back.", address)
	contains(b.t, "the row", b.row(address), "kept back", "blacklisted "+name, "admin 1")
	b.picture("admin-pools-addresses-" + name)
	b.accessible("the addresses")
	b.do(chromedp.SendKeys(`.kb-lone [name="q"]`, "blacklisted "+name), chromedp.Click(".kb-lone .kb-filters button"), chromedp.WaitReady("body"))
	b.wait("the search", func() bool { return strings.Contains(b.text(), "Rows 1–1 of 1") && b.row(address) != "" })
	b.dialog(b.button(address, "release"), "Release an address")
	contains(b.t, "the dialog", b.inside(), address, "blacklisted "+name)
	b.send()
	b.reads("The address is no longer kept back.")
	if row := b.row(address); row != "" {
		b.t.Errorf("still there: %s", row)
	}
}

func (b poolBrowser) imports(name string) {
	b.t.Helper()
	b.open(poolsPage)
	var csv string
	b.do(chromedp.Evaluate(`fetch(document.querySelector('a[href*="part=export"]').href).then(r => r.text())`, &csv, awaitPromise))
	contains(b.t, "the export", csv, "server_id,type,bridge,vlan,gateway,mask,dns1,dns2,address_start,address_stop\n", "1,ipv4,vmbr0,0,192.0.2.1,24,9.9.9.9,,192.0.2.10,192.0.2.250\n")
	b.dialog(`a[href*="part=import"]`, "Import IP pools")
	line := func(bridge, start, stop string) string {
		return "1,ipv4," + bridge + ",0," + net(name, "1") + ",24,,," + start + "," + stop + "\n"
	}
	b.choose("csv", csv+line("vmbr8", net(name, "9"), net(name, "2"))+line("vmbr8", "x", net(name, "20")))
	b.send()
	lines := strings.Count(csv, "\n")
	b.wait("the sentences", func() bool { return strings.Contains(b.inside(), "Nothing was imported.") })
	contains(b.t, "the sentences", b.inside(), fmt.Sprintf("Line %d, address_start: The range starts at", lines+1), fmt.Sprintf("Line %d, address_start: The first address must be an IPv4 address", lines+2))
	b.picture("admin-pools-import-" + name)
	b.accessible("the import")
	b.choose("csv", csv+line("vmbr8", net(name, "9"), net(name, "20")))
	b.send()
	b.reads("The IP pools were imported.", "Added: 1.", fmt.Sprintf("left as they are: %d.", lines-1), net(name, "9 - ")+net(name, "20"))
}

// Without JavaScript every part is a page of its own.
func TestPools_workWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	v := w.admin(t)
	_, html := v.get(poolsPage + "&part=add")
	contains(t, "the form", html, "<h2>Add IP Pool</h2>", `name="address_start"`, "-- Select Server --", "(ID: 1)")
	form := url.Values{"server_id": {"1"}, "type": {"ipv6"}, "bridge": {"vmbr4"}, "vlan": {"7"}, "gateway": {"2001:db8:4::1"}, "mask": {"64"}, "address_start": {"2001:db8:4::2"}, "address_stop": {"192.0.2.1"}}
	_, html = v.submit(poolsPage+"&part=add", form)
	contains(t, "the form again", html, "The last address must be an IPv6 address such as 2001:db8::20, not &#34;192.0.2.1&#34;.", `value="2001:db8:4::2"`, `<option value="ipv6" selected>`, `<option value="1" selected>`)
	form.Set("address_stop", "2001:db8:4::50")
	_, html = v.submit(poolsPage+"&part=add", form)
	contains(t, "the list", html, "The IP pool was added.", "2001:db8:4::2 - 2001:db8:4::50", "0% (0/79)", "IPV6")
	id := w.value(t, "SELECT id FROM puq_proxmox_kvm_ip_pools WHERE bridge = 'vmbr4'")
	_, html = v.get(poolsPage + "&q=vmbr4+ipv6")
	contains(t, "the search", html, "2001:db8:4::2", "Rows 1–1 of 1")
	if strings.Contains(html, "192.0.2.10") {
		t.Error("the search shows other pools")
	}
	_, html = v.get(poolsPage + "&sort=range&down=1")
	if a, b := strings.Index(html, "2001:db8:4::2"), strings.Index(html, "192.0.2.10"); a < 0 || b < a {
		t.Error("sorted by address downwards, IPv6 does not come first")
	}
	contains(t, "the heading", html, `aria-sort="descending"`)
	_, html = v.submit(poolsPage+"&part=delete&id="+id, url.Values{})
	contains(t, "the list", html, "The IP pool was deleted.")
	_, html = v.get(poolsPage + "&part=edit&id=" + id)
	contains(t, "the form of a pool that is no more", html, "There is no such IP pool")
	w.delivered(t)
	log := fmt.Sprint(w.rows(t, "SELECT description FROM tblactivitylog WHERE description LIKE '%IP pool%'"))
	contains(t, "the activity log", log, "kvmbridge: admin 1 added IP pool "+id, "kvmbridge: admin 1 deleted IP pool "+id)
}

// Whatever stands in the tables of others is text, and the page stays whole.
func TestBrowser_poolsRunNoStoredScript(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	w.ready(t, service)
	w.exec(t, "ALTER TABLE puq_proxmox_kvm_ip_pools MODIFY type TEXT, MODIFY bridge TEXT, MODIFY vlan TEXT, MODIFY gateway TEXT, MODIFY mask TEXT, MODIFY dns1 TEXT, MODIFY address_start TEXT, MODIFY address_stop TEXT, MODIFY server_id VARCHAR(200)")
	w.exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, dns1, address_start, address_stop) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, evil, evil, evil, evil, evil, evil, evil, evil, evil)
	w.exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, address_start, address_stop) VALUES ('1', 'ipv4', 'vmbr6', '0', '10.0.0.1', '24', '10.0.0.2', '10.0.0.9')`)
	w.exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_name = ?", evil)
	w.exec(t, "UPDATE kvmbridge_ip_allocations SET note = ?, noted_by = 1", evil)
	w.exec(t, "UPDATE tblservers SET name = ?", evil)
	broken := w.value(t, "SELECT MAX(id) - 1 FROM puq_proxmox_kvm_ip_pools")
	b := w.poolBrowser(t, 1280)
	for _, part := range []string{
		"", "&part=edit&id=" + broken, "&part=delete&id=" + broken, "&part=addresses&id=1", "&part=addresses&id=" + broken,
		"&part=keep&id=" + broken + "&address=" + url.QueryEscape(evil), "&part=release&id=1&address=" + url.QueryEscape(evil), "&q=" + url.QueryEscape(evil), "&part=add", "&part=import",
	} {
		b.open(poolsPage + part)
		if part != "&part=import" && !strings.HasPrefix(part, "&part=keep") { // there it stands in fields
			contains(t, part, b.text(), "<script>window.evil=1")
		}
		time.Sleep(100 * time.Millisecond) // what an image would trigger
		b.quiet()
	}
	b.open(poolsPage)
	contains(t, "the list", b.text(), "Nothing is handed out from this pool:", "The VLAN must be a number from 0 to 4094", "10.0.0.2 - 10.0.0.9")
	b.picture("admin-pools-broken")
	b.dialog(fmt.Sprintf(`a[href*="part=edit&id=%s"]`, broken), "Edit IP Pool")
	contains(t, "the form", b.beside("gateway"), "The gateway must be an")
	time.Sleep(100 * time.Millisecond)
	b.quiet()
}
