package vm_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// A button marked ** is let through to the service's own guest, and only while it is off.
func TestStopped_letsThroughOnlyToAGuestThatIsOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	sentence(t, w.desk.Stopped(t.Context(), w.service()), "has no VM", "run Create")
	building := w.order(standard)
	sentence(t, w.desk.Stopped(t.Context(), building), `at status "creation"`, "Wait until it is ready")
	sentence(t, w.desk.AtReady(t.Context(), building), `at status "creation"`)
	w.start(w.engine(w.store, w.steps))
	w.awaitStatus(building, vm.Ready)
	m := w.awaitStatus(w.order(modest(10_000)), vm.Ready)
	w.awaitIdle()
	must(t, w.desk.AtReady(t.Context(), m.ServiceID))
	sentence(t, w.desk.Stopped(t.Context(), m.ServiceID), fmt.Sprintf("VM %d (%s) of service %d is running", m.VMID, m.Name, m.ServiceID), "Press Stop")
	w.sim.SetRunning(m.VMID, false)
	must(t, w.desk.Stopped(t.Context(), m.ServiceID))
	mend := w.sim.Fail(pvesim.Fault{Method: http.MethodGet, Path: "/nodes/*/qemu/10000/status/current", Status: 500, Reason: "no quorum"})
	sentence(t, w.desk.Stopped(t.Context(), m.ServiceID), "could not be asked", "no quorum", "Try again")
	mend()
	w.sim.RemoveGuest(m.VMID)
	must(t, w.desk.Stopped(t.Context(), m.ServiceID))
	w.sim.AddGuest(intruder(m.VMID, m.Node))
	sentence(t, w.desk.Stopped(t.Context(), m.ServiceID), `"payroll"`, fmt.Sprintf("not of service %d (%s)", m.ServiceID, m.Name))
}

// A guest that was started behind the person's back is left as it is.
func TestJobs_thatNeedAStoppedGuestPassOverARunningOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.product(m.ServiceID, `"cpu":2`, `"cpu":3`)
	w.sim.SetKey(m.VMID, "searchdomain", "spoilt.example")
	run := func(job vm.Job) pvesim.GuestView {
		t.Helper()
		must(t, w.desk.Run(t.Context(), m.ServiceID, job))
		w.awaitQueue(m.ServiceID)
		g, _ := w.sim.Guest(m.VMID)
		return g
	}
	for _, job := range []vm.Job{vm.JobCPURAM, vm.JobCloudInit, vm.JobRemove} {
		g := run(job)
		runs, err := w.store.Runs(t.Context(), m.ServiceID, 1)
		if err != nil || len(runs) != 1 || len(runs[0].Steps) != 1 || runs[0].Steps[0].Skip != "the VM runs" || runs[0].Action != string(job) {
			t.Errorf("%s of a running guest: %+v, %v", job, runs, err)
		}
		if !g.Running || g.Config["cores"] != "2" || g.Config["searchdomain"] != "spoilt.example" || len(g.Pending) != 0 {
			t.Errorf("%s changed a running guest: %+v", job, g)
		}
	}
	if n := w.tasks(m.VMID, "qmshutdown", "qmstop", "qmdestroy"); n != 0 {
		t.Errorf("%d tasks against a running guest", n)
	}
	w.sim.SetRunning(m.VMID, false)
	if g := run(vm.JobCPURAM); g.Config["cores"] != "3" || g.Running {
		t.Errorf("cores %s, running %t", g.Config["cores"], g.Running)
	}
	if g := run(vm.JobCloudInit); g.Config["searchdomain"] != "example.net" {
		t.Errorf("searchdomain %s", g.Config["searchdomain"])
	}
	run(vm.JobRemove)
	if _, exists := w.sim.Guest(m.VMID); exists {
		t.Error("the guest is still there")
	}
}

// zoneCount is a Directory with that many zones.
type zoneCount int

func (z zoneCount) Zones(context.Context) (int, error) { return int(z), nil }

func (z zoneCount) Sync(context.Context, dns.Guest, time.Duration) (dns.Report, error) {
	return dns.Report{Zones: int(z), Lines: []string{"fwd OK"}}, nil
}

func TestResyncDNS_neverSaysYesToWhatIsNotDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	before := w.machine(m.ServiceID)
	w.desk.Directory = zoneCount(0)
	sentence(t, w.desk.ResyncDNS(t.Context(), m.ServiceID), "No DNS zone is configured")
	if after := w.machine(m.ServiceID); after.Status != before.Status {
		t.Errorf("the refused order moved it from %s to %s", before.Status, after.Status)
	}
	w.desk.Directory = zoneCount(1)
	must(t, w.desk.ResyncDNS(t.Context(), m.ServiceID))
	w.await("run over the records", 20*time.Second, func() bool {
		return w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_runs WHERE service_id = ? AND action = 'set_dns_records' AND result = 'success'", m.ServiceID) == "1"
	})
}

// What a refused Create advises is what works.
func TestCreate_saysWhatLeadsToAnotherMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	create := func() error { return w.desk.Create(t.Context(), m.ServiceID, "Secret-123") }
	sentence(t, create(), fmt.Sprintf("VM %d (%s, status ready)", m.VMID, m.Name), "Terminate it first.")
	w.sim.SetLock(m.VMID, "backup")
	must(t, w.desk.Terminate(t.Context(), m.ServiceID))
	sentence(t, create(), "status terminate", "being removed")
	w.sim.RemoveGuest(m.VMID)
	w.sim.AddGuest(intruder(m.VMID, m.Node))
	w.awaitStatus(m.ServiceID, vm.ErrorTerminate)
	w.awaitIdle()
	sentence(t, create(), "status error_terminate", "Terminate it again", fmt.Sprintf(`"kvmbridge vm delete-record %d --service"`, m.ServiceID))
	must(t, w.desk.DeleteRecord(t.Context(), m.ServiceID))
	must(t, create())
	w.await("another machine", patience, func() bool { n := w.machine(m.ServiceID); return n.Status == vm.Ready && n.VMID != m.VMID })
	if g, _ := w.sim.Guest(m.VMID); !g.Running || !strings.Contains(g.Name, "payroll") {
		t.Errorf("somebody else's guest: %+v", g)
	}
}
