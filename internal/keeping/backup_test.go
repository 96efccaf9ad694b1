package keeping_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// plan saves a plan of 03:00 every day.
func (w *world) plan(id int64, kind keeping.Kind) {
	w.t.Helper()
	week, err := retention.ParseWeek(`["03:00","03:00","03:00","03:00","03:00","03:00","03:00"]`)
	if err == nil {
		err = w.keeper().SavePlan(w.t.Context(), id, kind, week, "")
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestScheduleBackup_oneBackupPerSlot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(3, 0, "server", ""))
	w.plan(id, keeping.Backup)
	if d := w.run(scheduleBackup); len(d) != 0 {
		t.Errorf("before its time: %q", d)
	}
	w.toTomorrow()
	today := retention.DayOf(w.clk.Now())
	w.until("a running backup", func() bool {
		return strings.HasPrefix(w.text("SELECT COALESCE(vm_backup_now_utid, '') FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id), "UPID:pve1:")
	}, scheduleBackup)
	if w.free(id) {
		t.Error("the machine is not held while its backup runs")
	}
	w.until("an end", w.settled, nowBackup)
	list := w.backups(id, "server")
	if len(list) != 1 || list[0].Notes != fmt.Sprintf("Scheduler: %s #1-1 %s", today, w.mark) || keeping.Text(list[0].Notes) != "Scheduler: "+today.String() {
		t.Fatalf("got %+v", list)
	}
	if got := w.text("SELECT CONCAT_WS(' ', vm_backup_last, vm_backups, vm_backup_now_utid) FROM puqProxmoxKVM_vm_info WHERE service_id = ?", id); got != today.String()+" 1 " || !w.free(id) {
		t.Errorf("the record says %q, free %t", got, w.free(id))
	}
	for range 3 {
		if d := w.run(scheduleBackup, nowBackup); !slices.Equal(d, []string{fmt.Sprintf("sid:%d [skipped] already_done_today, last:%s", id, today)}) {
			t.Errorf("afterwards: %q", d)
		}
	}
	w.pass(3 * 24 * time.Hour) // nobody was there for three slots
	w.run(scheduleBackup)
	w.until("an end", w.settled, scheduleBackup, nowBackup)
	if n := len(w.backups(id, "server")); n != 2 {
		t.Errorf("%d backups after three missed slots, want one more", n)
	}
}

// Two processes and their tasks at the same moments still make one backup per slot.
func TestScheduleBackup_twoReplicasMakeOneBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(3, 0, "server", ""))
	w.plan(id, keeping.Backup)
	w.toTomorrow()
	for range 2 {
		k := w.keeper()
		go k.Run(t.Context())
		go func() {
			for t.Context().Err() == nil {
				_, _, _, _ = k.ScheduleBackup(t.Context())
			}
		}()
	}
	w.until("a backup", func() bool { return w.deeds(id, keeping.Done) == 1 }, nowBackup)
	if n := len(w.backups(id, "server")); n != 1 {
		t.Errorf("%d backups", n)
	}
}

// Days pass at every quota: the newest is verified before the oldest goes, foreign and protected backups stay.
func TestScheduleBackup_rotatesAfterTheNewOneIsGood(t *testing.T) {
	t.Parallel()
	for _, storage := range []string{"server", "local"} {
		for quota := 1; quota <= 3; quota++ {
			t.Run(fmt.Sprintf("%s/%d", storage, quota), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				id := w.machine(product(quota, 0, storage, ""))
				upid, err := w.hv.Dump(t.Context(), "pve1", storage, vmidOf(id), "other kvmbridge:elsewhere:9")
				w.byHand("a foreign backup", upid, err)
				foreign := w.backups(id, storage)[0].Volume
				w.plan(id, keeping.Backup)
				for n := 1; n <= 4; n++ {
					w.toTomorrow()
					w.run(scheduleBackup)
					before := w.own(id, storage, foreign)
					w.until("an end", func() bool {
						now := w.own(id, storage, foreign)
						if len(now) > quota+1 || len(now) < min(n-1, quota) || len(before) > 0 && len(now) < quota+1 && !slices.Contains(now, before[0]) && now[len(now)-1] == before[len(before)-1] {
							t.Fatalf("day %d: %v became %v", n, before, now)
						}
						return w.settled()
					}, nowBackup)
					if now := w.own(id, storage, foreign); len(now) != min(n, quota) {
						t.Fatalf("day %d: %v are left with a quota of %d", n, now, quota)
					}
				}
				if !slices.ContainsFunc(w.backups(id, storage), func(b hypervisor.Backup) bool { return b.Volume == foreign }) {
					t.Error("somebody else's backup was removed")
				}
			})
		}
	}
}

func (w *world) own(id int64, storage, foreign string) []string {
	w.t.Helper()
	var list []string
	for _, b := range w.backups(id, storage) {
		if b.Volume != foreign {
			list = append(list, b.Volume)
		}
	}
	return list
}

// A storage without room, and a server that finds every new backup damaged: what is there stays, a person is told once, and it
// is tried again until the next slot.
func TestScheduleBackup_failuresCostNoOldBackup(t *testing.T) {
	t.Parallel()
	for storage, says := range map[string]string{"narrow": "max backup limit of 2", "doubtful": "could not be verified"} {
		t.Run(storage, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.machine(product(2, 0, storage, ""))
			for range 2 {
				upid, err := w.hv.Dump(t.Context(), "pve1", storage, vmidOf(id), "old "+w.mark)
				w.byHand("an old backup", upid, err)
			}
			before := w.backups(id, storage)
			w.plan(id, keeping.Backup)
			w.toTomorrow()
			failed := func(times string) func() bool {
				return func() bool { return w.text("SELECT COALESCE(MAX(failures), 0) FROM kvmbridge_copies") == times }
			}
			w.until("a failure", failed("1"), scheduleBackup, nowBackup)
			w.pass(16 * time.Minute)
			w.until("a second try", failed("2"), scheduleBackup, nowBackup)
			if got := w.text("SELECT last_error FROM kvmbridge_copies"); !strings.Contains(got, says) {
				t.Errorf("got %q, want %q", got, says)
			}
			if after := w.backups(id, storage); !slices.Equal(after, before) {
				t.Errorf("%v became %v", before, after)
			}
			if told := w.text("SELECT GROUP_CONCAT(kind ORDER BY kind) FROM kvmbridge_outbox"); told != "activity,webhook" || !w.free(id) {
				t.Errorf("told by %q; free %t", told, w.free(id))
			}
			w.toTomorrow()
			w.run(scheduleBackup)
			if n := w.deeds(id, keeping.Failed); n != 1 {
				t.Errorf("%d deeds gave way to the next slot, want 1", n)
			}
			if late, err := w.keeper().Overdue(t.Context(), 12*time.Hour); err != nil || len(late) != 1 || late[0].ServiceID != id {
				t.Errorf("overdue: %v, %v", late, err)
			}
		})
	}
}

// A downgrade took the backups away and left the plan: nobody is told of it every night.
func TestScheduleBackup_aPlanSleepsWhileThePackageHasNoBackups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id, other := w.machine(product(0, 0, "server", "")), w.machine(product(1, 0, "server", ""))
	w.plan(id, keeping.Backup)
	w.plan(other, keeping.Backup)
	w.toTomorrow()
	w.run(scheduleBackup)
	if got := w.text("SELECT GROUP_CONCAT(service_id) FROM kvmbridge_copies"); got != strconv.FormatInt(other, 10) {
		t.Errorf("deeds of the services %s, want only %d", got, other)
	}
	if late, err := w.keeper().Overdue(t.Context(), 12*time.Hour); err != nil || len(late) != 1 || late[0].ServiceID != other {
		t.Errorf("overdue: %+v, %v", late, err)
	}
	if told := w.text("SELECT COUNT(*) FROM kvmbridge_outbox"); told != "0" {
		t.Errorf("%s messages", told)
	}
}

func TestAsk_aBackupNowAndItsRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 0, "server", ""))
	none, nowhere := w.machine(product(0, 0, "server", "")), w.machine(product(1, 0, "", ""))
	ask := func(id int64, note string) {
		t.Helper()
		if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: id, Kind: keeping.Backup, Note: note}); err != nil {
			t.Fatal(err)
		}
	}
	ask(id, "before\nthe kvmbridge:x:1 update {{node}}")
	if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: id, Kind: keeping.Backup}); !isRefusal(err, "asked for already") {
		t.Errorf("twice: got %v", err)
	}
	w.until("an end", w.settled, nowBackup)
	list, err := w.keeper().Backups(t.Context(), id)
	if err != nil || len(list) != 1 || keeping.Text(list[0].Notes) != "before the kvmbridge x:1 update { {node}}" {
		t.Fatalf("got %+v, %v", list, err)
	}
	ask(id, "")
	w.until("an end", w.settled, nowBackup)
	for service, says := range map[int64]string{id: "All 2 backups are taken", none: "has no backups", nowhere: "no storage for backups"} {
		ask(service, "")
		w.until("an end", w.settled, nowBackup)
		if got := w.text("SELECT CONCAT(phase, ': ', last_error) FROM kvmbridge_copies WHERE service_id = ? ORDER BY id DESC LIMIT 1", service); !strings.HasPrefix(got, "failed: ") || !strings.Contains(got, says) {
			t.Errorf("got %q, want %q", got, says)
		}
	}
	w.sim.SetLock(vmidOf(id), "migrate")
	drop := list[0].Volume
	if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: id, Kind: keeping.DropBackup, Subject: drop}); err != nil {
		t.Fatal(err)
	}
	if d := w.run(nowBackup); !contains(d, "busy with a move to another node") || !w.free(id) {
		t.Errorf("while locked: %q", d)
	}
	w.sim.SetLock(vmidOf(id), "")
	w.pass(time.Minute)
	w.until("an end", w.settled, nowBackup)
	if left := w.backups(id, "server"); len(left) != 1 || left[0].Volume == drop {
		t.Errorf("left: %+v", left)
	}
	if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: 99999, Kind: keeping.Backup}); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("a service without a machine: got %v", err)
	}
}

func isRefusal(err error, says string) bool {
	no, is := errors.AsType[retention.RefusalError](err)
	return is && strings.Contains(no.Text, says)
}

// A guest that is not the service's own is neither saved nor are its backups removed.
func TestAsk_touchesNoForeignGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "server", ""))
	upid, err := w.hv.Dump(t.Context(), "pve1", "server", vmidOf(id), "old "+w.mark)
	w.byHand("an old backup", upid, err)
	volume := w.backups(id, "server")[0].Volume
	w.sim.SetKey(vmidOf(id), "description", "mine")
	for kind, subject := range map[keeping.Kind]string{keeping.Backup: "", keeping.DropBackup: volume, keeping.Restore: volume, keeping.Snapshot: ""} {
		if _, err := w.keeper().Ask(t.Context(), keeping.Order{ServiceID: id, Kind: kind, Subject: subject}); err != nil {
			t.Fatal(err)
		}
	}
	w.until("an end", w.settled, nowBackup, restoreStatus, scheduleSnapshot)
	if n := w.deeds(id, keeping.Failed); n != 4 {
		t.Errorf("%d of 4 failed", n)
	}
	if b := w.backups(id, "server"); len(b) != 1 || len(w.snapshots(id)) != 0 {
		t.Errorf("backups %+v, snapshots %v", b, w.snapshots(id))
	}
}

// Answers that are lost on the way make no second backup.
func TestBackup_lostAnswersMakeNoSecondBackup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(1, 0, "server", ""))
	upid, err := w.hv.Dump(t.Context(), "pve1", "server", vmidOf(id), "old "+w.mark)
	w.byHand("an old backup", upid, err)
	w.plan(id, keeping.Backup)
	w.toTomorrow()
	w.sim.Fail(pvesim.Fault{Method: "POST", Path: "/nodes/*/vzdump", Times: 1, Drop: pvesim.DropAfter})
	w.sim.Fail(pvesim.Fault{Method: "DELETE", Path: "/nodes/**", Times: 1, Drop: pvesim.DropAfter})
	w.run(scheduleBackup)
	w.until("an end", w.settled, nowBackup)
	if n := len(w.sim.Tasks()); countTasks(w.sim, "vzdump") != 2 || countTasks(w.sim, "imgdel") != 1 {
		t.Errorf("%d tasks: %d backups, %d removals", n, countTasks(w.sim, "vzdump"), countTasks(w.sim, "imgdel"))
	}
	if list := w.backups(id, "server"); len(list) != 1 || !strings.HasPrefix(list[0].Notes, "Scheduler: ") {
		t.Errorf("got %+v", list)
	}
}

func countTasks(s *pvesim.Sim, kind string) int {
	return len(slices.DeleteFunc(s.Tasks(), func(t pvesim.TaskView) bool { return t.Type != kind }))
}
