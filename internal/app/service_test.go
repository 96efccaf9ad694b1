package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

func TestSuspend_cutsThePowerAndUnsuspendGivesItBack(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	for _, c := range []struct {
		function, status string
		running          bool
	}{{"SuspendAccount", "Suspended", false}, {"SuspendAccount", "Suspended", false}, {"UnsuspendAccount", "Active", true}, {"UnsuspendAccount", "Active", true}} {
		if got := w.call(t, c.function, service); got != "success" {
			t.Fatalf("%s answered %q", c.function, got)
		}
		if got := w.value(t, "SELECT domainstatus FROM tblhosting WHERE id = ?", service); got != c.status {
			t.Errorf("after %s the service is %s", c.function, got)
		}
		await(t, c.function+" to show", func() bool { g, _ := w.Sim.Guest(m.VMID); return g.Running == c.running }, w.log.tail)
		_, page := w.admin(t).get(servicePage(service))
		if strings.Contains(page, "SUSPENDED") == c.running {
			t.Errorf("after %s the admin page tells otherwise:\n%s", c.function, page)
		}
	}
	if got := w.call(t, "CreateAccount", service); !strings.Contains(got, fmt.Sprintf("already has VM %d", m.VMID)) {
		t.Errorf("a second Create answered %q", got)
	}
}

func TestSuspend_needsAMachine(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.bareService(t, "")
	for _, f := range []string{"SuspendAccount", "UnsuspendAccount"} {
		if got, want := w.call(t, f, service), fmt.Sprintf("Service %d has no VM: run Create first.", service); got != want {
			t.Errorf("%s = %q, want %q", f, got, want)
		}
	}
}

func servicePage(service int64) string {
	return fmt.Sprintf("admin/clientsservices.php?userid=1&id=%d", service)
}

// bareService is a service without a machine, of a product with these settings; "" is the seeded product.
func (w *world) bareService(t *testing.T, settings string) int64 {
	t.Helper()
	product := w.WHMCS.Seeded.ProductID
	if settings != "" {
		product = w.product(t, settings)
	}
	service := w.copyRow(t, "tblhosting", w.sampleService(t))
	w.exec(t, "UPDATE tblhosting SET packageid = ?, dedicatedip = '', assignedips = '', domain = '', username = '', password = '', domainstatus = 'Pending' WHERE id = ?", product, service)
	return service
}

// sampleService is any service to copy, placed without set-up.
func (w *world) sampleService(t *testing.T) int64 {
	t.Helper()
	return w.exec(t, `INSERT INTO tblhosting (userid, packageid, server, regdate, domain, paymentmethod, billingcycle, domainstatus, username, password, notes,
		suspendreason, dedicatedip, assignedips, ns1, ns2, nextduedate, nextinvoicedate) VALUES (?, ?, ?, '2026-01-01', '', 'banktransfer', 'Monthly', 'Cancelled', '', '', '', '', '', '', '', '', '2026-02-01', '2026-02-01')`,
		w.WHMCS.Seeded.ClientID, w.WHMCS.Seeded.ProductID, w.WHMCS.Seeded.ServerID)
}

// product is a copy of the seeded product with other settings.
func (w *world) product(t *testing.T, settings string) int64 {
	t.Helper()
	id := w.copyRow(t, "tblproducts", w.WHMCS.Seeded.ProductID)
	w.exec(t, "UPDATE tblproducts SET configoption1 = ? WHERE id = ?", settings, id)
	return id
}

func (w *world) copyRow(t *testing.T, table string, id int64) int64 {
	t.Helper()
	var names []string
	for _, row := range w.rows(t, "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? AND COLUMN_NAME <> 'id'", table) {
		names = append(names, "`"+row[0]+"`")
	}
	list := strings.Join(names, ", ")
	return w.exec(t, "INSERT INTO "+table+" ("+list+") SELECT "+list+" FROM "+table+" WHERE id = ?", id)
}

// What the admin sees when pressing Test Connection, with values of the form that are not saved.
func TestTestConnection_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	cluster, err := url.Parse(w.Cluster.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		field, value string
		says         []string
	}{
		"good":                    {"", "", []string{"Connection successful"}},
		"wrong secret":            {"password", "00000000-0000-0000-0000-000000000000", []string{"Connection failed. Proxmox does not accept the API token"}},
		"wrong user":              {"username", "nobody@pve!x", []string{"Connection failed. Proxmox does not accept the API token"}},
		"no token":                {"username", "kvmbridge", []string{"Connection failed. The Proxmox user name", "no realm"}},
		"wrong port":              {"port", "1", []string{"Connection failed", ":1 is not reachable", "refused"}},
		"not a name":              {"hostname", "no such host", []string{"The hostname", "not a host name", "pve1.example.com"}},
		"certificate not trusted": {"accesshash", "", []string{"Connection failed", "fingerprint", colons(w.Cluster.Fingerprint()), "Access Hash"}},
		"another fingerprint":     {"accesshash", strings.Repeat("AB:", 31) + "AB", []string{"Connection failed", colons(w.Cluster.Fingerprint())}},
		"an address":              {"hostname", "https://127.0.0.1:8006/", []string{"The hostname", "not a host name", "pve1.example.com"}},
		"no fingerprint":          {"accesshash", "hello", []string{"Connection failed", "fingerprint"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := url.Values{
				"action": {"testconnection"}, "name": {"Simulated cluster"}, "hostname": {cluster.Hostname()}, "port": {cluster.Port()},
				"username": {pvesim.DemoTokenID}, "password": {pvesim.DemoTokenSecret}, "accesshash": {w.Cluster.Fingerprint()}, "secure": {"on"},
				"ipaddress": {""}, "assignedips": {""},
			}
			if c.field != "" {
				form.Set(c.field, c.value)
			}
			page := fmt.Sprintf("admin/configservers.php?action=manage&id=%d", w.WHMCS.Seeded.ServerID)
			_, html := w.admin(t).post(page, page, form)
			alert := between(html, `<div class="alert`, "</div>")
			contains(t, "the alert", alert, c.says...)
			if strings.HasSuffix(alert, "!.") || strings.HasSuffix(alert, "..") || !strings.HasSuffix(alert, ".") && !strings.HasSuffix(alert, "!") {
				t.Errorf("not a sentence: %s", alert)
			}
			if strings.Contains(html, pvesim.DemoTokenSecret) {
				t.Errorf("the page shows the secret:\n%s", html)
			}
		})
	}
}

func colons(fingerprint string) string { return strings.ToUpper(fingerprint) }

// between is the first piece of text from begin to end.
func between(text, begin, end string) string {
	_, after, _ := strings.Cut(text, begin)
	piece, _, _ := strings.Cut(after, end)
	return piece
}

// The product editor shows what is wrong with the saved JSON, beside the field.
func TestConfigOptions_notesTheFaultsOfTheSavedSettings(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	admin := w.admin(t)
	for name, c := range map[string]struct {
		settings string
		says     []string
	}{
		"good":        {sold, []string{"The saved settings are valid.", "vm.template"}},
		"unknown key": {`{"vm":{"template":9000,"cpus":2}}`, []string{"have faults", "vm.cpus", "vm.cpu"}},
		"no JSON":     {`{"vm":`, []string{"have faults", "JSON"}},
		"two faults":  {`{"vm":{"cpu":"many"},"netwerk":{}}`, []string{"vm.cpu", "netwerk", "network"}},
		"a script":    {`{"vm":{"<script>alert(1)</script>":1}}`, []string{"have faults", "&lt;script&gt;"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			product := w.product(t, c.settings)
			_, html := admin.get(fmt.Sprintf("admin/configproducts.php?action=edit&id=%d", product))
			notes := between(html, `<div class="help-block">`, "</details>")
			contains(t, "the notes", notes, c.says...)
			if strings.Contains(notes, "<script>") {
				t.Error("a script of the settings stands in the page")
			}
		})
	}
}

// An order of a product with faults is refused with the same words, and leaves nothing.
func TestCreateAccount_refusesWhatCannotBecomeAVM(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	for name, c := range map[string]struct {
		settings, change string
		says             []string
	}{
		"unknown key": {`{"vm":{"template":9000,"cpus":2}}`, "", []string{"vm.cpus", "vm.cpu"}},
		"no template": {`{"vm":{"cpu":2}}`, "", []string{"template"}},
		"no server":   {sold, "UPDATE tblhosting SET server = 0 WHERE id = ?", []string{"server"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := w.bareService(t, c.settings)
			if c.change != "" {
				w.exec(t, c.change, service)
			}
			got := w.call(t, "CreateAccount", service)
			contains(t, "the answer", got, c.says...)
			if n := w.value(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); n != "0" {
				t.Errorf("%s records were left", n)
			}
			if got := w.value(t, "SELECT domainstatus FROM tblhosting WHERE id = ?", service); got != "Pending" {
				t.Errorf("the service is %s", got)
			}
		})
	}
}

func TestPages_showTheMachineToThoseWhoMaySeeIt(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	address := w.value(t, "SELECT dedicatedip FROM tblhosting WHERE id = ?", service)

	_, html := w.admin(t).get(servicePage(service))
	contains(t, "the admin's page", html, "VM status", "READY", fmt.Sprintf("VM %d", m.VMID), "IP addresses", address, "VM log", "Verify running &#43; Email", "skip (no zones configured)")

	mine := fmt.Sprintf("clientarea.php?action=productdetails&id=%d", service)
	_, html = w.client(t).get(mine)
	contains(t, "the client's page", html, "Your virtual machine is running.", address, m.Username, m.Name)
	if strings.Contains(html, m.Password) || strings.Contains(html, m.Node) {
		t.Errorf("the client's page tells too much:\n%s", html)
	}

	status, html := w.foreigner(t).get(mine)
	if status != http.StatusNotFound || strings.Contains(html, address) {
		t.Errorf("a foreign client gets %d:\n%s", status, html)
	}
	if status, _ := w.visitor(t).get(servicePage(service)); status == http.StatusOK {
		_, html := w.visitor(t).get(servicePage(service))
		if strings.Contains(html, address) {
			t.Errorf("a visitor sees the admin's page:\n%s", html)
		}
	}
}

// If WHMCS ever let a client through to somebody else's service, the sidecar does not.
func TestClientArea_isTheSecondLock(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	w.page(t, "unlocked.php", `define('CLIENTAREA', true);
		require_once __DIR__ . '/init.php';
		echo Devhost\Server::call('puqProxmoxKVM', 'ClientArea', Devhost\Params::forService((int) $_GET['id'], 'ClientArea'));`)
	page := fmt.Sprintf("unlocked.php?id=%d", service)
	if _, html := w.client(t).get(page); !strings.Contains(html, m.Name) {
		t.Errorf("the owner does not see the machine:\n%s", html)
	}
	if _, html := w.foreigner(t).get(page); strings.Contains(html, m.Name) || !strings.Contains(html, "temporarily unavailable") {
		t.Errorf("a foreign client sees:\n%s", html)
	}
}

// page adds a page to WHMCS.
func (w *world) page(t *testing.T, name, php string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.WHMCS.Dir, name), []byte("<?php\n"+php), 0o600); err != nil {
		t.Fatal(err)
	}
}

// foreigner is logged in as another client.
func (w *world) foreigner(t *testing.T) *visitor {
	t.Helper()
	email := fmt.Sprintf("other-%d@example.com", w.clock.Now().UnixNano())
	client := w.copyRow(t, "tblclients", w.WHMCS.Seeded.ClientID)
	user := w.exec(t, "INSERT INTO tblusers (first_name, last_name, email, password) SELECT 'Otto', 'Other', ?, password FROM tblusers LIMIT 1", email)
	w.exec(t, "INSERT INTO tblusers_clients (auth_user_id, client_id, owner) VALUES (?, ?, 1)", user, client)
	v := w.visitor(t)
	v.login("login.php", email, w.WHMCS.Seeded.ClientPassword)
	return v
}

// The labels and their order are the reference product's (product-spec §16).
func TestButtons_standAsInTheReferenceProduct(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	service := w.bareService(t, "")
	_, html := w.admin(t).get(servicePage(service))
	at := 0
	for _, label := range []string{
		"Create", "Suspend", "Unsuspend", "Terminate", "Change Package", "Start", "Stop", "**Reinstall", "VMSetDedicatedIp -&gt;",
		"VMClone -&gt;", "**Set CPU RAM -&gt;", "*Set System Disk Size -&gt;", "*Set System Disk Bandwidth -&gt;",
		"*Set Created Additional Disk -&gt;", "*Set Additional Disk Size -&gt;", "*Set Additional Disk Bandwidth -&gt;",
		"*Set Network -&gt;", "*Set Firewall -&gt;", "**SetCloudinit", "**VMRemove", "Set DNS records",
	} {
		next := strings.Index(html[at:], ">"+label+"</button>")
		if next < 0 {
			t.Fatalf("no button %q behind those before it", label)
		}
		at += next
	}
	contains(t, "the page", html, "No VM record. Run Create to order one.")
}

// The addon's page is for roles that were given access.
func TestOutput_showsTheStatusPage(t *testing.T) {
	t.Parallel()
	w := sharedWorld(t)
	w.ready(t, w.order(t))
	_, html := w.admin(t).get("admin/addonmodules.php?module=puq_proxmox_kvm")
	contains(t, "the status page", html, "kvmbridge status", "READY", "No VM needs attention.", "Messages waiting for WHMCS")
	_, html = w.admin(t).get("admin/addonmodules.php?module=puq_proxmox_kvm&page=nothing")
	contains(t, "an unknown page", html, "There is no page")
}
