package app_test

import (
	"bufio"
	"errors"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cronFile is cron.php as the crontab of WHMCS's machine starts it.
func (w *world) cronFile(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	file := filepath.Join(w.WHMCS.Dir, "modules", "addons", "puq_proxmox_kvm", "cron.php")
	return exec.CommandContext(t.Context(), "php", append([]string{file}, args...)...)
}

func TestCronFile_saysWhatIsAsked(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	for _, c := range []struct {
		args []string
		code int
		has  []string
	}{
		{[]string{"--list"}, 0, []string{"Cron mode: Sidecar", "scheduleBackup         — Schedule Backup"}},
		{nil, 0, []string{"Nothing to do: the cron mode is Sidecar"}},
		{[]string{"--task=collectingStatistics"}, 0, []string{"Cron Start", "[collectingStatistics] Done", "Cron End"}},
		{[]string{"--run-task=backup_status"}, 0, []string{"write --task=nowBackupStatus", "[nowBackupStatus] Done"}},
		{[]string{"--clear-locks"}, 0, []string{"All are released."}},
		{[]string{"--task=everything"}, 1, []string{`There is no task "everything". The tasks are processVirtualMachines, `}},
		{[]string{"--lists"}, 2, []string{`The option "--lists" does not exist here. --help shows those that do.`}},
	} {
		out, err := w.cronFile(t, c.args...).CombinedOutput()
		code := 0
		if exit, failed := errors.AsType[*exec.ExitError](err); failed {
			code = exit.ExitCode()
		}
		if code != c.code {
			t.Errorf("%v ended with %d", c.args, code)
		}
		contains(t, strings.Join(c.args, " "), string(out), c.has...)
	}
}

// Somebody orders, and the system's crontab has cron.php: lines come while the work goes on.
func TestCronFile_followsAnOrderToReady(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.admin(t).set("cron", "cron_mode", "standalone")
	w.admin(t).set("cron", "interval_processVirtualMachines", "0")
	service := w.order(t)
	w.admin(t).set("cron", "interval_processVirtualMachines", "1")
	cmd := w.cronFile(t, "--task=processVirtualMachines")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	var first, last time.Duration
	for in := bufio.NewScanner(out); in.Scan(); {
		lines, last = append(lines, in.Text()), time.Since(began)
		if len(lines) == 1 {
			first = last
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, w.log.tail())
	}
	t.Logf("first line after %s, last after %s", first, last)
	all := strings.Join(lines, "\n")
	for _, form := range []string{`^20\S+ \S+ PUQ Proxmox KVM Cron Start\n`, `\n--- Deploy complete: service=` + strconv.FormatInt(service, 10) + ` status=ready ---\n`, `Cron End \([\d.]+s total\)$`} {
		if !regexp.MustCompile(form).MatchString(all) {
			t.Errorf("nothing has the form %s in\n%s", form, all)
		}
	}
	if first > last/2 {
		t.Errorf("first line after %s of %s: they were held back", first, last)
	}
}

// WHMCS's daily cron asks for the usage of services, for its own columns and for metric billing.
func TestUsage_reachesWHMCS(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.ready(t, w.order(t))
	unknown := w.order(t)
	w.ready(t, unknown)
	if out, err := w.cronFile(t, "--task=collectingStatistics").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.exec(t, "DELETE FROM kvmbridge_traffic WHERE service_id = ?", unknown)
	w.exec(t, "UPDATE kvmbridge_traffic SET month_in = 3 << 30, month_out = 1 << 29")
	var cron struct{ Lines []string }
	w.devhost(t, &cron, "cron", "daily")
	contains(t, "daily cron", strings.Join(cron.Lines, "\n"), "usage of server 1", "metrics of server 1: 1 tenants")
	const usage = "SELECT GROUP_CONCAT(CONCAT_WS(' ', bwusage, lastupdate > 0) ORDER BY id) FROM tblhosting"
	if got := w.value(t, usage); got != "3584 1,0 0" {
		t.Errorf("WHMCS's columns: %q", got)
	}
	const metrics = "SELECT GROUP_CONCAT(CONCAT_WS(' ', metric, TRIM(value)) ORDER BY metric) FROM devhost_metrics m JOIN tblhosting h ON h.domain = m.tenant"
	if got := w.value(t, metrics); got != "Bandwidth Usage In 3.000000,Bandwidth Usage Out 0.500000" {
		t.Errorf("metrics: %q", got)
	}
}
