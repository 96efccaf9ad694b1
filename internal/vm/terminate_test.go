package vm_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// entries lists the service's entries for WHMCS's activity log.
func (w *world) entries(service int64) string {
	w.t.Helper()
	return w.db.Text(w.t, "SELECT COALESCE(GROUP_CONCAT(subject ORDER BY id SEPARATOR '\n'), '') FROM kvmbridge_outbox WHERE service_id = ? AND kind = 'activity'", service)
}

// checkRemoved sees that nothing is left of a service's machine but the record that there was one.
func (w *world) checkRemoved(service int64) {
	w.t.Helper()
	if m := w.machine(service); m.Status != vm.Removed || m.VMID != 0 || m.MAC != "" {
		w.t.Errorf("service %d: status %q, VM id %d, MAC %q, want an empty record at remove", service, m.Status, m.VMID, m.MAC)
	}
	mark := vm.Mark(w.instance(), service)
	for _, g := range w.guests() {
		if slices.Contains(strings.Fields(g.Description), mark) {
			w.t.Errorf("service %d: guest %d is left on %s", service, g.VMID, g.Node)
		}
	}
	for _, query := range []string{
		"SELECT COUNT(*) FROM kvmbridge_ip_allocations WHERE service_id = ?", "SELECT COUNT(*) FROM kvmbridge_vmid_reservations WHERE service_id = ?",
		"SELECT COUNT(*) FROM kvmbridge_jobs WHERE service_id = ?", "SELECT COUNT(*) FROM kvmbridge_secrets WHERE ref_id = ?",
		"SELECT COUNT(*) FROM tblhosting WHERE CONCAT(dedicatedip, assignedips, domain) <> '' AND id = ?",
	} {
		if n := w.db.Text(w.t, query, service); n != "0" {
			w.t.Errorf("service %d: %s gives %s, want 0", service, query, n)
		}
	}
	if text := w.entries(service); strings.Count(text, "terminated successfully") != 1 {
		w.t.Errorf("service %d: entries %q, want one success", service, text)
	}
}

// ending is where the life of a service ends.
type ending struct {
	at    pipeline.State
	after time.Duration // so long into the step that follows
}

// terminator ends services once they stand where their ending says.
type terminator struct {
	*world
	p    *process
	mu   sync.Mutex
	ends map[int64]ending
	wg   sync.WaitGroup
}

// settle orders a change of every machine that is ready, and ends it at its place.
func (x *terminator) settle(m *vm.Machine, e pipeline.Entry, commit func() error) error {
	if err := commit(); err != nil {
		return err
	}
	x.mu.Lock()
	end, waits := x.ends[m.ServiceID]
	if waits && end.at == e.To {
		delete(x.ends, m.ServiceID)
	}
	x.mu.Unlock()
	switch {
	case waits && end.at == e.To && end.after == 0:
		x.end(m.ServiceID)
	case waits && end.at == e.To:
		x.wg.Go(func() {
			_ = clock.Sleep(x.t.Context(), x.clk, end.after)
			x.end(m.ServiceID)
		})
	case waits && e.To == vm.Ready && strings.HasPrefix(string(end.at), "cp_"):
		if err := x.store.Wish(x.t.Context(), m.ServiceID, vm.ChangePackage); err != nil {
			x.t.Error(err)
		}
	}
	return nil
}

func (x *terminator) end(service int64) {
	if err := x.desk.Terminate(x.t.Context(), service); err != nil {
		x.t.Errorf("terminate service %d: %v", service, err)
	}
	x.p.engine.Interrupt(service)
	x.p.engine.Wake()
}

// A service can end at every moment of its life, between two steps and in the middle of one.
func TestTerminate_fromEveryStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, crowd)
	w.conns = 20
	before := w.guests()
	x := &terminator{world: w, ends: map[int64]ending{}}
	var services []int64
	for _, name := range []string{"deploy", "change_package"} {
		for _, step := range table(t, name).Steps {
			for _, after := range []time.Duration{0, 300 * time.Millisecond, time.Second} {
				if step.To == vm.Ready && name == "change_package" {
					continue
				}
				id := w.order(modest(10_000 + 10*len(services)))
				services, x.ends[id] = append(services, id), ending{step.To, after}
			}
		}
	}
	x.p = w.newProcess(x.settle, services...)
	w.await("end of all services", 90*time.Second, func() bool {
		return w.db.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE vm_status <> 'remove'") == "0"
	})
	x.wg.Wait()
	w.awaitIdle()
	for _, id := range services {
		w.checkRemoved(id)
	}
	w.checkForeign(before, map[int]bool{})
}

// Statuses that a table starts from, and error_terminate, as somebody sets them by hand.
func TestTerminate_fromTheStartOfEveryTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, crowd)
	before := w.guests()
	starts := []pipeline.State{vm.Creation, vm.Ready, vm.ChangePackage, vm.Reinstall, vm.SetDNSRecords, vm.ErrorTerminate}
	var services []int64
	for range starts {
		services = append(services, w.order(modest(10_000)))
	}
	first := w.newProcess(nil, services...)
	w.awaitAll(patience, services...)
	first.stop()
	for i, at := range starts {
		if err := w.store.Move(t.Context(), services[i], at); err != nil {
			t.Fatal(err)
		}
		if err := w.desk.Terminate(t.Context(), services[i]); err != nil {
			t.Errorf("terminate at %s: %v", at, err)
		}
	}
	w.newProcess(nil, services...)
	for _, id := range services {
		w.awaitStatus(id, vm.Removed)
		w.checkRemoved(id)
	}
	w.checkForeign(before, map[int]bool{})
}

// terminate asks for the end of a service and waits until it stands at that status.
func (w *world) terminate(service int64, at pipeline.State) {
	w.t.Helper()
	if err := w.desk.Terminate(w.t.Context(), service); err != nil {
		w.t.Fatal(err)
	}
	w.awaitStatus(service, at)
	w.awaitIdle()
}

func TestTerminate_ofAGuestThatIsElsewhereOrNowhere(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world, m vm.Machine){
		"already gone":   func(w *world, m vm.Machine) { w.sim.RemoveGuest(m.VMID) },
		"already off":    func(w *world, m vm.Machine) { w.sim.SetRunning(m.VMID, false) },
		"on other node":  func(w *world, _ vm.Machine) { w.db.Exec(w.t, "UPDATE kvmbridge_vm SET node = 'pve3'") },
		"unknown node":   func(w *world, _ vm.Machine) { w.db.Exec(w.t, "UPDATE kvmbridge_vm SET node = ''") },
		"no such node":   func(w *world, _ vm.Machine) { w.db.Exec(w.t, "UPDATE kvmbridge_vm SET node = 'pve9'") },
		"product broken": func(w *world, m vm.Machine) { w.product(m.ServiceID, `{"vm"`, `{{"vm"`) },
		"service gone":   func(w *world, _ vm.Machine) { w.db.Exec(w.t, "DELETE FROM tblhosting") },
		"lock passes": func(w *world, m vm.Machine) {
			w.sim.SetLock(m.VMID, "backup")
			time.AfterFunc(500*time.Millisecond, func() { w.sim.SetLock(m.VMID, "") })
		},
		"ignores shutdown": func(w *world, m vm.Machine) { w.sim.SetHabits(m.VMID, pvesim.Habits{IgnoresACPI: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			before := w.guests()
			m := w.deploy(modest(10_000))
			spoil(w, m)
			w.terminate(m.ServiceID, vm.Removed)
			w.checkRemoved(m.ServiceID)
			w.checkForeign(before, map[int]bool{})
		})
	}
}

// The guest has 120 s to shut down; only then its power is cut.
func TestTerminate_cutsThePowerAfterItsPatience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.sim.SetHabits(m.VMID, pvesim.Habits{IgnoresACPI: true})
	asked := w.clk.Now()
	w.terminate(m.ServiceID, vm.Removed)
	if took := w.clk.Now().Sub(asked); took < 120*time.Second {
		t.Errorf("removed after %s, want at least the 120 s of a graceful shutdown", took)
	}
	if w.count("qmshutdown") != 1 || w.count("qmstop") != 1 {
		t.Errorf("%d shutdowns and %d power cuts, want one of each", w.count("qmshutdown"), w.count("qmstop"))
	}
}

func TestTerminate_ofAMachineThatWasNeverCloned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	id := w.order(strings.Replace(modest(10_000), "9000", "7777", 1))
	w.newProcess(nil, id)
	w.await("refusal", 20*time.Second, func() bool { return w.machine(id).Status == vm.SetIP && w.machine(id).Failures > 0 })
	w.terminate(id, vm.Removed)
	w.checkForeign(before, map[int]bool{})
	w.db.Exec(t, "DELETE FROM kvmbridge_outbox WHERE subject LIKE '%needs a person%'")
	w.checkRemoved(id)
}

// What stands in the way for good: everything is kept, an admin is told once, and the end can be asked for again.
func TestTerminate_givesUpWithEverythingKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		spoil, mend func(w *world, m vm.Machine)
		says        []string
	}{
		"locked for ever": {
			func(w *world, m vm.Machine) { w.sim.SetLock(m.VMID, "backup") },
			func(w *world, m vm.Machine) { w.sim.SetLock(m.VMID, "") },
			[]string{"10000", "locked (backup)"},
		},
		"somebody else's guest": {
			func(w *world, m vm.Machine) { w.sim.RemoveGuest(m.VMID); w.sim.AddGuest(intruder(m.VMID, m.Node)) },
			func(w *world, m vm.Machine) { w.sim.RemoveGuest(m.VMID) },
			[]string{`"payroll"`, `"1-1"`, "will not touch it"},
		},
		"cluster unreachable": {
			func(w *world, _ vm.Machine) { w.sim.SetNodeOnline("pve1", false) },
			func(w *world, _ vm.Machine) { w.sim.SetNodeOnline("pve1", true) },
			[]string{"no usable answer"},
		},
		"its node is down": {
			func(w *world, m vm.Machine) { w.sim.SetNodeOnline(m.Node, false) },
			func(w *world, m vm.Machine) { w.sim.SetNodeOnline(m.Node, true) },
			[]string{"595"},
		},
		"not allowed": {
			func(w *world, _ vm.Machine) {
				w.sim.Grant("kvmbridge@pve", "/", "VM.Audit", "Sys.Audit", "VM.PowerMgmt", "Datastore.Audit")
			},
			func(w *world, _ vm.Machine) { w.sim.Grant("kvmbridge@pve", "/", pvesim.RolePrivs("9.2")...) },
			[]string{"lacks the privilege", "VM.Allocate"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			m := w.deploy(modest(10_000))
			m.Name = w.machine(m.ServiceID).Name
			held := w.db.Text(t, "SELECT GROUP_CONCAT(address ORDER BY address) FROM kvmbridge_ip_allocations")
			tc.spoil(w, m)
			before := w.guests()
			w.sim.ForgetRequests()
			w.terminate(m.ServiceID, vm.ErrorTerminate)
			text := w.entries(m.ServiceID)
			for _, words := range append(tc.says, "FAILED") {
				if words = strings.ReplaceAll(words, `"1-1"`, strconv.Quote(m.Name)); strings.Count(text, "FAILED") != 1 || !strings.Contains(text, words) {
					t.Errorf("entries %q, want one with %q", text, words)
				}
			}
			if now := w.db.Text(t, "SELECT GROUP_CONCAT(address ORDER BY address) FROM kvmbridge_ip_allocations"); now != held || w.machine(m.ServiceID).VMID != m.VMID {
				t.Errorf("it holds %s and VM %d, want %s and %d kept", now, w.machine(m.ServiceID).VMID, held, m.VMID)
			}
			if name == "somebody else's guest" {
				w.checkForeign(before, map[int]bool{})
			}
			tc.mend(w, m)
			if err := w.desk.Reset(t.Context(), m.ServiceID, vm.Terminate); err != nil {
				t.Fatal(err)
			}
			w.awaitStatus(m.ServiceID, vm.Removed)
			w.checkRemoved(m.ServiceID)
		})
	}
}

// A copy that Proxmox began but did not mention before the order ended is no orphan.
func TestTerminate_waitsForACloneThatHasJustBegun(t *testing.T) {
	t.Parallel()
	for _, delay := range []time.Duration{2 * time.Second, 4 * time.Second} {
		t.Run(fmt.Sprint(delay), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			before := w.guests()
			id := w.order(modest(10_000))
			w.sim.Fail(pvesim.Fault{Method: http.MethodPost, Path: "/nodes/pve1/qemu/9000/clone", Times: 1, Delay: delay})
			p := w.newProcess(nil, id)
			w.await("request", 20*time.Second, func() bool {
				return w.machine(id).Status == vm.SetIP && len(w.sim.Requests()) > 0
			})
			_ = clock.Sleep(t.Context(), w.clk, time.Second)
			if err := w.desk.Terminate(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			p.engine.Interrupt(id)
			p.engine.Wake()
			w.awaitStatus(id, vm.Removed)
			_ = clock.Sleep(t.Context(), w.clk, 30*time.Second)
			w.checkRemoved(id)
			w.checkForeign(before, map[int]bool{})
		})
	}
}
