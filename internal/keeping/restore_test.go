package keeping_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// backup makes one and gives its volume id.
func (w *world) backup(id int64, storage string) string {
	w.t.Helper()
	upid, err := w.hv.Dump(w.t.Context(), "pve1", storage, vmidOf(id), "old "+w.mark)
	w.byHand("a backup", upid, err)
	list := w.backups(id, storage)
	return list[len(list)-1].Volume
}

func (w *world) ask(id int64, kind keeping.Kind, subject string) {
	w.t.Helper()
	if _, err := w.keeper().Ask(w.t.Context(), keeping.Order{ServiceID: id, Kind: kind, Subject: subject}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) lastError(id int64) string {
	w.t.Helper()
	return w.text("SELECT COALESCE(last_error, '') FROM kvmbridge_copies WHERE service_id = ? ORDER BY id DESC LIMIT 1", id)
}

// Every look is by a process that has just started: a restore is stopped, restored over itself, its package applied again,
// started and told of once.
func TestRestore_endsWithTheGuestAsItsPackageSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "server", ""))
	w.sim.SetKey(vmidOf(id), "cores", "7") // of an earlier package
	volume := w.backup(id, "server")
	w.sim.SetKey(vmidOf(id), "cores", "2")
	upid, err := w.hv.TakeSnapshot(t.Context(), "pve1", vmidOf(id), "manual_2026-01-01_00-00-00", "")
	w.byHand("a snapshot", upid, err)
	w.db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_snapshots = 1 WHERE service_id = ?", id)
	w.engine()
	w.ask(id, keeping.Restore, volume)
	w.until("a running restore", func() bool {
		return strings.HasPrefix(w.text("SELECT COALESCE(vm_backup_restore_utid, '') FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id), "UPID:pve1:")
	}, restoreStatus)
	if w.free(id) {
		t.Error("the machine is not held while it is restored")
	}
	w.until("an end", w.settled, restoreStatus)
	g, _ := w.sim.Guest(vmidOf(id))
	if !g.Running || g.Config["cores"] != "2" || !strings.Contains(g.Description, w.mark) || w.deeds(id, keeping.Done) != 1 {
		t.Errorf("the guest afterwards: running %t, %v", g.Running, g.Config)
	}
	if got := w.text("SELECT CONCAT_WS(' ', vm_status, vm_snapshots, vm_backup_restore_utid) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id); got != "ready 0 " || !w.free(id) {
		t.Errorf("the record says %q", got)
	}
	if got := w.text("SELECT GROUP_CONCAT(subject, vars) FROM kvmbridge_outbox WHERE kind = 'mail'"); !strings.HasPrefix(got, "puqProxmoxKVM Backup restored{") || strings.Count(got, "vm_id") != 1 {
		t.Errorf("mails: %q", got)
	}
	restores := 0
	for _, task := range w.sim.Tasks() {
		if task.Type == "qmrestore" {
			restores++
		}
	}
	if restores != 1 {
		t.Errorf("%d restores", restores)
	}
}

// A restore that fails leaves a guest that can be restored again, and says so.
func TestRestore_thatFailsCanBeRepeated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "server", ""))
	volume := w.backup(id, "server")
	w.engine()
	w.sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/qemu", Times: 1, TaskFails: "command 'restore' failed: exit code 255"})
	w.ask(id, keeping.Restore, volume)
	w.until("a failure", func() bool { return w.deeds(id, keeping.Failed) == 1 }, restoreStatus)
	for _, says := range []string{"restore a backup again, or reinstall", "exit code 255"} {
		if got := w.lastError(id); !strings.Contains(got, says) {
			t.Errorf("got %q, want %q", got, says)
		}
	}
	if told := w.text("SELECT GROUP_CONCAT(kind ORDER BY kind) FROM kvmbridge_outbox"); told != "activity,webhook" {
		t.Errorf("told by %q", told)
	}
	if got := w.text("SELECT CONCAT_WS(' ', vm_status, vm_backup_restore_utid) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id); got != "ready " || !w.free(id) {
		t.Errorf("the record says %q, free %t", got, w.free(id))
	}
	w.ask(id, keeping.Restore, volume)
	w.until("an end", w.settled, restoreStatus)
	if g, _ := w.sim.Guest(vmidOf(id)); w.deeds(id, keeping.Done) != 1 || !g.Running {
		t.Errorf("the second restore: %q; running %t", w.lastError(id), g.Running)
	}
}

func TestRestore_refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "doubtful", ""))
	damaged := w.backup(id, "doubtful")
	upid, err := w.hv.Dump(t.Context(), "pve1", "doubtful", vmidOf(id), "theirs kvmbridge:elsewhere:7")
	w.byHand("a foreign backup", upid, err)
	foreign := w.backups(id, "doubtful")[1].Volume
	for subject, says := range map[string]string{damaged: "damaged", foreign: "no such backup", "doubtful:vm-100-disk-0": "no such backup"} {
		w.ask(id, keeping.Restore, subject)
		w.until("an end", w.settled, restoreStatus)
		if got := w.lastError(id); !strings.Contains(got, says) {
			t.Errorf("%s: got %q, want %q", subject, got, says)
		}
	}
	w.db.Exec(t, "UPDATE kvmbridge_vm SET suspended = 1 WHERE service_id = ?", id)
	w.ask(id, keeping.Restore, damaged)
	w.until("an end", w.settled, restoreStatus)
	if got := w.lastError(id); !strings.Contains(got, "suspended") {
		t.Errorf("suspended: got %q", got)
	}
	if g, _ := w.sim.Guest(vmidOf(id)); !g.Running {
		t.Error("a refused restore stopped the guest")
	}
}

// A guest that does not react has its power cut.
func TestRestore_cutsThePowerOfADeafGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "server", ""))
	volume := w.backup(id, "server")
	w.sim.SetHabits(vmidOf(id), pvesim.Habits{IgnoresACPI: true})
	w.engine()
	began := w.clk.Now()
	w.ask(id, keeping.Restore, volume)
	w.until("an end", w.settled, restoreStatus)
	if took := w.clk.Now().Sub(began); w.deeds(id, keeping.Done) != 1 || took < 2*time.Minute {
		t.Errorf("%q after %s", w.lastError(id), took)
	}
}

// A termination takes the machine out of a restore's hands, and does not wait for it.
func TestRestore_givesWayToATermination(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *pvesim.Config) { c.Durations.Restore = 24 * time.Hour })
	id := w.machine(product(2, 2, "server", ""))
	volume := w.backup(id, "server")
	w.ask(id, keeping.Restore, volume)
	w.until("a running restore", func() bool {
		return w.text("SELECT COUNT(*) FROM kvmbridge_copies WHERE phase = 'restoring' AND task <> ''") == "1"
	}, restoreStatus)
	if err := w.store.Move(t.Context(), id, "terminate"); err != nil {
		t.Fatal(err)
	}
	w.until("an end", w.settled, restoreStatus)
	if got := w.lastError(id); w.deeds(id, keeping.Failed) != 1 || !strings.Contains(got, `"terminate"`) || !w.free(id) {
		t.Errorf("got %q", got)
	}
	tasks := w.sim.Tasks()
	if last := tasks[len(tasks)-1]; last.Type != "qmrestore" || !strings.Contains(last.ExitStatus, "interrupt") {
		t.Errorf("the last task is %s, ended with %q", last.Type, last.ExitStatus)
	}
	if g, _ := w.sim.Guest(vmidOf(id)); g.Config["lock"] != "" {
		t.Errorf("the guest is locked (%s)", g.Config["lock"])
	}
}

// What the reference product has started is watched to its end.
func TestTasks_takeOverWhatRecordsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	saved, restored := w.machine(product(2, 2, "server", "")), w.machine(product(2, 2, "server", ""))
	upid, err := w.hv.Dump(t.Context(), "pve1", "server", vmidOf(saved), "by hand")
	if err != nil {
		t.Fatal(err)
	}
	w.db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_now_utid = ? WHERE service_id = ?", upid, saved)
	w.run(nowBackup)
	if got := w.text("SELECT vm_backup_now_utid FROM puqProxmoxKVM_vm_info WHERE service_id = ?", saved); got != upid {
		t.Errorf("while it runs the record says %q", got)
	}
	w.byHand("the backup", upid, nil)
	w.run(nowBackup)
	if got := w.text("SELECT vm_backup_now_utid FROM puqProxmoxKVM_vm_info WHERE service_id = ?", saved); got != "" {
		t.Errorf("afterwards the record says %q", got)
	}

	volume := w.backup(restored, "server")
	w.sim.SetRunning(vmidOf(restored), false)
	if upid, err = w.hv.Restore(t.Context(), "pve1", vmidOf(restored), volume, nil); err != nil {
		t.Fatal(err)
	}
	w.db.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_restore_utid = ? WHERE service_id = ?", upid, restored)
	w.engine()
	w.run(restoreStatus)
	w.until("an end", w.settled, restoreStatus)
	if g, _ := w.sim.Guest(vmidOf(restored)); w.deeds(restored, keeping.Done) != 1 || !g.Running {
		t.Errorf("%q, running %t", w.lastError(restored), g.Running)
	}
}
