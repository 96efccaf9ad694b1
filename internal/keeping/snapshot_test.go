package keeping_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// By the plan the oldest snapshot goes before the new one is taken, and what was made by hand in Proxmox is nobody's business.
func TestScheduleSnapshot_firstInFirstOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(0, 2, "", `,"snapshot_schedule":true`))
	lifetime := w.machine(product(0, 2, "", ""))
	upid, err := w.hv.TakeSnapshot(t.Context(), "pve1", vmidOf(id), "before_upgrade", "by hand")
	w.byHand("a snapshot", upid, err)
	w.plan(id, keeping.Snapshot)
	w.plan(lifetime, keeping.Snapshot)
	want := []string{"before_upgrade"}
	for range 4 {
		w.toTomorrow()
		today := retention.DayOf(w.clk.Now())
		w.run(scheduleSnapshot)
		w.until("an end", func() bool {
			if n := len(w.snapshots(id)); n > 3 {
				t.Fatalf("%d snapshots with a quota of 2", n-1)
			}
			return w.settled()
		}, scheduleSnapshot)
		if want = append(want, retention.ScheduledName(today)); len(want) > 3 {
			want = slices.Delete(want, 1, 2)
		}
		if got := w.snapshots(id); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		if got := w.text("SELECT CONCAT_WS(' ', vm_snapshot_last, vm_snapshots) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id); got != fmt.Sprintf("%s %d", today, len(want)-1) {
			t.Errorf("the record says %q", got)
		}
		if d := w.run(scheduleSnapshot); !contains(d, "already_done_today, last:"+today.String()) {
			t.Errorf("afterwards: %q", d)
		}
	}
	list, err := w.keeper().Snapshots(t.Context(), id)
	if err != nil || len(list) != 2 || !strings.HasPrefix(list[0].Description, "Scheduler: ") {
		t.Errorf("got %+v, %v", list, err)
	}
	if got := w.snapshots(lifetime); len(got) != 0 {
		t.Errorf("a product without plans took %q", got)
	}
}

func TestRemoveOldSnapshots_byLifetime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	short := w.machine(product(0, 3, "", `,"snapshot_lifetime_days":2`))
	for range 2 {
		w.ask(short, keeping.Snapshot, "")
		w.until("an end", w.settled, scheduleSnapshot)
		w.pass(36 * time.Hour)
	}
	upid, err := w.hv.TakeSnapshot(t.Context(), "pve1", vmidOf(short), "before_upgrade", "by hand")
	w.byHand("a snapshot", upid, err)
	first := w.snapshots(short)
	w.run(oldSnapshots)
	w.until("an end", w.settled, oldSnapshots)
	if got := w.snapshots(short); len(first) != 3 || !slices.Equal(got, first[1:]) {
		t.Errorf("of %q are left %q", first, got)
	}
	if got := w.text("SELECT vm_snapshots FROM puqProxmoxKVM_vm_info WHERE service_id = ?", short); got != "1" {
		t.Errorf("the record counts %s", got)
	}
	w.db.Exec(t, "UPDATE tblproducts SET configoption1 = ?", product(0, 3, "", `,"snapshot_lifetime_days":2,"snapshot_schedule":true`))
	w.pass(30 * 24 * time.Hour)
	w.run(oldSnapshots, oldSnapshots)
	if got := w.snapshots(short); !slices.Equal(got, first[1:]) {
		t.Errorf("in schedule mode %q became %q", first[1:], got)
	}
}

func TestAsk_snapshotsAndTheWayBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(0, 1, "", ""))
	w.engine()
	if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: id, Kind: keeping.Snapshot, Note: "before <b>the</b> update"}); err != nil {
		t.Fatal(err)
	}
	w.until("an end", w.settled, scheduleSnapshot)
	list, err := w.keeper().Snapshots(t.Context(), id)
	if err != nil || len(list) != 1 || list[0].Description != "before <b>the</b> update" || !list[0].Memory || !retention.OwnName(list[0].Name) {
		t.Fatalf("got %+v, %v", list, err)
	}
	w.ask(id, keeping.Snapshot, "")
	w.until("an end", w.settled, scheduleSnapshot)
	if got := w.lastError(id); !strings.Contains(got, "All 1 snapshots are taken") {
		t.Errorf("at the quota: %q", got)
	}
	w.sim.SetKey(vmidOf(id), "cores", "1")
	w.db.Exec(t, "UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '\"cpu\":2', '\"cpu\":1')")
	w.ask(id, keeping.Rollback, list[0].Name)
	w.until("an end", w.settled, scheduleSnapshot)
	if g, _ := w.sim.Guest(vmidOf(id)); !g.Running || g.Config["cores"] != "1" || !w.free(id) {
		t.Errorf("after the return: running %t, %s cores; %q", g.Running, g.Config["cores"], w.lastError(id))
	}
	w.ask(id, keeping.Rollback, "manual_1999-01-01_00-00-00")
	w.until("an end", w.settled, scheduleSnapshot)
	if got := w.lastError(id); !strings.Contains(got, "no such snapshot") {
		t.Errorf("to nothing: %q", got)
	}
	w.ask(id, keeping.DropSnapshot, list[0].Name)
	w.until("an end", w.settled, oldSnapshots)
	if got := w.snapshots(id); len(got) != 0 {
		t.Errorf("left: %q", got)
	}
	w.sim.SetLock(vmidOf(id), "backup")
	w.ask(id, keeping.Snapshot, "")
	if d := w.run(scheduleSnapshot); !contains(d, "busy with a backup") || !w.free(id) {
		t.Errorf("while a backup runs: %q", d)
	}
}

func TestAsk_noSnapshotOnRawStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(0, 1, "", ""))
	if err := w.hv.SetConfig(t.Context(), "pve1", vmidOf(id), hypervisor.Change{Set: map[string]string{"scsi5": "thick:1"}}); err != nil {
		t.Fatal(err)
	}
	w.ask(id, keeping.Snapshot, "")
	w.until("an end", w.settled, scheduleSnapshot)
	if got := w.lastError(id); !strings.Contains(got, "cannot make snapshots") {
		t.Errorf("got %q", got)
	}
}
