package vm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestDeploy_buildsWhatWasOrdered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(standard)
	g, ok := w.sim.Guest(m.VMID)
	if !ok {
		t.Fatalf("there is no VM %d", m.VMID)
	}
	for key, want := range map[string]string{
		"name": m.Name, "cores": "2", "memory": "2048", "ciuser": m.Username, "onboot": "1", "searchdomain": "example.net",
		"ipconfig0": "ip=192.0.2.10/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1", "nameserver": "9.9.9.9",
	} {
		if got := g.Config[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	for key, parts := range map[string][]string{
		"scsi0": {"size=20G", "mbps_rd=100", "iops_wr=500"},
		"scsi1": {"size=10G", "iops_rd=900"},
		"net0":  {"bridge=vmbr0", "rate=12", "firewall=1", m.MAC},
	} {
		for _, p := range parts {
			if !strings.Contains(g.Config[key], p) {
				t.Errorf("%s is %q, want %q in it", key, g.Config[key], p)
			}
		}
	}
	if !g.Running || g.Lock != "" || m.Node != g.Node || g.Node == "pve1" {
		t.Errorf("guest %+v, want it running on another node than the template's", g)
	}
	if !strings.Contains(g.Config["description"], vm.Mark(w.instance(), m.ServiceID)) {
		t.Errorf("description %q lacks the ownership mark", g.Config["description"])
	}
	w.checkFirewall(m, "192.0.2.10", "192.0.2.11", "2001:db8::10")
	w.checkWHMCS(m)
}

func TestDeploy_staysWithinItsCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(standard)
	if n := w.calls.Load(); n > 45 {
		var log strings.Builder
		for _, r := range w.sim.Requests() {
			log.WriteString(r.Method + " " + r.Path + "\n")
		}
		t.Errorf("VM %d took %d calls, want at most 45:\n%s", m.VMID, n, log.String())
	}
}

func TestDeploy_aSecondOrderOfTheSameServiceIsOneOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.engine(w.store, w.steps))
	id := w.order(standard)
	for range 3 {
		if err := w.desk.Create(t.Context(), id, "Secret-123"); err != nil {
			t.Errorf("the same order again: %v", err)
		}
	}
	w.awaitStatus(id, vm.Ready)
	w.db.Exec(t, "UPDATE tblhosting SET domainstatus = 'Pending' WHERE id = ?", id)
	if err := w.desk.Create(t.Context(), id, "Secret-123"); err != nil {
		t.Errorf("the same order for a Pending service whose VM is ready: %v", err)
	}
	w.db.Exec(t, "UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", id)
	if err := w.desk.Create(t.Context(), id, "Secret-123"); err == nil || !strings.Contains(err.Error(), "already has VM") {
		t.Errorf("Create on a live service: %v, want a refusal that names the VM", err)
	}
	if n := len(w.guests()); n != 1 {
		t.Errorf("%d guests, want 1", n)
	}
}

func TestDeploy_suspendedServiceIsNotStarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.order(standard)
	if err := w.desk.Suspend(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.start(w.engine(w.store, w.steps))
	m := w.awaitStatus(id, vm.SetCloudInit)
	w.await("parked machine", 10*time.Second, func() bool { return w.machine(id).LastError != "" })
	if g, _ := w.sim.Guest(m.VMID); g.Running {
		t.Error("a suspended service's guest runs")
	}
	if err := w.desk.Unsuspend(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	m = w.awaitStatus(id, vm.Ready)
	if g, _ := w.sim.Guest(m.VMID); !g.Running {
		t.Error("an unsuspended service's guest does not run")
	}
}

func TestSuspend_cutsThePowerOfAReadyGuestAndUnsuspendGivesItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(standard)
	running := func() bool { g, _ := w.sim.Guest(m.VMID); return g.Running }
	for range 2 { // both are idempotent
		if err := w.desk.Suspend(t.Context(), m.ServiceID); err != nil {
			t.Fatal(err)
		}
	}
	w.await("stopped guest", 10*time.Second, func() bool { return !running() })
	for range 2 {
		if err := w.desk.Unsuspend(t.Context(), m.ServiceID); err != nil {
			t.Fatal(err)
		}
	}
	w.await("running guest", 10*time.Second, running)
}
