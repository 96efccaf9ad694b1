package vm_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// process is one kvmbridge process: connections, memory and a holder's name of its own.
type process struct {
	*mortal
	engine *pipeline.Engine[vm.Machine]
	stop   func()
}

// newProcess makes one that works on nothing before own says so, and starts it.
func (w *world) newProcess(settle settler, own ...int64) *process {
	w.t.Helper()
	s := w.db.Store(w.t, func(c *store.Config) { c.Clock, c.Lease, c.MaxConns = w.clk, w.lease, max(w.conns, 3) }) // dozens share one server
	p := &process{mortal: &mortal{Store: s, settle: settle, own: map[int64]bool{}}}
	p.adopt(own...)
	p.engine = w.engine(p, w.newSteps(s, w.connect(w.srv)))
	p.stop = w.start(p.engine)
	return p
}

// settler stands in for the settlement of one step; commit makes it.
type settler func(m *vm.Machine, e pipeline.Entry, commit func() error) error

// stander is settler for a step that stands.
type stander func(m *vm.Machine, t pipeline.Trouble, commit func() error) error

// mortal is a store whose process can die: from then on none of its writes arrives and none of its leases is prolonged.
type mortal struct {
	pipeline.Store[vm.Machine]

	settle settler
	stood  stander
	fate   func(commit func() error) error // meets what else is written of a run: its end, and what it waits for
	dead   atomic.Bool
	lapsed atomic.Bool // its leases are not prolonged, all else arrives
	mu     sync.Mutex
	own    map[int64]bool
}

var errDead = errors.New("this process is dead")

// die ends the process as a power failure would.
func (p *mortal) die() error {
	p.dead.Store(true)
	return errDead
}

// adopt makes services the process's business.
func (p *mortal) adopt(ids ...int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		p.own[id] = true
	}
}

func (p *mortal) owns(id int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.own[id]
}

func (p *mortal) Due(ctx context.Context, now time.Time, limit int) ([]int64, time.Time, error) {
	if p.dead.Load() {
		return nil, time.Time{}, nil
	}
	all, _, err := p.Store.Due(ctx, now, 10_000)
	var ids []int64
	for _, id := range all {
		if p.owns(id) && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, time.Time{}, err
}

func (p *mortal) alive(do func() error) error {
	if p.dead.Load() {
		return errDead
	}
	return do()
}

func (p *mortal) meet(do func() error) error {
	return p.alive(func() error {
		if p.fate == nil {
			return do()
		}
		return p.fate(do)
	})
}

func (p *mortal) Renew(ctx context.Context, now time.Time) error {
	if p.lapsed.Load() {
		return errors.New("the connection to the database broke")
	}
	return p.alive(func() error { return p.Store.Renew(ctx, now) })
}

func (p *mortal) Settle(ctx context.Context, l pipeline.Lease, run *pipeline.Run, m *vm.Machine, e pipeline.Entry) error {
	return p.alive(func() error {
		commit := func() error { return p.Store.Settle(ctx, l, run, m, e) }
		if p.settle == nil {
			return commit()
		}
		return p.settle(m, e, commit)
	})
}

func (p *mortal) Fail(ctx context.Context, l pipeline.Lease, run *pipeline.Run, m *vm.Machine, e pipeline.Entry, t pipeline.Trouble) error {
	return p.alive(func() error {
		commit := func() error { return p.Store.Fail(ctx, l, run, m, e, t) }
		if p.stood == nil {
			return commit()
		}
		return p.stood(m, t, commit)
	})
}

func (p *mortal) End(ctx context.Context, l pipeline.Lease, run *pipeline.Run, m *vm.Machine, at, wake time.Time) error {
	return p.meet(func() error { return p.Store.End(ctx, l, run, m, at, wake) })
}

func (p *mortal) Release(ctx context.Context, l pipeline.Lease, wake time.Time) error {
	return p.alive(func() error { return p.Store.Release(ctx, l, wake) })
}

func (p *mortal) Note(ctx context.Context, l pipeline.Lease, m *vm.Machine) error {
	return p.meet(func() error { return p.Store.Note(ctx, l, m) })
}

// bystanders are guests of other people in every proof: nothing may happen to them.
func bystanders(c *pvesim.Config) {
	c.Guests = append(c.Guests,
		pvesim.GuestConfig{VMID: 101, Node: "pve2", Running: true, Config: map[string]string{"name": "mail.example.org", "scsi0": "local-lvm:8", "net0": "virtio,bridge=vmbr0"}},
		pvesim.GuestConfig{VMID: 5000, Node: "pve1", Config: map[string]string{"name": "wiki", "description": "kvmbridge:somebody-else:1", "virtio0": "shared:8"}},
	)
}

// crowd gives a world room for hundreds of orders and time to breathe: what it proves is not about capacity or leases.
func crowd(c *pvesim.Config) {
	bystanders(c)
	for i := range c.Storages {
		c.Storages[i].SizeGiB = 1 << 20
	}
	for i := range c.Nodes {
		c.Nodes[i].MemoryMiB = 16 << 20
	}
}

// checkOnce sees the end of all orders: each service has one guest that is ours, one id, the addresses
// it ordered and one mail, and nobody else's guest was touched.
func (w *world) checkOnce(before []pvesim.GuestView, services ...int64) {
	w.t.Helper()
	ids := map[int]bool{}
	byMark := map[string]int{}
	for _, g := range w.guests() {
		for word := range strings.FieldsSeq(g.Description) {
			byMark[word]++
		}
	}
	for _, id := range services {
		m := w.machine(id)
		ids[m.VMID] = true
		if n := byMark[vm.Mark(w.instance(), id)]; n != 1 {
			w.t.Errorf("service %d has %d guests, want 1", id, n)
		}
		w.checkRows(id, m.VMID)
		w.checkMails(id, 1)
	}
	w.checkForeign(before, ids)
}

// checkRows sees one VM id reserved for the service.
func (w *world) checkRows(service int64, vmid int) {
	w.t.Helper()
	if got := w.db.Text(w.t, "SELECT GROUP_CONCAT(vmid) FROM kvmbridge_vmid_reservations WHERE service_id = ?", service); got != strconv.Itoa(vmid) {
		w.t.Errorf("service %d has VM ids %q reserved, want %d alone", service, got, vmid)
	}
}

func (w *world) checkForeign(before []pvesim.GuestView, own map[int]bool) {
	w.t.Helper()
	for _, was := range before {
		is, ok := w.sim.Guest(was.VMID)
		if !ok || is.Node != was.Node || is.Running != was.Running || is.Name != was.Name || len(is.Config) != len(was.Config) {
			w.t.Errorf("foreign guest %d was %+v and is %+v", was.VMID, was, is)
		}
	}
	for _, g := range w.guests() {
		if !own[g.VMID] && !containsGuest(before, g.VMID) {
			w.t.Errorf("guest %d (%s) was left over on %s", g.VMID, g.Name, g.Node)
		}
	}
	for _, r := range w.sim.Requests() {
		if vmid := subject(r.Path); r.Method != http.MethodGet && containsGuest(before, vmid) {
			w.t.Errorf("%s %s changes a foreign guest", r.Method, r.Path)
		}
	}
}

func containsGuest(list []pvesim.GuestView, vmid int) bool {
	for _, g := range list {
		if g.VMID == vmid {
			return true
		}
	}
	return false
}

// subject is the guest that a request is about, 0 for none.
func subject(path string) int {
	_, rest, _ := strings.Cut(path, "/qemu/")
	id, _, _ := strings.Cut(rest, "/")
	n, err := strconv.Atoi(id)
	if err != nil {
		return 0
	}
	return n
}

// awaitAll waits until every service's machine is ready.
func (w *world) awaitAll(limit time.Duration, services ...int64) {
	w.t.Helper()
	w.await("end of all orders", limit, func() bool {
		n := w.db.Text(w.t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info WHERE vm_status = ?", string(vm.Ready))
		return n == strconv.Itoa(len(services))
	})
}

// said lists what the run log of a service says under a label, results and reasons of skips.
func (w *world) said(service int64, label string) string {
	w.t.Helper()
	return w.db.Text(w.t, `SELECT COALESCE(GROUP_CONCAT(CONCAT(s.result, ' ', COALESCE(s.skip, '')) SEPARATOR '\n'), '') FROM kvmbridge_run_steps s
		JOIN kvmbridge_runs r ON r.id = s.run_id WHERE r.service_id = ? AND s.label = ?`, service, label)
}

// activity counts the entries for WHMCS's activity log that ask for a person.
func (w *world) activity(service int64) int {
	w.t.Helper()
	n, err := strconv.Atoi(w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE service_id = ? AND kind = 'activity'", service))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
