package proxmox_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// shelves are storages for backups beside the usual ones: a backup server, and a folder that takes two per guest.
func shelves(c *pvesim.Config) {
	c.Storages = append(c.Storages,
		pvesim.StorageConfig{ID: "server", Type: "pbs", Shared: true, Content: []string{"backup"}, SizeGiB: 500, Verdict: "ok"},
		pvesim.StorageConfig{ID: "doubtful", Type: "pbs", Shared: true, Content: []string{"backup"}, SizeGiB: 500, Verdict: "failed"},
		pvesim.StorageConfig{ID: "narrow", Type: "dir", Content: []string{"backup"}, SizeGiB: 500, KeepBackups: 2},
		pvesim.StorageConfig{ID: "thick", Type: "lvm", Content: []string{"images"}, SizeGiB: 500})
}

func onShelves(t *testing.T, story func(*testing.T, lab)) {
	t.Helper()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			story(t, openLab(t, v, shelves, nil))
		})
	}
}

func TestCluster_takesSnapshotsAndReturnsToThem(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		if _, err := l.CanSnapshot(ctx, "pve1", 200); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("a missing guest: got %v, want ErrNoGuest", err)
		}
		l.clone(t)
		if can, err := l.CanSnapshot(ctx, "pve1", 200); err != nil || !can {
			t.Errorf("got %t, %v", can, err)
		}
		upid, err := l.TakeSnapshot(ctx, "pve1", 200, "scheduler_2026-06-03", "Scheduler: 2026-06-03")
		l.must(t, "a snapshot of a guest that is off", upid, err)
		l.power(t, "start")
		upid, err = l.TakeSnapshot(ctx, "pve1", 200, "manual_2026-06-03_10-00-00", "before\nthe <update> & ä")
		l.must(t, "a snapshot of a guest that runs", upid, err)
		list, err := l.Snapshots(ctx, "pve1", 200)
		if err != nil || len(list) != 2 || list[0].Description != "Scheduler: 2026-06-03" || list[0].Memory ||
			list[1].Name != "manual_2026-06-03_10-00-00" || list[1].Description != "before\nthe <update> & ä" || !list[1].Memory || list[1].Taken.IsZero() {
			t.Fatalf("got %+v, %v", list, err)
		}
		for name, says := range map[string]string{"manual_2026-06-03_10-00-00": "already used", "9lives": "snapname", "a": "snapname", "current": "reserved"} {
			upid, err := l.TakeSnapshot(ctx, "pve1", 200, name, "")
			if err == nil {
				err = l.fails(t, name, upid, nil)
			}
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("a snapshot named %s: got %v, want %q", name, err, says)
			}
		}
		upid, err = l.Rollback(ctx, "pve1", 200, "scheduler_2026-06-03")
		l.must(t, "rollback", upid, err)
		l.runs(t)
		upid, err = l.Rollback(ctx, "pve1", 200, "nosuch")
		if end := l.fails(t, "rollback to nothing", upid, err); !errors.Is(end, hypervisor.ErrMissing) {
			t.Errorf("rollback to nothing: got %v, want ErrMissing", end)
		}
		l.sim.SetLock(200, "backup")
		for what, do := range map[string]func() (string, error){
			"snapshot": func() (string, error) { return l.TakeSnapshot(ctx, "pve1", 200, "while_locked", "") },
			"rollback": func() (string, error) { return l.Rollback(ctx, "pve1", 200, "scheduler_2026-06-03") },
		} {
			upid, err := do()
			if end := l.fails(t, what, upid, err); !errors.Is(end, hypervisor.ErrLocked) {
				t.Errorf("%s of a locked guest: got %v, want ErrLocked", what, end)
			}
		}
	})
}

// runs waits for a start that follows a task.
func (l lab) runs(t *testing.T) {
	t.Helper()
	for range 500 {
		if s, err := l.Status(t.Context(), "pve1", 200); err == nil && s.Running {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the guest does not run")
}

func TestCluster_knowsDisksThatCannotBeSnapshotted(t *testing.T) {
	t.Parallel()
	onShelves(t, func(t *testing.T, l lab) {
		t.Helper()
		l.clone(t)
		l.somebody(t, "PUT", "/nodes/pve1/qemu/200/config", url.Values{"scsi5": {"thick:1"}})
		if can, err := l.CanSnapshot(t.Context(), "pve1", 200); err != nil || can {
			t.Errorf("got %t, %v; want false", can, err)
		}
		upid, err := l.TakeSnapshot(t.Context(), "pve1", 200, "on_lvm", "")
		if end := l.fails(t, "a snapshot", upid, err); pipeline.FaultOf(end) != pipeline.Permanent || !strings.Contains(end.Error(), "snapshot feature is not available") {
			t.Errorf("got %v (%v)", end, pipeline.FaultOf(end))
		}
	})
}

func TestCluster_backsUpToFoldersAndServers(t *testing.T) {
	t.Parallel()
	onShelves(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		const notes = `{{vmid}} \n {{x}} kvmbridge:abc:7012`
		for storage, want := range map[string]struct {
			volume   string
			verified hypervisor.Verification
		}{
			"local": {"local:backup/vzdump-qemu-200-", ""}, "server": {"server:backup/vm/200/", "ok"}, "doubtful": {"doubtful:backup/vm/200/", "failed"},
		} {
			upid, err := l.Dump(ctx, "pve1", storage, 200, notes+"\nsecond line")
			l.must(t, "back up to "+storage, upid, err)
			list, err := l.Backups(ctx, "pve1", storage, 200)
			if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].Volume, want.volume) || list[0].Verified != want.verified || list[0].Size <= 0 ||
				list[0].Notes != `{ {vmid}} \n { {x}} kvmbridge:abc:7012` {
				t.Errorf("%s: got %+v, %v", storage, list, err)
			}
			if c, err := l.BackupConfig(ctx, "pve1", list[0].Volume); err != nil || c.Values["name"] == "" {
				t.Errorf("inside %s: %v, %v", list[0].Volume, c.Values, err)
			}
			upid, err = l.DeleteBackup(ctx, "pve1", storage, list[0].Volume)
			l.must(t, "delete from "+storage, upid, err)
		}
		if _, err := l.Dump(ctx, "pve2", "local", 200, "x"); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("of a guest on another node: got %v, want ErrNoGuest", err)
		}
		upid, err := l.Dump(ctx, "pve1", "nosuch", 200, "x")
		if end := cmpErr(err, func() error { return l.fails(t, "no storage", upid, nil) }); pipeline.FaultOf(end) != pipeline.NeedsPerson {
			t.Errorf("to a missing storage: got %v (%v)", end, pipeline.FaultOf(end))
		}
		l.sim.SetLock(200, "snapshot")
		upid, err = l.Dump(ctx, "pve1", "local", 200, "x")
		if end := l.fails(t, "a locked guest", upid, err); !errors.Is(end, hypervisor.ErrLocked) {
			t.Errorf("a locked guest: got %v, want ErrLocked", end)
		}
	})
}

func cmpErr(err error, otherwise func() error) error {
	if err != nil {
		return err
	}
	return otherwise()
}

// A storage that takes no more says so, and nothing of what it holds is removed to make room.
func TestCluster_backsUpWithoutRemovingOthers(t *testing.T) {
	t.Parallel()
	onShelves(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		for range 2 {
			upid, err := l.Dump(ctx, "pve1", "narrow", 200, "x")
			l.must(t, "back up", upid, err)
		}
		before, err := l.Backups(ctx, "pve1", "narrow", 200)
		if err != nil || len(before) != 2 {
			t.Fatalf("got %+v, %v", before, err)
		}
		upid, err := l.Dump(ctx, "pve1", "narrow", 200, "x")
		if end := l.fails(t, "one too many", upid, err); pipeline.FaultOf(end) != pipeline.NeedsPerson || !strings.Contains(end.Error(), "max backup limit of 2") {
			t.Errorf("got %v (%v)", end, pipeline.FaultOf(end))
		}
		if after, err := l.Backups(ctx, "pve1", "narrow", 200); err != nil || !slices.Equal(after, before) {
			t.Errorf("got %+v, %v; want %+v", after, err, before)
		}
	})
}

func TestCluster_restoresAGuestOverItself(t *testing.T) {
	t.Parallel()
	onShelves(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		l.sim.SetKey(200, "description", "old text")
		l.sim.SetKey(200, "cores", "3")
		upid, err := l.Dump(ctx, "pve1", "server", 200, "x")
		l.must(t, "back up", upid, err)
		list, err := l.Backups(ctx, "pve1", "server", 200)
		if err != nil || len(list) != 1 {
			t.Fatalf("got %+v, %v", list, err)
		}
		archive := list[0].Volume
		l.sim.SetKey(200, "cores", "1")
		upid, err = l.TakeSnapshot(ctx, "pve1", 200, "since_then", "")
		l.must(t, "a snapshot", upid, err)

		l.power(t, "start")
		upid, err = l.Restore(ctx, "pve1", 200, archive, nil)
		if end := l.fails(t, "a guest that runs", upid, err); !strings.Contains(end.Error(), "vm is running") {
			t.Errorf("a guest that runs: got %v", end)
		}
		upid, err = l.Stop(ctx, "pve1", 200)
		l.must(t, "stop", upid, err)
		l.sim.SetLock(200, "migrate")
		if _, err := l.Restore(ctx, "pve1", 200, archive, nil); !errors.Is(err, hypervisor.ErrLocked) {
			t.Errorf("a locked guest: got %v, want ErrLocked", err)
		}
		l.sim.SetLock(200, "")
		if _, err := l.Restore(ctx, "pve1", 200, "server:backup/vm/200/1999-01-01T00:00:00Z", nil); pipeline.FaultOf(err) != pipeline.NeedsPerson {
			t.Errorf("a backup that is not there: got %v", err)
		}
		upid, err = l.Restore(ctx, "pve1", 200, archive, map[string]string{"description": "new text", "name": "renamed"})
		l.must(t, "restore", upid, err)
		c, err := l.Config(ctx, "pve1", 200)
		if err != nil || c.Values["cores"] != "3" || strings.TrimSpace(c.Values["description"]) != "new text" || c.Values["name"] != "renamed" || c.Values["lock"] != "" {
			t.Errorf("restored: %+v, %v", c.Values, err)
		}
		if list, err := l.Snapshots(ctx, "pve1", 200); err != nil || len(list) != 0 {
			t.Errorf("snapshots afterwards: %+v, %v", list, err)
		}
		l.power(t, "start")
	})
}

func TestCluster_interruptsABackup(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			l := openLab(t, v, func(c *pvesim.Config) { c.Durations.Backup = 24 * time.Hour }, nil)
			ctx := t.Context()
			l.clone(t)
			upid, err := l.Dump(ctx, "pve1", "local", 200, "x")
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := l.StopTask(ctx, upid); err != nil {
					t.Errorf("stop: %v", err)
				}
				if end := l.fails(t, "the backup", upid, nil); pipeline.FaultOf(end) != pipeline.Transient {
					t.Errorf("it ended with %v", end)
				}
			}
			if s, err := l.Status(ctx, "pve1", 200); err != nil || s.Lock != "" {
				t.Errorf("afterwards: %+v, %v", s, err)
			}
			if err := l.StopTask(ctx, "UPID:pve1:00000001:00000001:00000001:vzdump:200:kvmbridge@pve!demo:"); err != nil {
				t.Errorf("a forgotten task: %v", err)
			}
			if err := l.StopTask(ctx, "vzdump"); err == nil {
				t.Error("no task id at all")
			}
		})
	}
}

func TestCluster_rightsForCopies(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			l := openLab(t, v, func(c *pvesim.Config) {
				shelves(c)
				c.Grants[0].Privs = slices.DeleteFunc(slices.Clone(c.Grants[0].Privs), func(p string) bool { return p == "VM.Snapshot" || p == "VM.Backup" })
			}, nil)
			ctx := t.Context()
			l.clone(t)
			_, taken := l.TakeSnapshot(ctx, "pve1", 200, "s1", "")
			_, returned := l.Rollback(ctx, "pve1", 200, "s1")
			upid, err := l.Dump(ctx, "pve1", "local", 200, "x")
			dumped := cmpErr(err, func() error { return l.fails(t, "back up", upid, nil) })
			for what, err := range map[string]error{"VM.Snapshot": taken, "VM.Snapshot or": returned, "VM.Backup": dumped} {
				if pipeline.FaultOf(err) != pipeline.NeedsPerson || !strings.Contains(err.Error(), strings.Fields(what)[0]) {
					t.Errorf("without %s: got %v (%v)", what, err, pipeline.FaultOf(err))
				}
			}
		})
	}
}
