package vm_test

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// begun is a world of services that are ready, and what is done to each of them.
type begun struct {
	*world
	before   []pvesim.GuestView
	services []int64
}

func (w *world) begin(n int) begun {
	w.t.Helper()
	w.conns = 3
	b := begun{world: w, before: w.guests()}
	for range n {
		b.services = append(b.services, w.order(modest(10_000)))
	}
	builder := w.newProcess(nil, b.services...)
	w.awaitAll(patience, b.services...)
	w.awaitIdle()
	builder.stop()
	return b
}

// A process dies or loses an answer at each settlement of a change: the next one carries on, and nothing is done twice.
func TestCrash_afterEveryStepOfAChange(t *testing.T) {
	t.Parallel()
	steps := table(t, "change_package").Steps
	b := newWorld(t, crowd).begin(len(steps) * len(mishaps()))
	var struck []*atomic.Bool
	for i, id := range b.services {
		b.product(id, `"cpu":2`, `"cpu":4`)
		b.product(id, `"size_gb":20`, `"size_gb":25`)
		must(t, b.desk.ChangePackage(t.Context(), id))
		struck = append(struck, b.strike(id, steps[i/len(mishaps())].Label, mishaps()[i%len(mishaps())]))
	}
	b.await("mishap of every process", patience, func() bool {
		return !slices.ContainsFunc(struck, func(s *atomic.Bool) bool { return !s.Load() })
	})
	b.newProcess(nil, b.services...)
	b.awaitAll(patience, b.services...)
	b.awaitIdle()
	b.checkOnce(b.before, b.services...)
	for _, id := range b.services {
		m := b.machine(id)
		if g, _ := b.sim.Guest(m.VMID); !g.Running || g.Config["cores"] != "4" || m.Failures != 0 {
			t.Errorf("service %d: the guest runs=%t with %s cores", id, g.Running, g.Config["cores"])
		}
		if n := b.tasks(m.VMID, "qmshutdown", "qmstop"); n != 1 {
			t.Errorf("service %d was stopped %d times, want once", id, n)
		}
		b.checkUpgradeMails(id, "1")
	}
}

// The same at the one settlement of an end and of a reinstall.
func TestCrash_atTheEndAndAtAReinstall(t *testing.T) {
	t.Parallel()
	b := newWorld(t, crowd).begin(2 * len(mishaps()))
	var struck []*atomic.Bool
	for i, id := range b.services {
		label := "Terminate"
		if i%2 == 0 {
			label = "Remove old VM"
			must(t, b.desk.Reinstall(t.Context(), id))
		} else {
			must(t, b.desk.Terminate(t.Context(), id))
		}
		struck = append(struck, b.strike(id, label, mishaps()[i/2]))
	}
	b.await("mishap of every process", patience, func() bool {
		return !slices.ContainsFunc(struck, func(s *atomic.Bool) bool { return !s.Load() })
	})
	b.newProcess(nil, b.services...)
	left := map[int]bool{}
	for i, id := range b.services {
		if i%2 == 1 {
			b.awaitStatus(id, vm.Removed)
			b.checkRemoved(id)
			continue
		}
		b.awaitStatus(id, vm.Ready)
		b.awaitIdle()
		b.checkModest(id, "pve2")
		left[b.machine(id).VMID] = true
	}
	b.checkForeign(b.before, left)
}

// seen lists the calls about one guest since the requests were forgotten, each once, with the guest's id as {vmid}.
func (w *world) seen() (calls []call) {
	for _, r := range w.sim.Requests() {
		if c := (call{method: r.Method, path: pattern(r.Path)}); !slices.Contains(calls, c) {
			calls = append(calls, c)
		}
	}
	return calls
}

// deed is something that is done to a ready machine, and how to see that it is done.
type deed struct {
	ask   func(w *world, id int64) error
	done  func(w *world, id int64) bool
	check func(w *world, id int64)
}

func deeds() map[string]deed {
	return map[string]deed{
		"change": {
			ask: func(w *world, id int64) error {
				for _, difference := range [][2]string{
					{`"cpu":2`, `"cpu":4`},
					{`"size_gb":20`, `"size_gb":25`},
					{`"read_mbps":100`, `"read_mbps":150`},
					{`"size_gb":10`, `"size_gb":12`},
					{`"read_iops":900`, `"read_iops":800`},
					{`"bandwidth_mbps":12`, `"bandwidth_mbps":20`},
					{`"ipv4":1`, `"ipv4":2`},
					{`"integrations"`, `"firewall":{"policy_in":"REJECT"},"integrations"`},
				} { // something for every step
					w.product(id, difference[0], difference[1])
				}
				return w.desk.ChangePackage(w.t.Context(), id)
			},
			done: func(w *world, id int64) bool {
				return w.machine(id).Status == vm.Ready && w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE service_id = ? AND subject LIKE '%Upgrade%'", id) == "1"
			},
			check: func(w *world, id int64) {
				runs(true)(w, id)
				for key, part := range map[string]string{"cores": "4", "scsi0": "mbps_rd=150", "scsi1": "size=12G", "net0": "rate=20"} {
					holds(key, part)(w, id)
				}
				holds("scsi0", "size=25G")(w, id)
				holds("scsi1", "iops_rd=800")(w, id)
				if f := w.sim.Firewall(w.vmid(id)); f.Options["policy_in"] != "REJECT" || len(f.IPSets["ipfilter-net0"]) != 3 {
					w.t.Errorf("service %d: firewall %v", id, f)
				}
			},
		},
		"end": {
			ask:   func(w *world, id int64) error { return w.desk.Terminate(w.t.Context(), id) },
			done:  func(w *world, id int64) bool { return w.machine(id).Status == vm.Removed },
			check: func(w *world, id int64) { w.checkRemoved(id) },
		},
		"reinstall": {
			ask: func(w *world, id int64) error { return w.desk.Reinstall(w.t.Context(), id) },
			done: func(w *world, id int64) bool {
				return w.machine(id).Status == vm.Ready && w.tasks(w.machine(id).VMID, "qmdestroy") > 0 && w.tasks(w.machine(id).VMID, "qmstart") > 1
			},
			check: func(w *world, id int64) { w.checkModest(id, w.machine(id).Node) },
		},
	}
}

// One fault, once, at each call of a change, an end and a reinstall: it is got over, or the end gives up and is asked for again.
func TestFault_atEveryCallOfAChangeAnEndAndAReinstall(t *testing.T) {
	t.Parallel()
	for name, d := range deeds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, crowd)
			id := w.deploy(modest(10_000)).ServiceID
			w.awaitIdle()
			w.sim.ForgetRequests()
			must(t, d.ask(w, id))
			w.await("end of "+name, patience, func() bool { return d.done(w, id) })
			var attempts []attempt
			for _, c := range w.seen() {
				for _, k := range classes() {
					if c.aimed() && c.path != "" && k.fits(c) && (c.method != http.MethodGet || k.name == "locked" || k.name == "empty 595") {
						attempts = append(attempts, attempt{call: c, class: k, template: 9000})
					}
				}
			}
			if len(attempts) < 20 {
				t.Fatalf("only %d attempts: the calls were not traced", len(attempts))
			}
			b := newWorld(t, crowd).begin(len(attempts))
			for i, a := range attempts {
				b.sim.Fail(a.class.aim(a.call, b.machine(b.services[i]).VMID, a.template))
				must(t, d.ask(b.world, b.services[i]))
			}
			b.conns = 20
			b.newProcess(nil, b.services...)
			for i, service := range b.services {
				b.await(name+" in spite of "+attempts[i].String(), patience, func() bool {
					if b.machine(service).Status == vm.ErrorTerminate {
						must(t, b.desk.Reset(t.Context(), service, vm.Terminate))
					}
					return d.done(b.world, service)
				})
				d.check(b.world, service)
			}
			b.awaitIdle()
		})
	}
}
