package app_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// task runs tasks as cron.php does, and gives what was printed with the exit code.
func (w *world) task(t *testing.T, args bridge.TaskArgs, say func(line string)) int {
	t.Helper()
	c, err := bridge.NewClient("http://"+w.sidecar.Address(), bridge.Signer{Secret: bridge.Secret(w.secret(t))})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call := bridge.TaskCall{Head: bridge.Head{IdempotencyKey: "t", Caller: bridge.Caller{Kind: bridge.CallerSystem}}, Args: args}
	exit, err := c.Tasks(t.Context(), call, say)
	if err != nil {
		t.Fatal(err)
	}
	return exit
}

// secret is what the addon's activation made.
func (w *world) secret(t *testing.T) string {
	t.Helper()
	return w.value(t, "SELECT value FROM tbladdonmodules WHERE module = 'puq_proxmox_kvm' AND setting = 'secret'")
}

// command is the program on this installation.
func (w *world) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "kvmbridge", append(args, "--whmcs", w.WHMCS.Dir)...)
	cmd.Env = append(cmd.Environ(), "KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD="+dbPassword, "KVMBRIDGE_LISTEN="+w.sidecar.Address())
	return cmd
}

// Somebody orders, and looks on from the crontab.
func TestConsole_followsAnOrderToReady(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.admin(t).set("cron", "interval_processVirtualMachines", "0")
	service := w.order(t)
	w.admin(t).set("cron", "interval_processVirtualMachines", "1")
	var lines []string
	began, first := time.Now(), time.Duration(0)
	w.task(t, bridge.TaskArgs{List: true}, func(string) {})
	floor := time.Since(began) // of a busy machine
	began = time.Now()
	exit := w.task(t, bridge.TaskArgs{Task: "processVirtualMachines"}, func(line string) {
		if len(lines) == 0 {
			first = time.Since(began)
		}
		lines = append(lines, line)
	})
	all := strings.Join(lines, "\n")
	if m := w.ready(t, service); exit != 0 || m.Status != vm.Ready || first > time.Second+floor {
		t.Errorf("exit %d, first line after %s, VM %s", exit, first, m.Status)
	}
	for _, form := range []string{
		`^20\S+ \S+ PUQ Proxmox KVM Cron Start\n20\S+ \S+ \[processVirtualMachines\] Running \(interval: 1m, last: (never|\d\d:\d\d:\d\d)\)\n`,
		`\n  \[\+\] +\d+\. Start VM +success \(\w+ -> \w+\) \[[\d.]+s\]\n`, `\n--- Deploy complete: service=\d+ status=ready ---\n`,
		`\n20\S+ \S+ \[processVirtualMachines\] Done \([\d.]+s\) — processed: 1, errors: 0\n20\S+ \S+   sid:\d+ action:deploy \[success\]\n20\S+ \S+ PUQ Proxmox KVM Cron End \([\d.]+s total\)$`,
	} {
		if !regexp.MustCompile(form).MatchString(all) {
			t.Errorf("nothing has the form %s in\n%s", form, all)
		}
	}
}

func TestConsole_kvmbridgeTask(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	for _, c := range []struct {
		args []string
		code int
		has  []string
	}{
		{[]string{"list"}, 0, []string{"Cron mode: Sidecar", "scheduleBackup         — Schedule Backup"}},
		{[]string{"run"}, 0, []string{"Nothing to do: the cron mode is Sidecar"}},
		{[]string{"run", "collectingStatistics"}, 0, []string{"Cron Start", "[collectingStatistics] Done", "Cron End"}},
		{[]string{"run", "everything"}, 1, []string{`There is no task "everything". The tasks are processVirtualMachines, `}},
	} {
		cmd := w.command(t, append([]string{"task"}, c.args...)...)
		out, _ := cmd.CombinedOutput() // how it ended is in the code
		if got := cmd.ProcessState.ExitCode(); got != c.code {
			t.Errorf("%v ended with %d", c.args, got)
		}
		contains(t, strings.Join(c.args, " "), string(out), c.has...)
	}
}

// Ctrl-C in the middle of a run: the work goes on, and the lock is given back when it is done.
func TestConsole_goesOnWithoutTheOneWhoAsked(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	w.admin(t).set("cron", "cron_mode", "standalone")
	service := w.order(t)
	cmd := w.command(t, "task", "run", "processVirtualMachines")
	before := w.runs(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "a run of the command", func() bool { return w.runs(t) > before }, w.log.tail)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was interrupted
	w.ready(t, service)
	await(t, "the end of the run", func() bool {
		return w.value(t, "SELECT COUNT(*) FROM kvmbridge_tasks WHERE name = 'processVirtualMachines' AND lease_holder IS NULL AND last_result = 'success'") == "1"
	}, w.log.tail)
}
