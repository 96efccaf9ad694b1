package vm_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// isSuspended tells whether a guest is off, unplugged and stays so when its node starts.
func (w *world) isSuspended(vmid int) bool {
	g, _ := w.sim.Guest(vmid)
	return !g.Running && g.Config["onboot"] == "0" && strings.Contains(g.Config["net0"], "link_down=1")
}

// isBack tells whether nothing of a suspension is left.
func (w *world) isBack(vmid int) bool {
	g, _ := w.sim.Guest(vmid)
	return g.Running && g.Config["onboot"] == "1" && !strings.Contains(g.Config["net0"], "link_down")
}

func TestSuspend_unplugsTheGuestAndUnsuspendRestoresItExactly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	was, _ := w.sim.Guest(m.VMID)
	for range 2 {
		for range 2 {
			must(t, w.desk.Suspend(t.Context(), m.ServiceID))
		}
		w.await("suspension", 20*time.Second, func() bool { return w.isSuspended(m.VMID) })
		w.awaitIdle()
		for range 2 {
			must(t, w.desk.Unsuspend(t.Context(), m.ServiceID))
		}
		w.await("end of the suspension", 20*time.Second, func() bool { return w.isBack(m.VMID) })
		w.awaitIdle()
	}
	if is, _ := w.sim.Guest(m.VMID); property(is.Config["net0"]) != property(was.Config["net0"]) {
		t.Errorf("net0 is %q and was %q", is.Config["net0"], was.Config["net0"])
	}
	if n := w.machine(m.ServiceID); n.Status != vm.Ready || n.LastError != "" {
		t.Errorf("status %q, error %q", n.Status, n.LastError)
	}
	w.checkModest(m.ServiceID, "pve2")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A suspension that comes while something else is done holds in the end, whatever that was.
func TestSuspend_duringAPipeline(t *testing.T) {
	t.Parallel()
	for _, at := range []pipeline.State{vm.SetIP, vm.Cloned, vm.SetCloudInit, vm.Starting, vm.CPUpdateIP, vm.CPStop, vm.CPNetwork, vm.CPFirewall, vm.CPStart} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.order(modest(10_000))
			p := w.newProcess(once(at, func(*vm.Machine) {
				if err := w.desk.Suspend(t.Context(), id); err != nil {
					t.Error(err)
				}
			}), id)
			if strings.HasPrefix(string(at), "cp_") {
				w.awaitStatus(id, vm.Ready)
				w.awaitIdle()
				w.product(id, `"cpu":2`, `"cpu":3`)
				must(t, w.desk.ChangePackage(t.Context(), id))
				w.await("suspension", 40*time.Second, func() bool { return w.isSuspended(10_000) && w.machine(id).Status == vm.Ready })
			} else {
				w.await("wish", 20*time.Second, func() bool { return w.machine(id).Suspended })
				w.await("stop", 40*time.Second, func() bool { m := w.machine(id); return m.LastError != "" || m.Status == vm.Ready })
				w.await("guest that is off", 20*time.Second, func() bool { g, _ := w.sim.Guest(10_000); return !g.Running })
			}
			must(t, w.desk.Unsuspend(t.Context(), id))
			p.engine.Wake()
			w.await("end of the suspension", 40*time.Second, func() bool { return w.isBack(10_000) && w.machine(id).Status == vm.Ready })
			w.awaitIdle()
			w.checkMails(id, 1)
		})
	}
}

// A suspended guest may change, and stays suspended.
func TestSuspend_survivesAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.deploy(modest(10_000)).ServiceID
	must(t, w.desk.Suspend(t.Context(), id))
	w.await("suspension", 20*time.Second, func() bool { return w.isSuspended(10_000) })
	w.awaitIdle()
	w.product(id, `"cpu":2`, `"cpu":3`)
	w.product(id, `"bandwidth_mbps":12`, `"bandwidth_mbps":20`)
	must(t, w.desk.ChangePackage(t.Context(), id))
	w.awaitChange(id)
	g, _ := w.sim.Guest(10_000)
	if !w.isSuspended(10_000) || g.Config["cores"] != "3" || !strings.Contains(g.Config["net0"], "rate=20") {
		t.Errorf("the guest runs=%t with cores %s, onboot %s, net0 %s", g.Running, g.Config["cores"], g.Config["onboot"], g.Config["net0"])
	}
	sentence(t, w.desk.Run(t.Context(), id, vm.JobStart), "suspended", "unsuspend")
}

// identity is what a reinstall keeps.
func (w *world) identity(service int64) string {
	m := w.machine(service)
	g, _ := w.sim.Guest(m.VMID)
	return fmt.Sprint(m.VMID, m.Name, m.MAC, strings.Contains(g.Config["net0"], m.MAC), " ", w.db.Text(w.t, "SELECT GROUP_CONCAT(address ORDER BY address) FROM kvmbridge_ip_allocations WHERE service_id = ?", service))
}

func TestReinstall_keepsEverythingButTheDisks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	m := w.deploy(strings.Replace(modest(10_000), `"integrations":{`, `"integrations":{"backup_storage":"shared",`, 1))
	w.awaitIdle()
	was, password := w.identity(m.ServiceID), w.machine(m.ServiceID).Password
	w.back(m.VMID, m.Node, false)
	w.api(http.MethodPost, fmt.Sprintf("/nodes/%s/qemu/%d/snapshot", m.Node, m.VMID), "snapname", "before")
	w.await("snapshot", 10*time.Second, func() bool { g, _ := w.sim.Guest(m.VMID); return len(g.Snapshots) == 1 && g.Lock == "" })
	clones := w.count("qmclone")
	must(t, w.desk.Reinstall(t.Context(), m.ServiceID))
	w.await("second clone", 40*time.Second, func() bool { return w.count("qmclone") > clones })
	m = w.awaitStatus(m.ServiceID, vm.Ready)
	w.awaitIdle()
	if is := w.identity(m.ServiceID); is != was {
		t.Errorf("it is %s and was %s", is, was)
	}
	if w.machine(m.ServiceID).Password == password {
		t.Error("the password is the old one")
	}
	if g, _ := w.sim.Guest(m.VMID); len(g.Snapshots) != 0 || w.backups(m.VMID) != 1 {
		t.Errorf("snapshots %v and %d backups, want none and 1", g.Snapshots, w.backups(m.VMID))
	}
	w.checkModest(m.ServiceID, "pve2")
	w.checkForeign(before, map[int]bool{m.VMID: true})
}

func TestRedeploy_startsFromScratch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.product(m.ServiceID, `"first_vmid":10000`, `"first_vmid":10005`)
	must(t, w.desk.Redeploy(t.Context(), m.ServiceID))
	w.await("new guest", patience, func() bool { n := w.machine(m.ServiceID); return n.Status == vm.Ready && n.VMID == 10_005 })
	w.awaitIdle()
	w.checkModest(m.ServiceID, "pve2")
	w.checkRows(m.ServiceID, 10_005)
	w.checkForeign(before, map[int]bool{10_005: true})
	w.db.Exec(t, "UPDATE tblhosting SET domainstatus = 'Cancelled' WHERE id = ?", m.ServiceID)
	sentence(t, w.desk.Redeploy(t.Context(), m.ServiceID), "Cancelled", "Active and Suspended")
}

// An admin may put a ready machine at each status of the list; it goes on from there and nothing is half-done or double.
func TestReset_toEachTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t, crowd)
	before := w.guests()
	targets := []pipeline.State{vm.Ready, vm.Creation, vm.SetIP, vm.ChangePackage, vm.SetDNSRecords}
	var services []int64
	for range targets {
		services = append(services, w.order(modest(10_000)))
	}
	p := w.newProcess(nil, services...)
	w.awaitAll(patience, services...)
	w.awaitIdle()
	for i, to := range targets {
		must(t, w.desk.Reset(t.Context(), services[i], to))
	}
	p.engine.Wake()
	w.awaitAll(patience, services...)
	w.awaitIdle()
	ids := map[int]bool{}
	for _, id := range services {
		w.checkModest(id, "pve2")
		ids[w.machine(id).VMID] = true
	}
	w.checkForeign(before, ids)
	if clones := w.count("qmclone"); clones != len(services) {
		t.Errorf("%d clones for %d services: a guest that exists is not cloned again", clones, len(services))
	}
	sentence(t, w.desk.Reset(t.Context(), services[0], vm.CPStop), "cp_stop", "statuses are")
}

// An admin says that the guest is gone: addresses are free, WHMCS's own row stays.
func TestReset_toRemoveAndDeleteRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	sentence(t, w.desk.DeleteRecord(t.Context(), m.ServiceID), "ready", "error_terminate or remove")
	w.sim.RemoveGuest(m.VMID)
	must(t, w.desk.Reset(t.Context(), m.ServiceID, vm.Removed))
	if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations"); n != "0" {
		t.Errorf("%s addresses are held", n)
	}
	if ip := w.db.Text(t, "SELECT dedicatedip FROM tblhosting WHERE id = ?", m.ServiceID); ip == "" {
		t.Error("WHMCS's own row was emptied")
	}
	must(t, w.desk.DeleteRecord(t.Context(), m.ServiceID))
	sentence(t, w.desk.DeleteRecord(t.Context(), m.ServiceID), "has no VM")
	must(t, w.desk.Create(t.Context(), m.ServiceID, "Secret-123"))
	w.awaitStatus(m.ServiceID, vm.Ready)
	w.checkModest(m.ServiceID, "pve2")
}

// Every command may be given twice, and leaves a guest that is right as it is.
func TestJobs_areIdempotent(t *testing.T) {
	t.Parallel()
	for _, tb := range new(vm.Steps).Tables() {
		if !vm.IsJob(tb.Start) || slices.Contains([]string{string(vm.JobRemove), string(vm.JobStop)}, tb.Name) {
			continue
		}
		t.Run(tb.Name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			before := w.guests()
			m := w.deploy(modest(10_000))
			w.awaitIdle()
			if tb.Name == string(vm.JobPassword) { // without an agent the guest has to be restarted
				w.sim.SetKey(m.VMID, "agent", "1")
			}
			for range 2 {
				must(t, w.desk.Run(t.Context(), m.ServiceID, vm.Job(tb.Name)))
				must(t, w.desk.Run(t.Context(), m.ServiceID, vm.Job(tb.Name)))
				w.awaitQueue(m.ServiceID)
				w.checkOnce(before, m.ServiceID)
				w.checkModest(m.ServiceID, "pve2")
			}
			if off := w.tasks(m.VMID, "qmshutdown", "qmstop"); off != 0 {
				t.Errorf("the guest was stopped %d times", off)
			}
		})
	}
}

// awaitQueue waits until no job is left and nobody works.
func (w *world) awaitQueue(service int64) {
	w.t.Helper()
	w.await("empty queue", 20*time.Second, func() bool {
		return w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_jobs WHERE service_id = ?", service) == "0"
	})
	w.awaitIdle()
}

func TestJobs_stopStartAndRemove(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	m := w.deploy(modest(10_000))
	run := func(job vm.Job, wants bool) {
		for range 2 {
			must(t, w.desk.Run(t.Context(), m.ServiceID, job))
			w.awaitQueue(m.ServiceID)
			if g, _ := w.sim.Guest(m.VMID); g.Running != wants {
				t.Errorf("after %s the guest runs=%t", job, g.Running)
			}
		}
	}
	run(vm.JobStop, false)
	run(vm.JobStart, true)
	run(vm.JobRemove, true)
	run(vm.JobStop, false)
	run(vm.JobRemove, false)
	if _, exists := w.sim.Guest(m.VMID); exists {
		t.Error("the guest is still there")
	}
	if n := w.machine(m.ServiceID); n.Status != vm.Ready || n.VMID != m.VMID {
		t.Errorf("status %q, VM %d, want the record kept", n.Status, n.VMID)
	}
	must(t, w.desk.Clone(t.Context(), m.ServiceID))
	w.await("another clone", 40*time.Second, func() bool {
		g, _ := w.sim.Guest(m.VMID)
		return g.Running && w.machine(m.ServiceID).Status == vm.Ready
	})
	w.awaitIdle()
	w.checkModest(m.ServiceID, "pve2")
	w.checkForeign(before, map[int]bool{m.VMID: true})
}

// A password counts at once (product-spec A-29): the agent tells the guest, or a restart does; a suspended guest stays off.
func TestPassword_countsAtOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		habits         pvesim.Habits
		agent          bool
		before         func(*world, int64) error
		starts         int // beside the one of the deploy
		stopped, asked bool
	}{
		"agent":                    {agent: true, asked: true},
		"no agent":                 {habits: pvesim.Habits{NoAgent: true}, asked: true, starts: 1},
		"agent that never answers": {habits: pvesim.Habits{NoAgent: true}, agent: true, asked: true, starts: 1},
		"off":                      {before: func(w *world, id int64) error { return w.desk.Run(w.t.Context(), id, vm.JobStop) }, starts: 1},
		"suspended":                {before: func(w *world, id int64) error { return w.desk.Suspend(w.t.Context(), id) }, stopped: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			m := w.deploy(modest(10_000))
			w.sim.SetHabits(m.VMID, tc.habits)
			if tc.agent {
				w.sim.SetKey(m.VMID, "agent", "enabled=1,fstrim_cloned_disks=1")
			}
			if tc.before != nil {
				must(t, tc.before(w, m.ServiceID))
				w.awaitQueue(m.ServiceID)
			}
			was, _ := w.sim.Guest(m.VMID)
			must(t, w.desk.ChangePassword(t.Context(), m.ServiceID, "Another-Secret-9"))
			w.awaitQueue(m.ServiceID)
			is, _ := w.sim.Guest(m.VMID)
			if is.Config["cipassword"] == was.Config["cipassword"] && is.Pending["cipassword"] == "" {
				t.Error("cloud-init holds the old password")
			}
			if got := w.machine(m.ServiceID).Password; got != "Another-Secret-9" {
				t.Errorf("the record holds %q", got)
			}
			starts := w.posted(fmt.Sprintf("/qemu/%d/status/start", m.VMID)) - 1
			asked := w.posted(fmt.Sprintf("/qemu/%d/agent/set-user-password", m.VMID)) > 0
			if is.Running == tc.stopped || starts != tc.starts || asked != tc.asked {
				t.Errorf("running %t after %d starts, agent asked %t; want %t, %d, %t", is.Running, starts, asked, !tc.stopped, tc.starts, tc.asked)
			}
			sentence(t, w.desk.ChangePassword(t.Context(), m.ServiceID, "abc"), "5 to 1024")
		})
	}
}

// posted counts the requests of a kind that reached Proxmox.
func (w *world) posted(path string) (n int) {
	for _, r := range w.sim.Requests() {
		if r.Method == http.MethodPost && strings.HasSuffix(r.Path, path) {
			n++
		}
	}
	return n
}
