package vm_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// modest is a product whose addresses last for hundreds of orders; vmid aims tests at its guest.
func modest(first int) string {
	return `{"vm":{"node":"pve2","template":9000,"cpu":2,"ram_gb":2,"first_vmid":` + strconv.Itoa(first) + `},
		"network":{"ipv4":1,"ipv6":1,"dhcp4":false,"dhcp6":false,"bandwidth_mbps":12},
		"system_disk":{"size_gb":20,"read_mbps":100},"additional_disk":{"size_gb":10,"read_iops":900},
		"integrations":{"main_domain":"example.net"}}`
}

// checkModest compares a guest with what modest ordered, and the node it should be on.
func (w *world) checkModest(service int64, node string) {
	w.t.Helper()
	m := w.machine(service)
	g, _ := w.sim.Guest(m.VMID)
	if !g.Running || g.Node != node || m.Node != node || g.Lock != "" || g.Name != m.Name || m.Task != "" || m.Failures != 0 || m.Attention != "" {
		w.t.Errorf("service %d: guest runs=%t on %q lock %q name %q, record %+v", service, g.Running, g.Node, g.Lock, g.Name, m)
	}
	four := w.db.Text(w.t, "SELECT dedicatedip FROM tblhosting WHERE id = ?", service)
	for key, parts := range map[string][]string{
		"cores": {"2"}, "memory": {"2048"}, "onboot": {"1"}, "ciuser": {m.Username}, "ipconfig0": {"ip=" + four + "/", ",gw=", ",ip6=2001:db8::", "gw6=2001:db8::1"},
		"scsi0": {"size=20G", "mbps_rd=100"}, "scsi1": {"size=10G", "iops_rd=900"}, "net0": {m.MAC, "bridge=vmbr0", "rate=12", "firewall=1"},
	} {
		for _, part := range parts {
			if part == "" || !strings.Contains(g.Config[key], part) {
				w.t.Errorf("service %d: %s is %q, want %q in it", service, key, g.Config[key], part)
			}
		}
	}
	if n := w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations WHERE service_id = ?", service); n != "2" {
		w.t.Errorf("service %d holds %s addresses, want 2", service, n)
	}
	if set := g.Firewall.IPSets["ipfilter-net0"]; len(set) != 2 || g.Firewall.Options["enable"] != "1" {
		w.t.Errorf("service %d: firewall %v with set %v", service, g.Firewall.Options, set)
	}
}

// mishap is what happens to a process at the commit of one step.
type mishap struct {
	committed bool // the commit arrived
	dies      bool // else only its answer is lost, and the process goes on
}

func mishaps() []mishap { return []mishap{{false, true}, {true, true}, {false, false}, {true, false}} }

// A process dies right before or right after the commit of a step, or loses the answer: it or another one carries on from
// what is written down.
func TestCrash_afterEveryStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, crowd)
	before := w.guests()
	heir := w.newProcess(nil)
	var services []int64
	var struck []*atomic.Bool
	for _, step := range table(t, "deploy").Steps {
		for _, m := range mishaps() {
			id := w.order(modest(10_000 + 10*len(services)))
			services, struck = append(services, id), append(struck, w.strike(id, step.Label, m))
		}
	}
	w.await("mishap of every process", patience, func() bool {
		return !slices.ContainsFunc(struck, func(b *atomic.Bool) bool { return !b.Load() })
	})
	heir.adopt(services...)
	w.awaitAll(patience, services...)
	w.awaitIdle()
	w.checkOnce(before, services...)
	for _, id := range services {
		w.checkModest(id, "pve2")
	}
}

// strike lets a new process work on a service until the mishap happens to it at that step, once.
func (w *world) strike(service int64, label string, h mishap) *atomic.Bool {
	var done atomic.Bool
	p := w.newProcess(nil)
	p.settle = func(_ *vm.Machine, e pipeline.Entry, commit func() error) error {
		if e.Label != label || done.Load() {
			return commit()
		}
		if h.committed {
			if err := commit(); err != nil {
				return err
			}
		}
		defer done.Store(true)
		if h.dies {
			return p.die()
		}
		return errors.New("the connection to the database broke")
	}
	p.adopt(service)
	p.engine.Wake()
	return &done
}

// awaitIdle waits until no process holds a machine.
func (w *world) awaitIdle() {
	w.t.Helper()
	w.await("end of the last run", 10*time.Second, func() bool {
		return w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_vm WHERE lease_holder IS NOT NULL") == "0"
	})
}

// A process is stopped, or dies, while Proxmox works on a task; another one watches the same task to its end.
func TestCrash_whileProxmoxWorks(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"qmclone", "qmigrate", "resize", "qmstart"} {
		for _, graceful := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s graceful=%t", kind, graceful), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, crowd)
				before := w.guests()
				id := w.order(modest(10_000))
				p := w.newProcess(nil, id)
				w.await("task "+kind, 30*time.Second, func() bool { return w.count(kind) > 0 })
				if !graceful {
					_ = p.die()
				}
				p.stop()
				w.newProcess(nil, id)
				w.awaitStatus(id, vm.Ready)
				w.checkOnce(before, id)
				w.checkModest(id, "pve2")
				if n := w.count(kind); kind != "resize" && n != 1 {
					t.Errorf("%d tasks %s, want 1: the guest tells what is done", n, kind)
				}
			})
		}
	}
}

// count is how many tasks of a kind there were.
func (w *world) count(kind string) int {
	n := 0
	for _, task := range w.sim.Tasks() {
		if task.Type == kind {
			n++
		}
	}
	return n
}
