package vm_test

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// call is a request that a step makes in a deploy without trouble.
type call struct {
	step, method, path string // {vmid} and {template} stand for the order's own, "*" for nodes and the like
	from               pipeline.State
}

// aimed says whether a fault can be aimed at one order's call.
func (c call) aimed() bool { return strings.Contains(c.path, "{") }

// class is a kind of fault.
type class struct {
	name  string
	fault pvesim.Fault
	// says is what the run log must hold of it; "" when it passes unnoticed.
	says string
	fits func(c call) bool
}

const slowAnswer = 25 * time.Second

func classes() []class {
	every := func(call) bool { return true }
	write := func(c call) bool { return c.method != http.MethodGet }
	return []class{
		{"locked", pvesim.Fault{Status: 500, Reason: "VM is locked (backup)"}, "VM is locked (backup)", every},
		{"forbidden", pvesim.Fault{Status: 403, Reason: "Permission check failed (/vms/1, VM.Proof)"}, "lacks the privilege VM.Proof on /vms/1", every},
		{"parameter", pvesim.Fault{Status: 400, Reason: "Parameter verification failed."}, "Parameter verification failed", every},
		{"empty 595", pvesim.Fault{Status: 595, Reason: "Broken pipe"}, "595", every},
		{"html 502", pvesim.Fault{Status: 502, HTML: true, Reason: "no upstream"}, "502", every},
		{"cut before", pvesim.Fault{Drop: pvesim.DropBefore}, "no usable answer", every},
		{"cut after", pvesim.Fault{Drop: pvesim.DropAfter}, "no usable answer", write},
		{"slow", pvesim.Fault{Delay: slowAnswer}, "", every},
		{"failing task", pvesim.Fault{TaskFails: "command failed: exit code 5"}, "exit code 5", startsTask},
	}
}

func startsTask(c call) bool {
	return c.method != http.MethodGet && slices.Contains([]string{"clone", "migrate", "start", "resize"}, path.Base(c.path))
}

// aim is what goes wrong for an order whose guest has this id.
func (k class) aim(c call, vmid, template int) pvesim.Fault {
	f := k.fault
	f.Method, f.Path, f.Times = c.method, strings.NewReplacer("{vmid}", strconv.Itoa(vmid), "{template}", strconv.Itoa(template)).Replace(c.path), 1
	if passing := f.Drop != pvesim.Keep || f.Status == 595 || f.Status == 502; passing && c.method == http.MethodGet {
		f.Times = 3 // the adapter repeats reads that meet a passing trouble
	}
	return f
}

// unnoticed lists faults that a step gets over without a word on the log.
func (k class) unnoticed(c call) bool {
	if k.says == "" || k.fault.Drop == pvesim.DropBefore && c.method == http.MethodGet { // net/http repeats these by itself
		return true
	}
	// The step that writes everything in one call writes its own part alone when the whole is refused.
	return c.step == "Set CPU & RAM" && c.method == http.MethodPut && (k.name == "forbidden" || k.name == "parameter")
}

// trace deploys one order and lists the calls of each step, by the requests between two settlements.
func trace(t *testing.T) []call {
	t.Helper()
	w := newWorld(t, crowd, templates(1))
	var mu sync.Mutex
	marks := map[string]int{}
	var order []pipeline.Entry
	id := w.order(aimable(10_000, 20_000))
	w.newProcess(func(_ *vm.Machine, e pipeline.Entry, commit func() error) error {
		mu.Lock()
		defer mu.Unlock()
		marks[e.Label] = len(w.sim.Requests())
		order = append(order, e)
		return commit()
	}, id)
	w.awaitStatus(id, vm.Ready)
	mu.Lock()
	defer mu.Unlock()
	var calls []call
	at := 0
	for _, e := range order {
		for _, r := range w.sim.Requests()[at:marks[e.Label]] {
			if c := (call{step: e.Label, from: e.From, method: r.Method, path: pattern(r.Path)}); !slices.Contains(calls, c) {
				calls = append(calls, c)
			}
		}
		at = marks[e.Label]
	}
	return calls
}

// pattern generalises a path of the traced order.
func pattern(p string) string {
	parts := strings.Split(p, "/")
	for i, part := range parts {
		switch {
		case part == "10000":
			parts[i] = "{vmid}"
		case part == "20000":
			parts[i] = "{template}"
		case strings.HasPrefix(part, "UPID:"):
			f := strings.Split(part, ":")
			parts[i] = "UPID:*:" + f[5] + ":" + strings.NewReplacer("10000", "{vmid}", "20000", "{template}").Replace(f[6]) + ":*"
		case i > 0 && parts[i-1] == "nodes":
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

// templates gives a world n copies of a template, from 20000 on: a fault of a call on the template is aimed by its id.
func templates(n int) func(*pvesim.Config) {
	return func(c *pvesim.Config) {
		for i := range n {
			t := c.Templates[0]
			t.VMID, t.Name = 20_000+i, fmt.Sprintf("debian-%d", i)
			c.Templates = append(c.Templates, t)
		}
	}
}

func aimable(first, template int) string {
	return strings.Replace(modest(first), `"template":9000`, `"template":`+strconv.Itoa(template), 1)
}

// attempt is one order with one fault.
type attempt struct {
	call     call
	class    class
	vmid     int
	template int
	service  int64
}

func (a attempt) String() string {
	return fmt.Sprintf("%s at %s %s of %q", a.class.name, a.call.method, a.call.path, a.call.step)
}

// One fault, once, at a call of a step: the deploy gets over it by itself and leaves nothing double or half-done.
func TestFault_atEveryStepByEveryClass(t *testing.T) {
	t.Parallel()
	calls := trace(t)
	checkTrace(t, calls)
	var aimed, shared []attempt
	for _, c := range calls {
		for _, k := range classes() {
			switch {
			case !k.fits(c):
			case c.aimed():
				aimed = append(aimed, attempt{call: c, class: k, vmid: 10_000 + 10*len(aimed), template: 20_000 + len(aimed)})
			default:
				shared = append(shared, attempt{call: c, class: k, vmid: 10_000, template: 20_000})
			}
		}
	}
	t.Run("calls of one order", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, crowd, templates(len(aimed)))
		w.roomy()
		w.try(aimed)
	})
	for _, a := range shared { // what all orders ask alike cannot be aimed at one of them: a world for each
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			newWorld(t, crowd, templates(1)).try([]attempt{a})
		})
	}
}

// checkTrace sees that the calls of every table's steps were found.
func checkTrace(t *testing.T, calls []call) {
	t.Helper()
	steps := map[string]int{}
	for _, c := range calls {
		steps[c.step]++
	}
	for _, must := range []string{"Allocate IP", "Clone VM", "Migrate to target node", "Set CPU & RAM", "Resize system disk", "Create additional disk", "Configure firewall", "Start VM", "Verify running + Email"} {
		if steps[must] == 0 {
			t.Errorf("no call of step %q was traced, only of %v", must, slices.Collect(maps.Keys(steps)))
		}
	}
}

// roomy adds a pool for thousands of orders.
func (w *world) roomy() {
	w.db.Exec(w.t, "UPDATE puq_proxmox_kvm_ip_pools SET address_start = '198.18.0.10', address_stop = '198.18.255.250', gateway = '198.18.0.1', mask = 16 WHERE type = 'ipv4'")
}

// try runs all attempts side by side.
func (w *world) try(attempts []attempt) {
	w.t.Helper()
	before := w.guests()
	services := make([]int64, len(attempts))
	byID := map[int64]attempt{}
	for i, a := range attempts {
		services[i] = w.order(aimable(a.vmid, a.template))
		attempts[i].service = services[i]
		byID[services[i]] = a
		if a.call.from == vm.Creation {
			w.sim.Fail(a.class.aim(a.call, a.vmid, a.template))
		}
	}
	w.conns = 20
	w.newProcess(func(m *vm.Machine, e pipeline.Entry, commit func() error) error {
		err := commit()
		if a := byID[m.ServiceID]; e.To == a.call.from { // the step is next
			w.sim.Fail(a.class.aim(a.call, a.vmid, a.template))
		}
		return err
	}, services...)
	w.awaitAll(patience, services...)
	w.awaitIdle()
	w.checkOnce(before, services...)
	for _, a := range attempts {
		node := "pve2"
		if a.call.step == "Migrate to target node" { // a guest that cannot move is deployed where it is
			node = w.machine(a.service).Node
		}
		w.checkModest(a.service, node)
		if got := w.said(a.service, a.call.step); !a.class.unnoticed(a.call) && !strings.Contains(got, a.class.says) {
			w.t.Errorf("%s: the log of step %q says %q, want %q in it", a, a.call.step, got, a.class.says)
		}
	}
}
