package proxmox_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// somebody does by hand what the adapter has no verb for, and waits for the task.
func (l lab) somebody(t *testing.T, method, path string, form url.Values) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, "/api2/json"+path, strings.NewReader(form.Encode()))
	r.Header.Set("Authorization", "PVEAPIToken="+pvesim.DemoTokenID+"="+pvesim.DemoTokenSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	l.sim.ServeHTTP(w, r)
	var answer struct {
		Data any `json:"data"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s %s: got %d %s", method, path, w.Code, w.Body)
	}
	if task, isText := answer.Data.(string); isText {
		l.must(t, method+" "+path, task, nil)
	}
}

func (l lab) power(t *testing.T, verb string) {
	t.Helper()
	l.somebody(t, "POST", "/nodes/pve1/qemu/200/status/"+verb, nil)
}

// fails waits for a task that has to fail and gives its judged end.
func (l lab) fails(t *testing.T, what, upid string, err error) error {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: refused at once: %v", what, err)
	}
	task := l.finish(t, upid)
	if task.OK {
		t.Fatalf("%s: the task ended well", what)
	}
	return l.TaskFault(task.Exit)
}

func TestCluster_deletesStoppedGuestsOnly(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		if upid, err := l.Delete(ctx, "pve1", 200); !errors.Is(err, hypervisor.ErrNoGuest) || upid != "" {
			t.Errorf("a missing guest: got %q, %v, want ErrNoGuest", upid, err)
		}
		l.clone(t)
		l.power(t, "start")
		if _, err := l.Delete(ctx, "pve1", 200); pipeline.FaultOf(err) != pipeline.Transient || !strings.Contains(err.Error(), "VM 200 is running") {
			t.Errorf("a running guest: got %v", err)
		}
		upid, err := l.Stop(ctx, "pve1", 200)
		l.must(t, "stop", upid, err)
		l.sim.SetKey(200, "protection", "1")
		if _, err := l.Delete(ctx, "pve1", 200); pipeline.FaultOf(err) != pipeline.NeedsPerson || !strings.Contains(err.Error(), "protection mode enabled") {
			t.Errorf("a protected guest: got %v", err)
		}
		l.sim.SetKey(200, "protection", "")
		l.sim.SetLock(200, "backup")
		upid, err = l.Delete(ctx, "pve1", 200)
		if end := l.fails(t, "a locked guest", upid, err); !errors.Is(end, hypervisor.ErrLocked) {
			t.Errorf("a locked guest: got %v, want ErrLocked", end)
		}
		l.sim.SetLock(200, "")
		if _, err := l.Delete(ctx, "pve2", 200); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("on another node: got %v, want ErrNoGuest", err)
		}
		upid, err = l.Delete(ctx, "pve1", 200)
		l.must(t, "delete", upid, err)
		if _, err := l.Status(ctx, "pve1", 200); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("afterwards: got %v, want ErrNoGuest", err)
		}
		upid, err = l.Clone(ctx, demoTemplate(), hypervisor.Clone{VMID: 200})
		l.must(t, "a new guest of the id", upid, err)
	})
}

func TestCluster_shutsDownGuestsOfAnyHabit(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		upid, err := l.Shutdown(ctx, "pve1", 999, time.Minute)
		if end := l.fails(t, "a missing guest", upid, err); !errors.Is(end, hypervisor.ErrNoGuest) {
			t.Errorf("a missing guest: got %v, want ErrNoGuest", end)
		}
		l.clone(t)
		upid, err = l.Shutdown(ctx, "pve1", 200, time.Minute)
		l.must(t, "shutdown of a stopped guest", upid, err)
		l.power(t, "start")
		upid, err = l.Shutdown(ctx, "pve1", 200, time.Minute)
		l.must(t, "shutdown", upid, err)
		if s, err := l.Status(ctx, "pve1", 200); err != nil || s.Running {
			t.Errorf("after the shutdown: %+v, %v", s, err)
		}
		l.power(t, "start")
		l.sim.SetHabits(200, pvesim.Habits{IgnoresACPI: true})
		upid, err = l.Shutdown(ctx, "pve1", 200, 30*time.Second)
		if end := l.fails(t, "a deaf guest", upid, err); pipeline.FaultOf(end) != pipeline.Transient || !strings.Contains(end.Error(), "got timeout") || errors.Is(end, hypervisor.ErrLocked) {
			t.Errorf("a deaf guest: got %v (%v)", end, pipeline.FaultOf(end))
		}
		if s, err := l.Status(ctx, "pve1", 200); err != nil || !s.Running {
			t.Errorf("a deaf guest was forced: %+v, %v", s, err)
		}
		l.power(t, "suspend")
		if _, err := l.Shutdown(ctx, "pve1", 200, time.Minute); err == nil || !strings.Contains(err.Error(), "paused") {
			t.Errorf("a paused guest: got %v", err)
		}
		upid, err = l.Stop(ctx, "pve1", 200)
		l.must(t, "stop of a paused guest", upid, err)
	})
}

// 7.4 cannot overrule: there a stop fails with the lock after ten seconds and the step comes back.
func TestCluster_stopsAGuestThatHangsInItsShutdown(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		l.power(t, "start")
		l.sim.SetHabits(200, pvesim.Habits{IgnoresACPI: true})
		hanging, err := l.Shutdown(ctx, "pve1", 200, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		upid, err := l.Stop(ctx, "pve1", 200)
		if l.version == contract.V74 {
			if end := l.fails(t, "stop", upid, err); !errors.Is(end, hypervisor.ErrLocked) {
				t.Errorf("got %v, want ErrLocked", end)
			}
			return
		}
		l.must(t, "stop", upid, err)
		if s, err := l.Status(ctx, "pve1", 200); err != nil || s.Running {
			t.Errorf("after the stop: %+v, %v", s, err)
		}
		if end := l.fails(t, "the shutdown", hanging, nil); pipeline.FaultOf(end) != pipeline.Transient {
			t.Errorf("the shutdown ended with %v", end)
		}
	})
}

func TestCluster_setsPasswordsThroughAnAgentThatAnswers(t *testing.T) {
	t.Parallel()
	for _, v := range versions {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			// The agent needs its time after a start: three real seconds.
			setPasswords(t, openLab(t, v, func(c *pvesim.Config) { c.Durations.AgentBoot = 1500 * time.Second }, nil))
		})
	}
}

func setPasswords(t *testing.T, l lab) {
	t.Helper()
	const newPassword = "marker-new-password"
	set := func(user, password string) error { return l.SetPassword(t.Context(), "pve1", 200, user, password) }
	silent := func(what string, fault pipeline.Fault) {
		t.Helper()
		if err := set("root", newPassword); !errors.Is(err, hypervisor.ErrNoAgent) || pipeline.FaultOf(err) != fault || strings.Contains(err.Error(), newPassword) {
			t.Errorf("%s: got %v (%v), want ErrNoAgent", what, err, pipeline.FaultOf(err))
		}
	}
	if err := set("root", newPassword); !errors.Is(err, hypervisor.ErrNoGuest) {
		t.Errorf("a missing guest: got %v, want ErrNoGuest", err)
	}
	l.clone(t)
	l.sim.SetKey(200, "agent", "")
	silent("no agent configured", pipeline.NeedsPerson)
	l.sim.SetKey(200, "agent", "1")
	silent("a stopped guest", pipeline.Transient)
	l.power(t, "start")
	silent("an agent that starts", pipeline.Transient)
	err := set("root", newPassword)
	for began := time.Now(); err != nil && time.Since(began) < 20*time.Second; err = set("root", newPassword) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		t.Errorf("an agent that answers: %v", err)
	}
	if err := set("nobody", newPassword); err == nil || errors.Is(err, hypervisor.ErrNoAgent) || strings.Contains(err.Error(), newPassword) {
		t.Errorf("an unknown user: got %v", err)
	}
	if err := set("root", "1234"); pipeline.FaultOf(err) != pipeline.Permanent || !strings.Contains(err.Error(), "password: ") {
		t.Errorf("a short password: got %v", err)
	}
	l.sim.SetHabits(200, pvesim.Habits{NoAgent: true})
	silent("an agent that went away", pipeline.Transient)
}

func TestCluster_listsAndDeletesSnapshots(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		if _, err := l.Snapshots(ctx, "pve1", 200); !errors.Is(err, hypervisor.ErrNoGuest) {
			t.Errorf("a missing guest: got %v, want ErrNoGuest", err)
		}
		l.clone(t)
		listed := func(want ...string) {
			t.Helper()
			if got, err := l.Snapshots(ctx, "pve1", 200); err != nil || !slices.Equal(snapshotNames(got), want) {
				t.Errorf("got %v, %v; want %q", got, err, want)
			}
		}
		listed()
		for _, name := range []string{"zulu", "alpha", "mike"} {
			l.somebody(t, "POST", "/nodes/pve1/qemu/200/snapshot", url.Values{"snapname": {name}})
		}
		listed("zulu", "alpha", "mike")
		upid, err := l.DeleteSnapshot(ctx, "pve1", 200, "alpha")
		l.must(t, "delete", upid, err)
		listed("zulu", "mike")
		upid, err = l.DeleteSnapshot(ctx, "pve1", 200, "alpha")
		if end := l.fails(t, "a second time", upid, err); !errors.Is(end, hypervisor.ErrMissing) {
			t.Errorf("a second time: got %v, want ErrMissing", end)
		}
		l.sim.SetLock(200, "backup")
		upid, err = l.DeleteSnapshot(ctx, "pve1", 200, "mike")
		if end := l.fails(t, "a locked guest", upid, err); !errors.Is(end, hypervisor.ErrLocked) {
			t.Errorf("a locked guest: got %v, want ErrLocked", end)
		}
		l.sim.SetLock(200, "")
		upid, err = l.Delete(ctx, "pve1", 200)
		l.must(t, "delete with snapshots", upid, err)
	})
}

func TestCluster_listsAndDeletesBackups(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		ctx := t.Context()
		l.clone(t)
		backup := func(vmid string, more ...string) {
			t.Helper()
			form := url.Values{"vmid": {vmid}, "storage": {"local"}, "compress": {"zstd"}}
			for i := 0; i < len(more); i += 2 {
				form.Set(more[i], more[i+1])
			}
			l.somebody(t, "POST", "/nodes/pve1/vzdump", form)
		}
		backup("200", "notes-template", "first {{vmid}}")
		backup("9000")
		backup("200", "protected", "1")
		was, err := l.Config(ctx, "pve1", 200)
		if err != nil {
			t.Fatal(err)
		}
		upid, err := l.Delete(ctx, "pve1", 200)
		l.must(t, "delete the guest", upid, err)
		got, err := l.Backups(ctx, "pve1", "local", 200)
		if err != nil || len(got) != 2 || got[0].Notes != "first 200" || got[0].Protected || !got[1].Protected || !got[0].Made.Before(got[1].Made) || got[0].Size <= 0 {
			t.Fatalf("got %+v, %v; want the two of VM 200, oldest first", got, err)
		}
		if age := time.Since(got[1].Made).Abs(); age > 24*time.Hour {
			t.Errorf("made at %v", got[1].Made)
		}
		inside, err := l.BackupConfig(ctx, "pve1", got[0].Volume)
		if v := inside.Values; err != nil || v["name"] != was.Values["name"] || v["cores"] != was.Values["cores"] ||
			strings.TrimSpace(v["description"]) != strings.TrimSpace(was.Values["description"]) {
			t.Errorf("inside the backup: %+v, %v; want %+v", v, err, was.Values)
		}
		if _, err := l.BackupConfig(ctx, "pve1", "local:backup/vzdump-qemu-200-1999_01_01-00_00_00.vma.zst"); err == nil {
			t.Error("a backup that does not exist has a configuration")
		}
		for _, what := range []string{"delete", "delete once more"} {
			upid, err := l.DeleteBackup(ctx, "pve1", "local", got[0].Volume)
			l.must(t, what, upid, err)
		}
		upid, err = l.DeleteBackup(ctx, "pve1", "local", got[1].Volume)
		if end := l.fails(t, "a protected backup", upid, err); pipeline.FaultOf(end) != pipeline.NeedsPerson || !strings.Contains(end.Error(), "cannot remove protected") {
			t.Errorf("a protected backup: got %v (%v)", end, pipeline.FaultOf(end))
		}
		if left, err := l.Backups(ctx, "pve1", "local", 200); err != nil || len(left) != 1 || left[0] != got[1] {
			t.Errorf("afterwards: %+v, %v", left, err)
		}
		if none, err := l.Backups(ctx, "pve2", "local", 200); err != nil || len(none) != 0 {
			t.Errorf("on another node: %+v, %v", none, err)
		}
		if _, err := l.Backups(ctx, "pve1", "nosuch", 200); pipeline.FaultOf(err) != pipeline.NeedsPerson {
			t.Errorf("a missing storage: got %v", err)
		}
		if _, err := l.DeleteBackup(ctx, "pve1", "nosuch", "nosuch:backup/x.vma"); pipeline.FaultOf(err) != pipeline.NeedsPerson {
			t.Errorf("delete from a missing storage: got %v", err)
		}
	})
}

func TestCluster_rightsForTheLifeOfAGuest(t *testing.T) {
	t.Parallel()
	agent := map[contract.Version]string{contract.V74: "VM.Monitor", contract.V84: "VM.Monitor", contract.V92: "VM.GuestAgent.Unrestricted"}
	for _, v := range versions {
		for _, lacking := range []string{"VM.Allocate", "VM.Snapshot", "VM.Backup", agent[v]} {
			t.Run(string(v)+"/"+lacking, func(t *testing.T) {
				t.Parallel()
				without := slices.DeleteFunc(proxmox.Role(string(v)), func(p string) bool { return p == lacking })
				l := openLab(t, v, func(c *pvesim.Config) { c.Grants[0].Privs = without }, nil)
				ctx := t.Context()
				for privilege, do := range map[string]func() error{
					"VM.Allocate": func() error { _, err := l.Delete(ctx, "pve1", 9000); return err },
					"VM.Snapshot": func() error { _, err := l.DeleteSnapshot(ctx, "pve1", 9000, "s1"); return err },
					"VM.Backup": func() error {
						_, err := l.DeleteBackup(ctx, "pve1", "local", "local:backup/vzdump-qemu-9000-2026_03_01-00_00_00.vma.zst")
						return err
					},
					agent[v]: func() error { return l.SetPassword(ctx, "pve1", 9000, "root", "12345") },
				} {
					err := do()
					named := err != nil && strings.Contains(err.Error(), "lacks the privilege "+privilege+" on /vms/9000")
					if named != (privilege == lacking) {
						t.Errorf("%s: got %v", privilege, err)
					}
				}
				r := l.Check(ctx)
				if rare := lacking == agent[v]; len(r.Problems) != map[bool]int{true: 0, false: 1}[rare] || !strings.Contains(strings.Join(append(r.Problems, r.Notes...), "\n"), lacking) {
					t.Errorf("check: got problems %q, notes %q", r.Problems, r.Notes)
				}
			})
		}
	}
}

func TestCluster_aLostAnswerOfADeletionLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	onEachVersion(t, func(t *testing.T, l lab) {
		t.Helper()
		l.clone(t)
		l.sim.Fail(pvesim.Fault{Method: "DELETE", Path: "/nodes/*/qemu/*", Times: 1, Drop: pvesim.DropAfter})
		if _, err := l.Delete(t.Context(), "pve1", 200); !errors.Is(err, hypervisor.ErrUnknownOutcome) {
			t.Errorf("got %v, want ErrUnknownOutcome", err)
		}
	})
}
