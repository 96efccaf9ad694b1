package app_test

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// cronPHP is the crontab's command line.
func (w *world) cronPHP(ctx context.Context, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, "php", append([]string{filepath.Join(w.WHMCS.Dir, "modules/addons/puq_proxmox_kvm/cron.php")}, args...)...)
}

// cron runs it to its end.
func (w *world) cron(t *testing.T, code int, args ...string) string {
	t.Helper()
	cmd := w.cronPHP(t.Context(), args...)
	out, _ := cmd.CombinedOutput() // how it ended is in the code
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Errorf("cron.php %v ended with %d, want %d:\n%s", args, got, code, out)
	}
	return string(out)
}

func TestCron_saysWhatIsAsked(t *testing.T) {
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
		contains(t, strings.Join(c.args, " "), w.cron(t, c.code, c.args...), c.has...)
	}
}

// The crontab's minute: an order is followed to ready, each line as it happens.
func TestCron_standalone(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	admin := w.admin(t)
	admin.set("cron", "cron_mode", "standalone", "interval_processVirtualMachines", "0")
	service := w.order(t)
	contains(t, "paused", w.cron(t, 0, "--task=processVirtualMachines"), "All work on virtual machines is paused")
	w.exec(t, "DELETE FROM kvmbridge_tasks WHERE name = 'processVirtualMachines'") // that was its run of this minute
	admin.set("cron", "interval_processVirtualMachines", "1")
	cmd := w.cronPHP(t.Context())
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	w.cron(t, 0, "--list")
	floor := time.Since(began) // of a busy machine
	began = time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	var first, step time.Duration
	for in := bufio.NewScanner(pipe); in.Scan(); {
		if first == 0 {
			first = time.Since(began)
		}
		if step == 0 && strings.HasPrefix(in.Text(), "  [+] ") {
			step = time.Since(began)
		}
		all.WriteString(in.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("cron.php: %v\n%s", err, all.String())
	}
	whole := time.Since(began)
	w.ready(t, service)
	if first > time.Second+floor || step == 0 || step > whole*9/10 {
		t.Errorf("first line after %s, first step after %s of %s", first, step, whole)
	}
	for _, form := range []string{
		`^20\S+ \S+ PUQ Proxmox KVM Cron Start\n`, `\n  \[\+\] +\d+\. Start VM +success \(\w+ -> \w+\) \[[\d.]+s\]\n`, `\n--- Deploy complete: service=\d+ status=ready ---\n`,
		`\n20\S+ \S+ \[collectingStatistics\] Done \([\d.]+s\) — processed: \d+, errors: 0\n`, `PUQ Proxmox KVM Cron End \([\d.]+s total\)\n$`,
	} {
		if !regexp.MustCompile(form).MatchString(all.String()) {
			t.Errorf("nothing has the form %s in\n%s", form, all.String())
		}
	}
	contains(t, "the list", w.cron(t, 0, "--list"), "Cron mode: Standalone Cron File", "collectingStatistics   — Collecting Statistics")
	contains(t, "the help", w.cron(t, 0, "--help"), "scheduleBackup — Schedule Backup (default: 5m)")
	contains(t, "an unknown task", w.cron(t, 1, "--task=everything"), `There is no task "everything". The tasks are `)
}

// In the modes of others cron.php leaves the work to them, unless it is told what to do; trouble is the exit code.
func TestCron_inTheOtherModes(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	admin := w.admin(t)
	for mode, name := range map[string]string{"hook": "WHMCS Hook", "sidecar": "Sidecar"} {
		admin.change("cron", "cron_mode", mode)
		contains(t, mode, w.cron(t, 0), "Nothing to do: the cron mode is "+name)
		contains(t, mode, w.cron(t, 0, "--task=scheduleBackup"), "[scheduleBackup] Done", "Cron End")
		contains(t, mode, w.cron(t, 0, "--force"), "[processVirtualMachines] Done", "[collectingStatistics] Done")
	}
	w.ready(t, w.order(t))
	w.exec(t, "UPDATE tblservers SET password = '', hostname = 'nowhere.invalid', ipaddress = ''")
	await(t, "an error", func() bool { // an open cluster is used for some seconds more
		out, err := w.cronPHP(t.Context(), "--task=collectingStatistics", "--no-lock").CombinedOutput()
		return err != nil && strings.Contains(string(out), "errors: 1")
	}, w.log.tail)
	if err := w.down(); err != nil {
		t.Fatal(err)
	}
	contains(t, "without the service", w.cron(t, 1), "The kvmbridge service cannot be reached", "Start it with")
}

// Everybody rings at once: two crontabs, two commands, WHMCS's cron, two replicas.
func TestCron_eachDueRunHappensOnce(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	cfg := w.cfg
	cfg.Listen = []string{"127.0.0.1:0"}
	other := &world{Playground: w.Playground, cfg: cfg, db: w.db, clock: w.clock, log: w.log}
	if err := other.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := other.down(); err != nil {
			t.Error(err)
		}
	})
	admin, rare := w.admin(t), []string{}
	for _, task := range tasks.Table() {
		rare = append(rare, "interval_"+task.ID, "10080")
	}
	admin.set("cron", rare...)
	for mode, ring := range map[string]func(){
		"sidecar":    func() {},
		"hook":       func() { w.ringTwice(t, other) },
		"standalone": func() { w.cronTwice(t, other) },
	} {
		admin.change("cron", "cron_mode", "hook") // nobody rings
		time.Sleep(6 * time.Second)               // for whoever has begun
		admin.change("cron", "cron_mode", mode)
		time.Sleep(time.Second) // the other replica's clock of settings runs fast
		w.exec(t, "DELETE FROM kvmbridge_tasks WHERE name <> 'alarm'")
		ring()
		await(t, "all tasks in the mode "+mode, func() bool {
			return w.value(t, "SELECT COUNT(*) FROM kvmbridge_tasks WHERE name <> 'alarm' AND last_result = 'success' AND lease_holder IS NULL") == "7"
		}, w.log.tail)
		ring()
		time.Sleep(6 * time.Second) // a look of every schedule
		if n := w.value(t, "SELECT GROUP_CONCAT(name, ' ', lease_token) FROM kvmbridge_tasks WHERE name <> 'alarm' AND lease_token <> 1"); n != "" {
			t.Errorf("in the mode %s more or less than one run: %s", mode, n)
		}
	}
}

// ringTwice is WHMCS's cron at the one replica and at the other.
func (w *world) ringTwice(t *testing.T, other *world) {
	t.Helper()
	c, err := bridge.NewClient("http://"+other.sidecar.Address(), bridge.Signer{Secret: bridge.Secret(w.secret(t))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var both sync.WaitGroup
	both.Go(func() {
		if err := w.WHMCS.Run(t.Context(), nil, "cron"); err != nil {
			t.Error(err)
		}
	})
	both.Go(func() {
		call := bridge.AddonCall{Head: bridge.Head{IdempotencyKey: "ring", Caller: bridge.Caller{Kind: bridge.CallerSystem}}}
		if _, err := c.DeliverOutbox(t.Context(), call); err != nil {
			t.Error(err)
		}
	})
	both.Wait()
}

// cronTwice is the crontab of two machines, and a person at the shell of a third.
func (w *world) cronTwice(t *testing.T, other *world) {
	t.Helper()
	var all sync.WaitGroup
	for _, cmd := range []*exec.Cmd{w.cronPHP(t.Context()), w.cronPHP(t.Context()), w.command(t, "task", "run"), other.command(t, "task", "run")} {
		all.Go(func() {
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Run(); err != nil || !strings.Contains(out.String(), "Cron End") {
				t.Errorf("%v: %v\n%s", cmd.Args, err, out.String())
			}
		})
	}
	all.Wait()
}
