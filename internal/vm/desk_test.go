package vm_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// sentence checks that err is meant for the person who asked, and says these words.
func sentence(t *testing.T, err error, words ...string) {
	t.Helper()
	if _, ok := errors.AsType[desk.Sentence](err); !ok {
		t.Errorf("%v (%T) is no sentence for a person", err, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q, want %q in it", err, w)
		}
	}
}

func TestDesk_saysWhatIsWrongWithAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	service := func(settings string, server int64) int64 {
		return w.db.Service(t, w.client, w.db.Product(t, settings), server)
	}
	for name, tc := range map[string]struct {
		id   int64
		says []string
	}{
		"no such service":       {99_999, []string{"Service 99999 does not exist"}},
		"no server":             {service(modest(100), 0), []string{"has no server", "server group"}},
		"no template":           {service(`{}`, w.server), []string{"template"}},
		"product never saved":   {service("", w.server), []string{"template"}},
		"settings are no JSON":  {service("{", w.server), []string{"settings"}},
		"unknown setting":       {service(`{"vm":{"template":9000,"cpus":2}}`, w.server), []string{"cpus", "cpu"}},
		"several at once":       {service(`{"vm":{"cpu":0,"ram_gb":0}}`, w.server), []string{"cpu", "ram_gb"}},
		"name rule gives no OS": {service(`{"vm":{"template":9000,"name_rule":"---"}}`, w.server), []string{"name_rule"}},
	} {
		err := w.desk.Create(t.Context(), tc.id, "Secret-123")
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		sentence(t, err, tc.says...)
	}
	if n := w.db.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info"); n != "0" {
		t.Errorf("%s records of orders that were refused", n)
	}
}

func TestDesk_powerNeedsAMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.db.Service(t, w.client, w.db.Product(t, modest(100)), w.server)
	sentence(t, w.desk.Suspend(t.Context(), id), "has no VM", "Create")
	sentence(t, w.desk.Unsuspend(t.Context(), id), "has no VM", "Create")
}

// The answer to a suspension does not wait for Proxmox: what is in the way stands on the record, and the job goes on when it
// is mended.
func TestSuspend_saysWhyItStandsAndGoesOn(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault pvesim.Fault
		says  string
		calls bool
	}{
		"locked":    {pvesim.Fault{Status: 500, Reason: "VM is locked (backup)"}, "VM is locked (backup)", false},
		"forbidden": {pvesim.Fault{Status: 403, Reason: "Permission check failed (/vms/10000, VM.PowerMgmt)"}, "VM.PowerMgmt", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			id := w.deploy(modest(10_000)).ServiceID
			tc.fault.Method, tc.fault.Path = "POST", "/nodes/*/qemu/10000/status/shutdown"
			mend := w.sim.Fail(tc.fault)
			if err := w.desk.Suspend(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			w.await("reason", 20*time.Second, func() bool { return strings.Contains(w.machine(id).LastError, tc.says) })
			m := w.machine(id)
			if g, _ := w.sim.Guest(m.VMID); !g.Running || m.Status != vm.Ready || (m.Attention != "") != tc.calls {
				t.Errorf("guest runs=%t, status %q, attention %q", g.Running, m.Status, m.Attention)
			}
			mend()
			w.await("stopped guest", 30*time.Second, func() bool { g, _ := w.sim.Guest(m.VMID); return !g.Running })
		})
	}
}

func TestSuspend_leavesSomebodyElsesGuestAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(modest(10_000))
	w.sim.RemoveGuest(m.VMID)
	w.sim.AddGuest(intruder(m.VMID, m.Node))
	if err := w.desk.Suspend(t.Context(), m.ServiceID); err != nil {
		t.Fatal(err)
	}
	w.await("refusal", 20*time.Second, func() bool {
		last := w.machine(m.ServiceID).LastError
		return strings.Contains(last, `"payroll"`) && strings.Contains(last, "will not touch it")
	})
	if g, _ := w.sim.Guest(m.VMID); !g.Running {
		t.Error("somebody else's guest was stopped")
	}
}

func TestDesk_makesUpWhatTheOrderLacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.db.Service(t, w.client, w.db.Product(t, modest(100)), w.server)
	if err := w.desk.Create(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	m := w.machine(id)
	if len(m.Password) < 10 || m.Username == "" || m.Name == "" || m.Domain != m.Name+".example.net" {
		t.Errorf("record %+v", m)
	}
	if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE service_id = ? AND kind = 'password'", id); n != "1" {
		t.Errorf("WHMCS is told the password %s times, want once", n)
	}
}

func TestCreate_refusesAServerThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.db.Service(t, w.client, w.db.Product(t, standard), w.server)
	w.db.Exec(t, "DELETE FROM tblservers WHERE id = ?", w.server)
	err := w.desk.Create(t.Context(), id, "Secret-123")
	if err == nil || !strings.Contains(err.Error(), "no longer exists") {
		t.Errorf("got %v, want a sentence about the server", err)
	}
}
