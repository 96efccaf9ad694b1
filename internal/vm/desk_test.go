package vm_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
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

func TestDesk_powerSaysWhyAndWhoseTurnItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(modest(10_000))
	vmid := strconv.Itoa(m.VMID)
	for name, tc := range map[string]struct {
		fault pvesim.Fault
		says  []string
	}{
		"locked":    {pvesim.Fault{Status: 500, Reason: "VM is locked (backup)"}, []string{"VM is locked (backup)", "module queue"}},
		"forbidden": {pvesim.Fault{Status: 403, Reason: "Permission check failed (/vms/" + vmid + ", VM.PowerMgmt)"}, []string{"VM.PowerMgmt", "Mend that"}},
	} {
		tc.fault.Method, tc.fault.Path = "POST", "/nodes/*/qemu/"+vmid+"/status/stop"
		mend := w.sim.Fail(tc.fault)
		sentence(t, w.desk.Suspend(t.Context(), m.ServiceID), append(tc.says, "VM "+vmid, "could not be stopped")...)
		mend()
		if g, _ := w.sim.Guest(m.VMID); !g.Running {
			t.Errorf("%s: the guest stopped", name)
		}
	}
	w.sim.RemoveGuest(m.VMID)
	w.sim.AddGuest(intruder(m.VMID, m.Node))
	sentence(t, w.desk.Suspend(t.Context(), m.ServiceID), `"payroll"`, "will not touch it")
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
