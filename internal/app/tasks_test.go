package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// runs is how often the task processVirtualMachines was started.
func (w *world) runs(t *testing.T) int {
	t.Helper()
	n := 0
	if _, err := fmt.Sscan(w.value(t, "SELECT COALESCE(SUM(lease_token), 0) FROM kvmbridge_tasks WHERE name = 'processVirtualMachines'"), &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (w *world) awaitRun(t *testing.T, why string, before int) {
	t.Helper()
	await(t, "a run "+why, func() bool { return w.runs(t) > before }, w.log.tail)
}

func TestBrowser_cronSettings(t *testing.T) { //nolint:tparallel // its windows change the same settings, one after the other
	t.Parallel()
	w := ownWorld(t)
	w.awaitRun(t, "by the sidecar's own schedule", 0)
	await(t, "the end of the run", func() bool {
		return w.value(t, "SELECT COUNT(*) FROM kvmbridge_tasks WHERE last_finished_at IS NOT NULL") == "7"
	}, w.log.tail)
	for _, c := range []struct {
		name  string
		width int
	}{{"wide", 1280}, {"narrow", 390}} {
		t.Run(c.name, func(t *testing.T) {
			b := w.browser(t, c.width)
			b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
			w.exec(t, "DELETE FROM kvmbridge_settings WHERE "+onThePages)
			b.open(addonPage + "cron")
			contains(t, "the page", b.text(), "Cron Settings", "Cron Mode", "Sidecar", "WHMCS Hook", "Standalone Cron File", "Task Intervals", "Process Virtual Machines",
				"Collecting Statistics", "default: 60; 0 to 10080", "0 processed, 0 errors", "ACTIVE",
				"Lock Timeout (seconds)", "default: 600 seconds")
			if strings.Contains(b.text(), "Crontab Setup") {
				t.Error("the crontab box shows in the mode Sidecar")
			}
			b.accessible("cron settings")
			b.picture("admin-cron-" + c.name)

			b.do(chromedp.Click("#kb-cron_mode-standalone"), chromedp.WaitVisible(".kb-crontab"))
			contains(t, "the crontab box", b.text(), "Crontab Setup", "crontab -e", "* * * * * php "+w.WHMCS.Dir+"/modules/addons/puq_proxmox_kvm/cron.php > /dev/null 2>&1")
			b.fill("#kb-interval_processVirtualMachines", "x")
			b.press("Save")
			b.do(chromedp.WaitVisible(`[aria-invalid="true"]`))
			contains(t, "the refused form", b.text(), "Interval of Process Virtual Machines has to be a whole number, 0 to 10080 minutes.", "Crontab Setup")
			b.accessible("the refused form")
			b.picture("admin-cron-refused-" + c.name)
			b.fill("#kb-interval_processVirtualMachines", "0")
			b.press("Save")
			b.do(chromedp.WaitVisible(`[role="status"]`))
			contains(t, "the page after saving", b.text(), isSaved, "DISABLED", "All work on virtual machines is paused")
			b.accessible("paused")
			b.picture("admin-cron-paused-" + c.name)
			b.quiet()
		})
	}
}

// A process died in the middle of a run; an admin does not want to wait for the lock timeout.
func TestBrowser_releasesALock(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.admin(t).set("cron", "cron_mode", "standalone") // nobody runs it in between
	time.Sleep(time.Second)
	w.exec(t, `REPLACE INTO kvmbridge_tasks (name, last_started_at, lease_holder, lease_until, lease_token, last_result, last_details, last_finished_at)
		VALUES ('processVirtualMachines', '2026-11-29 08:09:10', 'dead', '2099-01-01', 7, ?, ?, '2026-11-29 08:00:00')`, evil, `["`+strings.ReplaceAll(evil, `"`, `\"`)+`"]`)
	b := w.browser(t, 1280)
	b.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	b.open(addonPage + "cron")
	contains(t, "the page", b.text(), "Running since 2026-11-29 08:09:10", "Release lock", "<script>window.evil=1")
	b.do(chromedp.Click(`a[data-kb-dialog]`), chromedp.WaitVisible("dialog[open] form"))
	contains(t, "the question", b.text(), "This task is marked as running since: 2026-11-29 08:09:10 UTC.", "it is told to end")
	b.accessible("the question")
	b.picture("admin-cron-release")
	b.do(chromedp.Click("dialog[open] .kb-danger"), chromedp.WaitVisible(`[role="status"]`))
	contains(t, "the page after it", b.text(), "The lock was released.")
	if strings.Contains(b.text(), "Release lock") {
		t.Error("the lock still shows")
	}
	b.quiet()
	w.delivered(t)
	if n := w.value(t, "SELECT COUNT(*) FROM tblactivitylog WHERE description LIKE 'kvmbridge: lock of the task processVirtualMachines released by admin #1; it was held since 2026-11-29 08:09:10 UTC'"); n != "1" {
		t.Errorf("%s entries of the activity log tell of it", n)
	}
	w.admin(t).set("cron", "cron_mode", "sidecar")
	w.awaitRun(t, "after the release", 8)
}

func TestTasks_modesSayWhoStartsThem(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	admin := w.admin(t)
	w.awaitRun(t, "by the sidecar's own schedule", 0)
	contains(t, "the metrics", w.metrics(t), `kvmbridge_task_last_run_timestamp_seconds{task="processVirtualMachines"} `)
	admin.set("cron", "cron_mode", "hook")
	time.Sleep(time.Second)
	before := w.runs(t)
	time.Sleep(12 * time.Second) // four intervals, two looks of the schedule
	if got := w.runs(t); got != before {
		t.Errorf("the sidecar started %d runs in the mode of the hook", got-before)
	}
	w.devhost(t, nil, "cron")
	w.awaitRun(t, "by WHMCS's cron", before)
	admin.set("cron", "cron_mode", "standalone")
	time.Sleep(time.Second)
	before = w.runs(t)
	w.devhost(t, nil, "cron")
	time.Sleep(time.Second)
	if got := w.runs(t); got != before {
		t.Error("WHMCS's cron started a run in the stand-alone mode")
	}
}

// An interval of 0 keeps everything that is ordered where it is; another one lets it go on at once.
func TestTasks_anIntervalOfNothingPausesTheWork(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	admin := w.admin(t)
	admin.set("cron", "interval_processVirtualMachines", "0")
	service := w.order(t)
	time.Sleep(3 * time.Second)
	m, err := w.sidecar.Store().Find(t.Context(), service)
	if err != nil || m.Status != vm.Creation {
		t.Errorf("while paused the VM went to %s, %v", m.Status, err)
	}
	contains(t, "the metrics", w.metrics(t), "kvmbridge_alarm 0")
	w.exec(t, "UPDATE kvmbridge_tasks SET last_result = ? WHERE name = 'alarm'", "Nobody <rings>.")
	_, html := admin.get(addonPage + "home")
	contains(t, "the first page", html, "All work on virtual machines is paused", "Alarm:</b> Nobody &lt;rings&gt;.")
	contains(t, "the metrics", w.metrics(t), "kvmbridge_alarm 1")
	admin.set("cron", "interval_processVirtualMachines", "1")
	w.ready(t, service)
}
