package vm_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// chore is something that is done to a ready machine in one step, where something is to be done, and how to see that it is.
type chore struct {
	name  string
	label string
	ask   func(w *world, id int64) error
	check func(w *world, id int64)
}

// vmid of a service's machine.
func (w *world) vmid(id int64) int { return w.machine(id).VMID }

// holds sees a part of a key of the guest's configuration.
func holds(key, part string) func(w *world, id int64) {
	return func(w *world, id int64) {
		w.t.Helper()
		if g, _ := w.sim.Guest(w.vmid(id)); !strings.Contains(g.Config[key], part) {
			w.t.Errorf("service %d: %s is %q, want %q in it", id, key, g.Config[key], part)
		}
	}
}

func runs(wanted bool) func(w *world, id int64) {
	return func(w *world, id int64) {
		w.t.Helper()
		if g, ok := w.sim.Guest(w.vmid(id)); !ok || g.Running != wanted {
			w.t.Errorf("service %d: there is a guest %t, it runs %t, want %t", id, ok, g.Running, wanted)
		}
	}
}

// chores are all tables of one step but termination and reinstall, and the redeploy, whose first step is another one.
func chores() []chore {
	asked := func(job vm.Job, prepare func(w *world, id int64)) func(w *world, id int64) error {
		return func(w *world, id int64) error {
			prepare(w, id)
			return w.store.Ask(w.t.Context(), id, job)
		}
	}
	off := func(w *world, id int64) { w.sim.SetRunning(w.vmid(id), false) }
	sells := func(old, now string) func(w *world, id int64) {
		return func(w *world, id int64) { w.product(id, old, now) }
	}
	nothing := func(*world, int64) {}
	list := []chore{
		{"power", "", func(w *world, id int64) error { return w.desk.Suspend(w.t.Context(), id) }, func(w *world, id int64) {
			if !w.isSuspended(w.vmid(id)) {
				w.t.Errorf("service %d is not suspended", id)
			}
		}},
		{"start", "", asked(vm.JobStart, off), runs(true)},
		{"stop", "", asked(vm.JobStop, nothing), runs(false)},
		{"vm_remove", "", asked(vm.JobRemove, off), func(w *world, id int64) {
			if _, exists := w.sim.Guest(w.vmid(id)); exists {
				w.t.Errorf("service %d still has a guest", id)
			}
		}},
		{"password", "", func(w *world, id int64) error { return w.desk.ChangePassword(w.t.Context(), id, "Another-Secret-9") }, func(w *world, id int64) {
			if m := w.machine(id); m.Password != "Another-Secret-9" {
				w.t.Errorf("service %d has the password %q", id, m.Password)
			}
			runs(true)(w, id)
		}},
		{"addresses", "", asked(vm.JobAddresses, sells(`"ipv4":1`, `"ipv4":2`)), func(w *world, id int64) {
			if n := w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations WHERE service_id = ?", id); n != "3" {
				w.t.Errorf("service %d holds %s addresses, want 3", id, n)
			}
		}},
		{"cpu_ram", "", asked(vm.JobCPURAM, func(w *world, id int64) { off(w, id); sells(`"cpu":2`, `"cpu":4`)(w, id) }), holds("cores", "4")},
		{"grow", "", asked(vm.JobGrow, sells(`"size_gb":20`, `"size_gb":25`)), holds("scsi0", "size=25G")},
		{"limits", "", asked(vm.JobLimits, sells(`"read_mbps":100`, `"read_mbps":200`)), holds("scsi0", "mbps_rd=200")},
		{"additional_disk", "", asked(vm.JobDisk, func(w *world, id int64) { w.sim.SetKey(w.vmid(id), "scsi1", "") }), holds("scsi1", "size=10G")},
		{"grow_additional", "", asked(vm.JobGrowDisk, sells(`"size_gb":10`, `"size_gb":12`)), holds("scsi1", "size=12G")},
		{"limits_additional", "", asked(vm.JobDiskLimit, sells(`"read_iops":900`, `"read_iops":800`)), holds("scsi1", "iops_rd=800")},
		{"network", "", asked(vm.JobNetwork, sells(`"bandwidth_mbps":12`, `"bandwidth_mbps":20`)), holds("net0", "rate=20")},
		{"rate", "", asked(vm.JobRate, func(w *world, id int64) {
			w.db.Exec(w.t, "INSERT INTO kvmbridge_traffic (service_id, throttled) VALUES (?, 1)", id)
			w.product(id, `"bandwidth_mbps":12}`, `"bandwidth_mbps":12},"traffic":{"throttle_mbps":5}`)
		}), holds("net0", "rate=5")},
		{"firewall", "", asked(vm.JobFirewall, sells(`"integrations"`, `"firewall":{"policy_in":"REJECT"},"integrations"`)), func(w *world, id int64) {
			if got := w.sim.Firewall(w.vmid(id)).Options["policy_in"]; got != "REJECT" {
				w.t.Errorf("service %d: policy_in is %q, want REJECT", id, got)
			}
		}},
		{"cloudinit", "", asked(vm.JobCloudInit, func(w *world, id int64) { off(w, id); w.sim.SetKey(w.vmid(id), "ciuser", "nobody") }), func(w *world, id int64) {
			holds("ciuser", w.machine(id).Username)(w, id)
		}},
		{"set_dns_records", "", func(w *world, id int64) error { return w.store.Wish(w.t.Context(), id, vm.SetDNSRecords) }, runs(true)},
	}
	for i := range list {
		list[i].label = list[i].step()
	}
	return append(list, chore{"redeploy", "Allocate IP", func(w *world, id int64) error { return w.desk.Redeploy(w.t.Context(), id) }, func(w *world, id int64) {
		w.checkModest(id, "pve2")
		w.checkRows(id, w.vmid(id))
	}})
}

// step is the label of the one step of the chore's table.
func (c chore) step() string {
	for _, tb := range new(vm.Steps).Tables() {
		if tb.Name == c.name {
			return tb.Steps[0].Label
		}
	}
	return ""
}

// Every table is in one of the proofs: by its own steps, or as a chore.
func TestChores_areAllTablesOfOneStep(t *testing.T) {
	t.Parallel()
	for _, tb := range new(vm.Steps).Tables() {
		known := slices.ContainsFunc(chores(), func(c chore) bool { return c.name == tb.Name })
		elsewhere := slices.Contains([]string{"deploy", "change_package", "terminate", "reinstall"}, tb.Name)
		if known == elsewhere || known && len(tb.Steps) != 1 {
			t.Errorf("table %s with %d steps: a chore %t, in a proof of its own %t", tb.Name, len(tb.Steps), known, elsewhere)
		}
	}
}

// atRest waits until nobody has anything to do for these services and all of them are ready.
func (w *world) atRest(limit time.Duration, services ...int64) {
	w.t.Helper()
	w.await("rest", limit, func() bool {
		return w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_jobs") == "0" && w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_vm WHERE wake_at IS NOT NULL OR wish IS NOT NULL") == "0"
	})
	w.awaitAll(limit, services...)
}

// A process dies or loses an answer at the settlement of each of them.
func TestCrash_atEveryChore(t *testing.T) {
	t.Parallel()
	list := chores()
	b := newWorld(t, crowd).begin(len(list) * len(mishaps()))
	var struck []*atomic.Bool
	for i, id := range b.services {
		c := list[i/len(mishaps())]
		must(t, c.ask(b.world, id))
		struck = append(struck, b.strike(id, c.label, mishaps()[i%len(mishaps())]))
	}
	b.await("mishap of every process", patience, func() bool {
		return !slices.ContainsFunc(struck, func(s *atomic.Bool) bool { return !s.Load() })
	})
	b.newProcess(nil, b.services...)
	b.atRest(patience, b.services...)
	own := map[int]bool{}
	for i, id := range b.services {
		list[i/len(mishaps())].check(b.world, id)
		own[b.vmid(id)] = true
	}
	b.checkForeign(b.before, own)
}

// One fault, once, at each call of each of them.
func TestFault_atEveryCallOfEveryChore(t *testing.T) {
	t.Parallel()
	list := chores()
	var attempts []attempt
	var of []chore
	for _, c := range list {
		for _, seen := range traceChore(t, c) {
			for _, k := range classes() {
				if seen.aimed() && k.fits(seen) && (seen.method != http.MethodGet || k.name == "empty 595") {
					attempts, of = append(attempts, attempt{call: seen, class: k, template: 9000}), append(of, c)
				}
			}
		}
	}
	if len(attempts) < 150 {
		t.Fatalf("only %d attempts: the calls were not traced", len(attempts))
	}
	b := newWorld(t, crowd).begin(len(attempts))
	for i, a := range attempts {
		b.sim.Fail(a.class.aim(a.call, b.vmid(b.services[i]), a.template))
		must(t, of[i].ask(b.world, b.services[i]))
	}
	b.conns = 20
	b.newProcess(nil, b.services...)
	b.atRest(120*time.Second, b.services...)
	own := map[int]bool{}
	for i, id := range b.services {
		of[i].check(b.world, id)
		own[b.vmid(id)] = true
		if t.Failed() {
			t.Fatalf("%s: %s", of[i].name, attempts[i])
		}
	}
	b.checkForeign(b.before, own)
}

// traceChore lists the calls of one chore without trouble.
func traceChore(t *testing.T, c chore) []call {
	t.Helper()
	w := newWorld(t, crowd)
	id := w.deploy(modest(10_000)).ServiceID
	w.awaitIdle()
	w.sim.ForgetRequests()
	must(t, c.ask(w, id))
	w.atRest(patience, id)
	c.check(w, id)
	calls := w.seen()
	if len(calls) == 0 && c.name != "set_dns_records" && c.name != "addresses" {
		t.Errorf("%s: no call was traced", c.name)
	}
	return slices.DeleteFunc(calls, func(seen call) bool {
		return c.name == "redeploy" && !strings.Contains(seen.path, "/status/") && seen.method != http.MethodDelete
	})
}

// A service can end while any of them waits or is at work, and while its guest is built anew.
func TestTerminate_duringEveryChore(t *testing.T) {
	t.Parallel()
	list := append(chores(), chore{name: "reinstall", ask: func(w *world, id int64) error { return w.desk.Reinstall(w.t.Context(), id) }})
	moments := []time.Duration{0, 200 * time.Millisecond, time.Second, 3 * time.Second, 8 * time.Second}
	b := newWorld(t, crowd).begin(len(list) * len(moments))
	p := b.newProcess(nil, b.services...)
	done := make(chan error, len(b.services))
	for i, id := range b.services {
		must(t, list[i/len(moments)].ask(b.world, id))
		p.engine.Wake()
		go func() {
			_ = clock.Sleep(t.Context(), b.clk, moments[i%len(moments)])
			err := b.desk.Terminate(context.WithoutCancel(t.Context()), id)
			p.engine.Interrupt(id)
			p.engine.Wake()
			done <- err
		}()
	}
	for range b.services {
		must(t, <-done)
	}
	b.await("end of all services", 90*time.Second, func() bool {
		return b.db.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE vm_status <> 'remove'") == "0"
	})
	b.awaitIdle()
	for _, id := range b.services {
		b.checkRemoved(id)
	}
	b.checkForeign(b.before, map[int]bool{})
}
