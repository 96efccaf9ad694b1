package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// copiesWorld has a cluster that is slow enough to be watched.
func copiesWorld(t *testing.T) *world {
	t.Helper()
	cluster := pvesim.Demo(nil)
	cluster.Durations.Backup, cluster.Durations.Restore = speed*3*time.Second, speed*3*time.Second
	settings := strings.NewReplacer(`"first_vmid"`, `"snapshot_lifetime_days":2,"first_vmid"`, `"integrations":{`, `"integrations":{"backup_storage":"shared",`).Replace(sold)
	w := blankWorld(t, playground.Options{Settings: settings, Cluster: &cluster})
	w.cfg.TimeZone = "Europe/Vienna"
	needed(t, w.pair(t.Context()))
	return w
}

// both keeps a picture of each width and looks whether everybody can use what is shown.
func (b *browser) both(name string) {
	b.t.Helper()
	for suffix, width := range map[string]int64{"narrow": 390, "wide": 1280} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.shot(name + "-" + suffix)
	}
	b.do(chromedp.EmulateViewport(1280, 900))
}

// notes types into the field for the notes of a new copy.
func (b *browser) notes(kind, text string) {
	b.t.Helper()
	b.fill("#kb-note-"+kind, text)
}

// inList is a click on a button of a list.
func inList(kind, label string) chromedp.Action {
	return chromedp.Click(fmt.Sprintf(`//section[@id='kb-copy-%s']//*[self::a or self::button][normalize-space()=%q]`, kind, label), chromedp.BySearch)
}

// confirm presses the button of the dialog and waits for the page behind it.
func (b *browser) confirm(label string, asks ...string) {
	b.t.Helper()
	b.reads("the question", asks...)
	b.vmFollow(chromedp.Click(fmt.Sprintf(`//dialog//button[normalize-space()=%q]`, label), chromedp.BySearch))
}

// A person makes a backup, brings it back, takes a snapshot, returns to it, removes it, and makes a plan.
func TestBrowser_copies(t *testing.T) {
	t.Parallel()
	w := copiesWorld(t)
	service := w.order(t, "Backups=3", "Snapshots=3")
	m := w.ready(t, service)
	w.delivered(t)
	w.Sim.SetKey(m.VMID, "tags", "before")
	b := w.staff(t, 1280)
	b.open(listPage)
	b.vmFollow(chromedp.Click(fmt.Sprintf(`.kb-machines a[title="Backups"][href*="id=%d"]`, service), chromedp.ByQuery))
	b.reads("the empty page", fmt.Sprintf("Backups and snapshots — Service #%d", service), fmt.Sprintf("VM %d", m.VMID), "READY", "Nothing is being done.", "Last good backup: never",
		"Backups 0/3", "There is no backup.", "Snapshots 0/3", "Scheduled automatic backups", "no day is chosen", "time zone of WHMCS: Europe/Vienna")

	b.notes("backup", evil)
	b.vmFollow(inList("backup", "Backup now"))
	b.reads("the page after the order", "The backup was ordered.", "Proxmox makes the backup")
	b.both("vm-copies-running")
	b.do(chromedp.Evaluate("window.here = true", nil))
	b.reads("the backup in its list", "Backups 1/3", "Restore", "NOT VERIFIED", "DONE", "Nothing is being done.")
	var here bool
	if b.do(chromedp.Evaluate("window.here === true", &here)); !here {
		t.Error("the page was loaded anew")
	}
	contains(t, "the page", b.text(), evil)

	w.Sim.SetKey(m.VMID, "tags", "after")
	b.vmFollow(inList("snapshot", "Take Snapshot"))
	b.afterwards(w, service)
	b.reads("a snapshot", "Snapshots 1/3", "1 days 23:")
	b.do(inList("backup", "Restore"))
	b.reads("the question", "Restore a backup")
	b.both("vm-copies-restore")
	b.confirm("Restore", "The VM is switched off", "All its snapshots are deleted.", "written to its disks after this backup is lost", "shared:backup/")
	b.reads("the page while it is restored", "The restore was ordered.", "Restore of a backup", "the backup takes the place of the disks")
	b.reads("the page after the restore", "Snapshots 0/3", "Backups 1/3", "Nothing is being done.")
	if g, _ := w.Sim.Guest(m.VMID); g.Config["tags"] != "before" || !g.Running || len(g.Snapshots) > 0 {
		t.Errorf("after the restore: running %t, tags %q, snapshots %q", g.Running, g.Config["tags"], g.Snapshots)
	}
	b.snapshots(w, service, m.VMID)
	b.plans(w, service)
	b.quiet()
	w.delivered(t)
	log := fmt.Sprint(w.rows(t, "SELECT description FROM tblactivitylog WHERE description LIKE 'kvmbridge: %ordered by admin #1%' ORDER BY id"))
	contains(t, "the activity log", log, fmt.Sprintf("a backup of service %d was ordered by admin #1: ", service), "the restore of the backup shared:backup/", "the return to the snapshot manual_", "the removal of the snapshot manual_")
}

// afterwards opens the page once everything that was ordered is over.
func (b *browser) afterwards(w *world, service int64) {
	b.t.Helper()
	await(b.t, "the end of what was ordered", func() bool {
		return w.value(b.t, "SELECT COUNT(*) FROM kvmbridge_copies WHERE due_at IS NOT NULL") == "0"
	}, w.log.tail)
	b.open(part("copies", service))
}

// snapshots takes one, returns to it and removes it.
func (b *browser) snapshots(w *world, service int64, vmid int) {
	b.t.Helper()
	b.notes("snapshot", "Before the update")
	b.vmFollow(inList("snapshot", "Take Snapshot"))
	b.afterwards(w, service)
	b.reads("the snapshot in its list", "Snapshots 1/3", "Before the update", "Nothing is being done.")
	b.both("vm-copies-full")
	w.Sim.SetKey(vmid, "tags", "broken")
	b.do(inList("snapshot", "Rollback"))
	b.confirm("Rollback", "goes back to this snapshot", "Before the update")
	b.afterwards(w, service)
	if g, _ := w.Sim.Guest(vmid); g.Config["tags"] != "before" || !g.Running {
		b.t.Errorf("after the return: running %t, tags %q", g.Running, g.Config["tags"])
	}
	b.reads("the page after the return", "Nothing is being done.", "Rollback to a snapshot")
	b.do(inList("snapshot", "Remove"))
	b.confirm("Remove", "cannot be brought back")
	b.afterwards(w, service)
	b.reads("the page after the removal", "Snapshots 0/3")
}

// plans saves one with a fault first.
func (b *browser) plans(w *world, service int64) {
	b.t.Helper()
	save := chromedp.Click(`//button[normalize-space()="Save Schedule"]`, chromedp.BySearch)
	b.do(chromedp.Click("#kb-backup-1", chromedp.ByQuery))
	b.vmFollow(save)
	b.reads("the refused plan", "The schedule was not saved. Mend the days that are marked.", "Enter a time, such as 03:30.")
	b.both("vm-copies-plan-wrong")
	b.do(chromedp.SetValue("#kb-backup-1-time", "03:30", chromedp.ByQuery))
	b.vmFollow(save)
	b.reads("the saved plan", "The schedule was saved.", "Next: Monday, ", " 03:30")
	if got := w.value(b.t, "SELECT vm_backup_schedule FROM puqProxmoxKVM_vm_info WHERE service_id = ?", service); got != `{"1":"03:30"}` {
		b.t.Errorf("saved: %s", got)
	}
	b.open(servicePage(service))
	b.reads("the service page", "Last good backup: ", "Next backup by the schedule: Monday, ")
	b.picture("admin-service-copies")
}

// send posts a form of the page of copies with the token of that page.
func (v *visitor) sendCopies(service int64, target string, pairs ...string) string {
	v.t.Helper()
	_, html := v.get(part("copies", service))
	token := addonToken.FindStringSubmatch(html)
	if token == nil {
		v.t.Fatalf("the page has no form:\n%s", html)
	}
	form := url.Values{"kb_token": {token[1]}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	_, html = v.send(http.MethodPost, target, strings.NewReader(form.Encode()))
	return html
}

// Without scripts everything works too, and without a cluster everything but the lists.
func TestCopies_withoutScriptsAndWithoutACluster(t *testing.T) {
	t.Parallel()
	w := copiesWorld(t)
	service := w.order(t, "Backups=3", "Snapshots=3")
	m := w.ready(t, service)
	w.delivered(t)
	admin := w.admin(t)
	awaits := func(what, where string, parts ...string) {
		t.Helper()
		var html string
		await(t, what, func() bool {
			_, html = admin.get(where)
			for _, p := range parts {
				if !strings.Contains(html, p) {
					return false
				}
			}
			return true
		}, func() string { return html })
	}
	page := part("copies", service)
	contains(t, "the answer", admin.sendCopies(service, part("snapshot", service), "note", "One"), "The snapshot was ordered.")
	awaits("the snapshot", page, "Snapshots 1/3", ">One<", "Nothing is being done.")
	g, _ := w.Sim.Guest(m.VMID)
	question := part("drop_snapshot", service) + "&subject=" + g.Snapshots[0]
	_, html := admin.get(question)
	contains(t, "the question", html, "Remove a snapshot", "cannot be brought back", g.Snapshots[0])
	contains(t, "the answer", admin.sendCopies(service, question), "The removal of the snapshot was ordered.")
	awaits("the removal", page, "Snapshots 0/3", "Nothing is being done.")
	contains(t, "a restore of nothing", admin.sendCopies(service, part("restore", service)+"&subject=shared:backup/none"), "The restore was ordered.")
	awaits("the refusal", page, "This VM has no such backup (any more).", "FAILED")

	contains(t, "the plan", admin.sendCopies(service, part("plan", service)+"&kind=backup", "day_3", "on", "time_3", "04:15"), "The schedule was saved.")
	mend := w.Sim.Fail(pvesim.Fault{Status: 595, Reason: "No route to host"})
	awaits("the page without a cluster", page, "The list cannot be shown now:", "No route to host", "Backups ?/3", `value="04:15"`, "no such backup")
	contains(t, "an order meanwhile", admin.sendCopies(service, part("backup", service)), "The backup was ordered.")
	contains(t, "the same order", admin.sendCopies(service, part("backup", service), "note", "again"), "This was asked for already and is under way.", `value="again"`)
	awaits("the waiting order", page, "waits for its turn", "No route to host")
	mend()
	slow := w.Sim.Fail(pvesim.Fault{Method: "GET", Delay: speed * time.Minute})
	admin.set("settings", "default_timeout", "1")
	began := time.Now()
	_, html = admin.get(page)
	contains(t, "the page of a slow cluster", html, "Proxmox gave no answer within 1s.", `value="04:15"`)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("a slow cluster held the page up for %s", took)
	}
	slow()

	w.exec(t, "DELETE FROM tblhostingconfigoptions")
	awaits("the page of a product without copies", page, "This service has no backups.", "This service has no snapshots.", "Backups", "/0")
	contains(t, "a plan of nothing", admin.sendCopies(service, part("plan", service)+"&kind=backup", "day_3", "on", "time_3", "04:15"), "The schedule was not saved. This service has no backups.")
	contains(t, "the end of the plan", admin.sendCopies(service, part("plan", service)+"&kind=backup"), "The schedule was saved.")
}

// A service that got no backup for long needs a person.
func TestCopies_overdueBackupsNeedAPerson(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.listed(t, 1, "Active", "ready")
	w.exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, backup_plan_at, created_at) VALUES (?, ?, ?, NOW())", service, w.WHMCS.Seeded.ServerID, w.clock.Now().AddDate(0, 0, -20).UTC())
	w.exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_backup_schedule = '{"1":"03:30"}', vm_backup_last = ? WHERE service_id = ?`, w.clock.Now().AddDate(0, 0, -9).Format(time.DateOnly), service)
	admin := w.admin(t)
	_, html := admin.get(addonPage + "home")
	if strings.Contains(html, "The last good backup") {
		t.Errorf("it warns of a package without backups: %s", html)
	}
	w.exec(t, `UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '"cpu":1', '"cpu":1,"backups":2')`)
	_, html = admin.get(addonPage + "home")
	contains(t, "the first page", html, "The last good backup is 9 days old.", fmt.Sprintf("part=copies&amp;id=%d", service))
	contains(t, "the metrics", w.metrics(t), "\nkvmbridge_backups_overdue 1\n")
	admin.set("cron", "backup_warning", "0")
	if _, html = admin.get(addonPage + "home"); strings.Contains(html, "The last good backup") {
		t.Errorf("it still warns: %s", html)
	}
	contains(t, "the metrics", w.metrics(t), "\nkvmbridge_backups_overdue 0\n")
}
