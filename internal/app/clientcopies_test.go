package app_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// owner is a client at the pages of one service.
type owner struct {
	*visitor
	w       *world
	service int64
	read    strings.Builder // everything that was shown
}

func (o *owner) page(kb string) string {
	return fmt.Sprintf("clientarea.php?action=productdetails&id=%d%s", o.service, kb)
}

// sees opens a page.
func (o *owner) sees(kb string, parts ...string) string {
	o.t.Helper()
	_, body := o.get(o.page(kb))
	o.read.WriteString(body)
	contains(o.t, kb, body, parts...)
	return body
}

// orders sends the form of a page and reads what it leads to.
func (o *owner) orders(kb, form string, parts ...string) {
	o.t.Helper()
	values, err := url.ParseQuery(form)
	if err != nil {
		o.t.Fatal(err)
	}
	_, body := o.submit(o.page(kb), values)
	o.read.WriteString(body)
	contains(o.t, kb, body, parts...)
}

// link finds the button that leads to a question.
func (o *owner) link(list, question string) string {
	o.t.Helper()
	body := o.sees("&kb=" + list)
	found := regexp.MustCompile(`href="[^"]*(&amp;kb=` + question + `&amp;kb_copy=[^"]+)"`).FindStringSubmatch(body)
	if found == nil {
		o.t.Fatalf("nothing to %s:\n%s", question, body)
	}
	return html.UnescapeString(found[1])
}

func (o *owner) settled() {
	o.t.Helper()
	await(o.t, "the end of what was ordered", func() bool {
		return o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies WHERE due_at IS NOT NULL") == "0"
	}, o.w.log.tail)
}

// A client does everything with the backups and snapshots of the own machine, and only the client.
func TestClientArea_copies(t *testing.T) {
	t.Parallel()
	w := copiesWorld(t)
	service := w.order(t, "Backups=3", "Snapshots=3")
	m := w.ready(t, service)
	w.delivered(t)
	w.Sim.SetKey(m.VMID, "tags", "before")
	o := &owner{visitor: w.client(t), w: w, service: service}
	o.sees("", "Your virtual machine is running.", "kb=backups", "kb=snapshots")
	o.sees("&kb=backups", "Backups 0/3", "There is no backup.", "Scheduled automatic backups", "Europe/Vienna")
	o.orders("&kb=backup_plan", "day_1=on&time_1=03:30", "The schedule was saved.", "Next: Monday, ", " 03:30")
	if got := w.value(t, "SELECT vm_backup_schedule FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); got != `{"1":"03:30"}` {
		t.Errorf("saved: %s", got)
	}
	o.orders("&kb=backup", "note="+url.QueryEscape(evil), "The backup was ordered.", "Backup: ")
	o.orders("&kb=snapshot", "note=meanwhile", "Everything else has to wait")
	o.settled()
	o.sees("&kb=backups", "Backups 1/3", "&lt;script&gt;window.evil=1")
	o.snapshots(m.VMID)
	w.Sim.SetKey(m.VMID, "tags", "after")
	restore := o.link("backups", "restore")
	o.sees(restore, "Restore a backup", "The VM is switched off", "All its snapshots are deleted.", "written to its disks after this backup is lost")
	if g, _ := w.Sim.Guest(m.VMID); len(g.Snapshots) != 1 {
		t.Errorf("before the restore: snapshots %q", g.Snapshots)
	}
	o.narrow()
	o.strangers(restore)
	o.orders(restore, "", "The restore was ordered.", "Restore of a backup: ")
	o.settled()
	if g, _ := w.Sim.Guest(m.VMID); g.Config["tags"] != "before" || !g.Running || len(g.Snapshots) > 0 {
		t.Errorf("after the restore: running %t, tags %q, snapshots %q", g.Running, g.Config["tags"], g.Snapshots)
	}
	o.orders(o.link("backups", "drop_backup"), "", "The removal of the backup was ordered.")
	o.settled()
	o.sees("&kb=backups", "Backups 0/3")
	o.suspended()
	w.delivered(t)
	log := fmt.Sprint(w.rows(t, "SELECT description FROM tblactivitylog WHERE userid = ? AND description LIKE ? ORDER BY id", w.WHMCS.Seeded.ClientID, fmt.Sprintf("kvmbridge: %% by client #%d%%", w.WHMCS.Seeded.ClientID)))
	contains(t, "the activity log", log, "the weekly plan of backups of service", "a backup of service", "the restore of the backup shared:backup/", "a snapshot of service", "the return to the snapshot manual_", "the removal of the snapshot manual_", "the removal of the backup shared:")
	for _, inside := range []string{"shared:", "vzdump", "UPID:", m.Node, "<script>window.evil"} {
		if strings.Contains(o.read.String(), inside) {
			t.Errorf("a client reads %q", inside)
		}
	}
}

// snapshots takes two, returns to one and removes the other.
func (o *owner) snapshots(vmid int) {
	o.t.Helper()
	for n, note := range []string{"first", "second"} {
		o.orders("&kb=snapshot", "note="+note, "The snapshot was ordered.")
		o.settled()
		o.sees("&kb=snapshots", fmt.Sprintf("Snapshots %d/3", n+1), ">"+note+"<", "1 days 23:")
	}
	o.w.Sim.SetKey(vmid, "tags", "broken")
	rollback := o.link("snapshots", "rollback")
	o.sees(rollback, "Return to a snapshot", "second", "written to its disks after this snapshot is lost")
	o.orders(rollback, "", "The rollback was ordered.")
	o.settled()
	if g, _ := o.w.Sim.Guest(vmid); g.Config["tags"] != "before" || !g.Running {
		o.t.Errorf("after the return: running %t, tags %q", g.Running, g.Config["tags"])
	}
	o.orders(o.link("snapshots", "drop_snapshot"), "", "The removal of the snapshot was ordered.")
	o.settled()
	o.sees("&kb=snapshots", "Snapshots 1/3", ">first<")
}

// strangers try what the owner is about to do.
func (o *owner) strangers(order string) {
	o.t.Helper()
	before := o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies")
	o.w.page(o.t, "unlocked.php", `define('CLIENTAREA', true);
		require_once __DIR__ . '/init.php';
		echo Devhost\Server::call('puqProxmoxKVM', 'ClientArea', Devhost\Params::forService((int) $_GET['id'], 'ClientArea'));`)
	token := addonToken.FindStringSubmatch(o.sees(order))[1]
	unlocked := fmt.Sprintf("unlocked.php?id=%d%s", o.service, order)
	other := o.w.foreigner(o.t)
	if status, body := other.get(o.page("&kb=backups")); status != http.StatusNotFound || strings.Contains(body, "Backups 1") {
		o.t.Errorf("another client gets %d:\n%s", status, body)
	}
	for _, page := range []string{unlocked, fmt.Sprintf("unlocked.php?id=%d&kb=backups", o.service)} {
		if _, body := other.get(page); strings.Contains(body, "Backups 1") || !strings.Contains(body, "temporarily unavailable") {
			o.t.Errorf("another client, let through by WHMCS, sees:\n%s", body)
		}
	}
	for who, c := range map[string]struct {
		v    *visitor
		page string
		head []string
	}{
		"another client":                 {other, unlocked, nil},
		"nobody":                         {o.w.visitor(o.t), o.page(order), nil},
		"the owner from another session": {o.w.client(o.t), o.page(order), nil},
		"the owner from another site":    {o.visitor, o.page(order), []string{"Sec-Fetch-Site", "cross-site"}},
	} {
		_, body := c.v.submit(c.page, url.Values{"kb_token": {token}}, c.head...)
		if strings.Contains(body, "was ordered") {
			o.t.Errorf("%s: %s", who, body)
		}
	}
	if got := o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies"); got != before {
		o.t.Errorf("strangers have ordered: %s deeds became %s", before, got)
	}
	o.sees(order + "&kb_token=" + token)
	if got := o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies"); got != before {
		o.t.Error("a look has ordered something")
	}
}

// suspended looks that a service that is not active takes nothing.
func (o *owner) suspended() {
	o.t.Helper()
	token := addonToken.FindStringSubmatch(o.sees("&kb=backups"))[1]
	before := o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies")
	o.w.exec(o.t, "UPDATE tblhosting SET domainstatus = 'Suspended' WHERE id = ?", o.service)
	for _, kb := range []string{"&kb=backup", "&kb=snapshot", "&kb=backup_plan"} {
		if body := o.sees(kb, "This service is not active."); strings.Contains(body, "kb_token") {
			o.t.Errorf("%s offers a form:\n%s", kb, body)
		}
		o.orders(kb, "kb_token="+token, "This service is not active.")
	}
	if got := o.w.value(o.t, "SELECT COUNT(*) FROM kvmbridge_copies"); got != before {
		o.t.Error("a suspended service has taken an order")
	}
	if got := o.w.value(o.t, "SELECT vm_backup_schedule FROM puqProxmoxKVM_vm_info WHERE service_id = ?", o.service); got != `{"1":"03:30"}` {
		o.t.Errorf("a suspended service has taken a plan: %s", got)
	}
	o.w.exec(o.t, "UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", o.service)
}

// narrow looks at the pages through a telephone.
func (o *owner) narrow() {
	o.t.Helper()
	b := o.w.browser(o.t, 390)
	b.login("login.php", o.w.WHMCS.Seeded.ClientEmail, o.w.WHMCS.Seeded.ClientPassword)
	for _, page := range []string{"", "&kb=backups", "&kb=snapshots", o.link("backups", "restore")} {
		b.open(o.page(page))
		b.accessible("client" + page)
		name, _, _ := strings.Cut(strings.TrimPrefix(page, "&kb="), "&")
		b.picture("client-copies-" + name)
	}
	b.quiet()
}
