package console_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/tasks/console"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// hand goes on when a task takes its time; it stands in a zone of its own.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) set(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

func (h *hand) After(time.Duration) <-chan time.Time { return nil }

// desk is a console over a real table of tasks, and what it said.
type desk struct {
	*console.Console
	clock *hand
	book  *taskrows.Book
	said  []string
	idle  string
	rules tasks.Rules
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := testdb.New(t)
	d := &desk{clock: &hand{now: time.Date(2026, 5, 2, 10, 0, 1, 0, time.FixedZone("there", 7200))}, book: taskrows.New(db.SQL)}
	d.rules = tasks.Rules{LockTimeout: 10 * time.Minute, Intervals: map[string]time.Duration{}}
	for _, task := range tasks.Table() {
		d.rules.Intervals[task.ID] = task.Default
	}
	took := func(s float64, r tasks.Result, err error) tasks.Run {
		return func(context.Context) (tasks.Result, error) {
			d.clock.set(d.clock.Now().Add(time.Duration(s * float64(time.Second))))
			return r, err
		}
	}
	deeds := map[string]tasks.Run{}
	for _, task := range tasks.Table() {
		deeds[task.ID] = took(0, tasks.Result{}, nil)
	}
	deeds[tasks.ProcessVMs] = took(57.46, tasks.Result{Processed: 1, Details: []string{"sid:7012 action:deploy [success]"}}, nil)
	deeds[tasks.Statistics] = took(0.05, tasks.Result{Processed: 2, Errors: 1, Details: []string{"sid:7012 [success] last:never, collected"}}, errors.New("no\ncluster"))
	d.Console = &console.Console{
		Clock: d.clock, Idle: func(context.Context) string { return d.idle }, Mode: func(context.Context) string { return "Standalone Cron File" },
		Say: func(line string) { d.said = append(d.said, line) },
		Runner: &tasks.Runner{
			Book: d.book, Deeds: deeds, Clock: d.clock, Log: slog.New(slog.DiscardHandler), Holder: "a",
			Rules: func(context.Context) tasks.Rules { return d.rules },
		},
	}
	return d
}

// do carries out an order and compares what was said, and whether all went well.
func (d *desk) do(t *testing.T, o console.Order, well bool, want string) {
	t.Helper()
	d.said = nil
	if got := d.Do(t.Context(), o); got != well {
		t.Errorf("%+v went well: %t", o, got)
	}
	if diff := cmp.Diff(strings.Split(strings.TrimSpace(want), "\n"), d.said); diff != "" {
		t.Errorf("%+v (-want +got)\n%s", o, diff)
	}
}

// The forms L1, L2, L10 to L14 of product-spec §12.6.
func TestConsole_printsAsTheReferenceDoes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(t, console.Order{}, false, `
2026-05-02 10:00:01 PUQ Proxmox KVM Cron Start
2026-05-02 10:00:01 [processVirtualMachines] Running (interval: 1m, last: never)
2026-05-02 10:00:58 [processVirtualMachines] Done (57.5s) — processed: 1, errors: 0
2026-05-02 10:00:58   sid:7012 action:deploy [success]
2026-05-02 10:00:58 [removeOldSnapshots] Running (interval: 5m, last: never)
2026-05-02 10:00:58 [removeOldSnapshots] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:58 [restoreBackupStatus] Running (interval: 1m, last: never)
2026-05-02 10:00:58 [restoreBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:58 [nowBackupStatus] Running (interval: 1m, last: never)
2026-05-02 10:00:58 [nowBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:58 [scheduleBackup] Running (interval: 5m, last: never)
2026-05-02 10:00:58 [scheduleBackup] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:58 [scheduleSnapshot] Running (interval: 5m, last: never)
2026-05-02 10:00:58 [scheduleSnapshot] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:58 [collectingStatistics] Running (interval: 60m, last: never)
2026-05-02 10:00:58 [collectingStatistics] Done (0.1s) — processed: 2, errors: 1
2026-05-02 10:00:58   sid:7012 [success] last:never, collected
2026-05-02 10:00:58   [collectingStatistics] failed: no cluster
2026-05-02 10:00:58 PUQ Proxmox KVM Cron End (57.5s total)
`)
	// A minute after it began it is due again; a crontab line is never quite in time.
	d.clock.set(time.Date(2026, 5, 2, 10, 0, 59, 0, d.clock.Now().Location()))
	d.do(t, console.Order{}, true, `
2026-05-02 10:00:59 PUQ Proxmox KVM Cron Start
2026-05-02 10:00:59 [processVirtualMachines] Running (interval: 1m, last: 10:00:01)
2026-05-02 10:01:56 [processVirtualMachines] Done (57.5s) — processed: 1, errors: 0
2026-05-02 10:01:56   sid:7012 action:deploy [success]
2026-05-02 10:01:56 [restoreBackupStatus] Running (interval: 1m, last: 10:00:58)
2026-05-02 10:01:56 [restoreBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:01:56 [nowBackupStatus] Running (interval: 1m, last: 10:00:58)
2026-05-02 10:01:56 [nowBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:01:56 PUQ Proxmox KVM Cron End (57.5s total)
`)
	d.do(t, console.Order{List: true}, true, `
Cron mode: Standalone Cron File
  processVirtualMachines — Process Virtual Machines (interval: 1m)   last: 2026-05-02 10:00:59  ACTIVE — processed: 1, errors: 0
  removeOldSnapshots     — Remove Old Snapshots     (interval: 5m)   last: 2026-05-02 10:00:58  ACTIVE — processed: 0, errors: 0
  restoreBackupStatus    — Restore Backup Status    (interval: 1m)   last: 2026-05-02 10:01:56  ACTIVE — processed: 0, errors: 0
  nowBackupStatus        — Now Backup Status        (interval: 1m)   last: 2026-05-02 10:01:56  ACTIVE — processed: 0, errors: 0
  scheduleBackup         — Schedule Backup          (interval: 5m)   last: 2026-05-02 10:00:58  ACTIVE — processed: 0, errors: 0
  scheduleSnapshot       — Schedule Snapshot        (interval: 5m)   last: 2026-05-02 10:00:58  ACTIVE — processed: 0, errors: 0
  collectingStatistics   — Collecting Statistics    (interval: 60m)  last: 2026-05-02 10:00:58  ACTIVE — failed: no cluster
`)
}

func TestConsole_oneTaskRunsDueOrNot(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.rules.Intervals[tasks.ScheduleBackup] = 0
	d.idle = "Somebody else rings."
	d.do(t, console.Order{}, true, "2026-05-02 10:00:01 Somebody else rings.")
	for range 2 {
		d.do(t, console.Order{Task: tasks.BackupStatus}, true, strings.ReplaceAll(`
2026-05-02 10:00:01 PUQ Proxmox KVM Cron Start
2026-05-02 10:00:01 [nowBackupStatus] Running (interval: 1m, last: LAST)
2026-05-02 10:00:01 [nowBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:01 PUQ Proxmox KVM Cron End (0s total)
`, "LAST", map[bool]string{true: "never", false: "10:00:01"}[len(d.said) < 2]))
	}
	d.said = nil
	d.Do(t.Context(), console.Order{Force: true})
	if all := strings.Join(d.said, "\n"); strings.Count(all, "Running") != 6 || !strings.Contains(all, "[scheduleBackup] Skipped (disabled; it runs when it is named)") {
		t.Errorf("forced:\n%s", all)
	}
	if got := console.Check(console.Order{Task: "backup"}); !strings.HasPrefix(got, `There is no task "backup". The tasks are processVirtualMachines, `) {
		t.Errorf("the fault is %q", got)
	}
}

// Somebody is at it: it is left to them, unless the order says otherwise.
func TestConsole_aHeldLock(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if _, err := d.book.Claim(t.Context(), tasks.Row{ID: tasks.BackupStatus}, "other", d.clock.now, d.clock.now.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	d.do(t, console.Order{Task: tasks.BackupStatus}, true, `
2026-05-02 10:00:01 PUQ Proxmox KVM Cron Start
2026-05-02 10:00:01 [nowBackupStatus] Skipped (running since 10:00:01; its lock ends at 10:10:01)
2026-05-02 10:00:01 PUQ Proxmox KVM Cron End (0s total)
`)
	d.do(t, console.Order{Task: tasks.BackupStatus, Unlocked: true}, true, `
2026-05-02 10:00:01 PUQ Proxmox KVM Cron Start
2026-05-02 10:00:01 [nowBackupStatus] Running (interval: 1m, last: 10:00:01)
2026-05-02 10:00:01 [nowBackupStatus] Done (0s) — processed: 0, errors: 0
2026-05-02 10:00:01 PUQ Proxmox KVM Cron End (0s total)
`)
	if rows, err := d.book.Rows(t.Context()); err != nil || rows[tasks.BackupStatus].Holder != "other" {
		t.Errorf("the lock is %+v, %v", rows[tasks.BackupStatus], err)
	}
	d.do(t, console.Order{Clear: true}, true, "Locks released: 1.")
	d.do(t, console.Order{Clear: true}, true, "Locks released: 0.")
}
