package vm_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// change is a pair of products: what a service has and what it is to become.
type change struct {
	from, to wish
	drop     bool // the option Additional Disk says 0
}

// randomChange starts at a random product.
func randomChange(r *rand.Rand) change {
	from := randomWish(r)
	from.Network.DHCP4, from.Network.DHCP6 = false, false
	return changeFrom(r, from)
}

// changeFrom varies what a package change may touch: each aspect with a chance of a half.
func changeFrom(r *rand.Rand, from wish) change {
	to, other := from, randomWish(r)
	maybe := func(do func()) {
		if r.IntN(2) == 0 {
			do()
		}
	}
	if r.IntN(3) == 0 { // else a change that keeps the guest running
		maybe(func() { to.VM.CPU = other.VM.CPU })
		maybe(func() { to.VM.RAM = other.VM.RAM })
	}
	maybe(func() { to.Network.IPv4, to.Network.IPv6 = other.Network.IPv4, other.Network.IPv6 })
	maybe(func() { to.Network.Rate = other.Network.Rate })
	maybe(func() { storage := to.System.Storage; to.System = other.System; to.System.Storage = storage })
	maybe(func() {
		storage := to.Additional.Storage
		to.Additional = other.Additional
		to.Additional.Storage = storage
	})
	maybe(func() { to.Firewall = other.Firewall })
	return change{from: from, to: to, drop: r.IntN(5) == 0}
}

// result is what the guest must be in the end: disks never shrink, and only an option of 0 removes one.
func (c change) result() wish {
	want := c.to
	want.System.Size = max(c.from.System.Size, c.to.System.Size)
	switch {
	case c.drop:
		want.Additional = wishedDisk{}
	case c.to.Additional.Size == 0:
		want.Additional = c.from.Additional
	default:
		want.Additional.Size = max(c.from.Additional.Size, c.to.Additional.Size)
	}
	return want
}

// stops tells whether a running guest cannot become what is wanted.
func (c change) stops() bool {
	return c.from.VM.CPU != c.to.VM.CPU || c.from.VM.RAM != c.to.VM.RAM || c.drop && c.from.Additional.Size > 0
}

func (w *world) setProduct(service int64, want wish) {
	w.t.Helper()
	text, err := json.Marshal(want)
	if err != nil {
		w.t.Fatal(err)
	}
	w.db.Exec(w.t, "UPDATE tblproducts SET configoption1 = ? WHERE id = (SELECT packageid FROM tblhosting WHERE id = ?)", string(text), service)
}

func (w *world) checkUpgradeMails(service int64, want string) {
	w.t.Helper()
	got := w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE service_id = ? AND kind = 'mail' AND subject = 'puqProxmoxKVM Upgrade Email'", service)
	if got != want {
		w.t.Errorf("%s upgrade mails of service %d, want %s", got, service, want)
	}
}

// tasks counts a guest's tasks of these kinds.
func (w *world) tasks(vmid int, kinds ...string) int {
	n := 0
	for _, task := range w.sim.Tasks() {
		for _, kind := range kinds {
			if task.Type == kind && task.ID == strconv.Itoa(vmid) {
				n++
			}
		}
	}
	return n
}

// awaitChange waits until a change has ended for every service.
func (w *world) awaitChange(services ...int64) {
	w.t.Helper()
	w.await("end of the changes", 90*time.Second, func() bool {
		for _, id := range services {
			if w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_runs WHERE service_id = ? AND action = 'change_package' AND result <> 'running'", id) == "0" {
				return false
			}
		}
		return true
	})
	w.awaitIdle()
}

// Whatever a service changes to is what its guest becomes, and it is stopped only where that cannot be helped: hundreds of
// pairs, in chains, since a guest that has changed before is another starting point than a fresh one.
func TestChangeProperty_theGuestBecomesWhatIsWanted(t *testing.T) {
	t.Parallel()
	const machines, rounds, pairs = 84, 7, 500
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t, crowd)
	w.conns = 20
	w.roomy()
	w.lease = speed * 10 * time.Second // a machine that is busy with 84 guests renews late
	before := w.guests()
	is := map[int64]wish{}
	var services []int64
	for range machines {
		want := randomChange(r).from
		settings, err := json.Marshal(want)
		must(t, err)
		id := w.order(string(settings))
		is[id], services = want, append(services, id)
	}
	w.newProcess(nil, services...)
	w.awaitAll(patience, services...)
	w.awaitIdle()
	seen := map[change]bool{}
	for round := range rounds {
		changes := map[int64]change{}
		for _, id := range services {
			c := changeFrom(r, is[id])
			changes[id], seen[c], is[id] = c, true, c.result()
		}
		w.changeAll(changes, round+1)
	}
	if len(seen) < pairs {
		t.Errorf("%d different pairs, want %d", len(seen), pairs)
	}
	w.checkOnce(before, services...)
	if failed := w.db.Text(t, "SELECT COALESCE(GROUP_CONCAT(label, ': ', result), '') FROM kvmbridge_run_steps WHERE result <> 'success'"); failed != "" {
		t.Errorf("steps stood on the way: %s", failed)
	}
}

// changeAll makes the round-th change of all services and compares what comes of it.
func (w *world) changeAll(changes map[int64]change, round int) {
	w.t.Helper()
	before := w.power()
	since := w.db.Text(w.t, "SELECT COALESCE(MAX(id), 0) FROM kvmbridge_runs")
	w.db.Exec(w.t, "DELETE FROM tblhostingconfigoptions") // of the last round
	for id, c := range changes {
		w.setProduct(id, c.to)
		if c.drop {
			w.db.Option(w.t, id, "Additional Disk", "0|none")
		}
		must(w.t, w.desk.ChangePackage(w.t.Context(), id))
	}
	w.await("end of the changes", 90*time.Second, func() bool {
		return w.db.Text(w.t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE kind = 'mail' AND subject = 'puqProxmoxKVM Upgrade Email'") == strconv.Itoa(round*len(changes))
	})
	w.awaitIdle()
	after := w.power()
	for id, c := range changes {
		vmid := w.machine(id).VMID
		w.checkChange(id, c, since, after[vmid].off-before[vmid].off, after[vmid].on-before[vmid].on)
		w.checkUpgradeMails(id, strconv.Itoa(round))
	}
}

// switched is how often a guest's power was switched.
type switched struct{ off, on int }

// power counts by VM id.
func (w *world) power() map[int]switched {
	count := map[int]switched{}
	for _, task := range w.sim.Tasks() {
		vmid, _ := strconv.Atoi(task.ID)
		n := count[vmid]
		switch task.Type {
		case "qmshutdown", "qmstop":
			n.off++
		case "qmstart":
			n.on++
		}
		count[vmid] = n
	}
	return count
}

// checkChange judges one change; since is the last run before it. A run that was cut short goes on in another one.
func (w *world) checkChange(id int64, c change, since string, off, on int) {
	w.t.Helper()
	if diff := w.compare(id, c.result()); len(diff) > 0 {
		w.t.Errorf("service %d from %+v to %+v, drop %t: %s", id, c.from, c.to, c.drop, strings.Join(diff, "; "))
	}
	want := 0
	if c.stops() {
		want = 1
	}
	if off != want || on != want {
		w.t.Errorf("service %d from %+v to %+v, drop %t: %d stops and %d starts, want %d of each", id, c.from, c.to, c.drop, off, on, want)
	}
	if c.to.System.Size > 0 && c.to.System.Size < max(c.from.System.Size, 10) {
		got := w.db.Text(w.t, `SELECT COALESCE(MAX(skip), '') FROM kvmbridge_run_steps WHERE label = 'Resize system disk'
			AND run_id IN (SELECT id FROM kvmbridge_runs WHERE service_id = ? AND id > ?)`, id, since)
		if !strings.Contains(got, "shrink not allowed") {
			w.t.Errorf("service %d: the log says %q of a disk that shrinks from %d to %d", id, got, c.from.System.Size, c.to.System.Size)
		}
	}
}

func TestChange_withoutADifferenceWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.sim.ForgetRequests()
	w.calls.Store(0)
	if err := w.desk.ChangePackage(t.Context(), m.ServiceID); err != nil {
		t.Fatal(err)
	}
	w.awaitChange(m.ServiceID)
	for _, r := range w.sim.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s for nothing", r.Method, r.Path)
		}
	}
	if n := w.calls.Load(); n > 6 {
		t.Errorf("%d calls, want at most 6", n)
	}
	w.checkModest(m.ServiceID, "pve2")
}

// A change that comes while a VM is built, or while another change is under way, is remembered; of several the last counts.
func TestChange_isRememberedAndCollapses(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]pipeline.State{"during a deploy": vm.SetCPURAM, "during a change": vm.CPCPURAM} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.order(modest(10_000))
			ask := func(cores string) {
				w.product(id, `"cpu":2`, `"cpu":`+cores)
				w.product(id, `"cpu":3`, `"cpu":`+cores)
				if err := w.desk.ChangePackage(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
			w.newProcess(once(at, func(*vm.Machine) { ask("3"); ask("4") }), id)
			want := "1"
			if at == vm.CPCPURAM {
				w.awaitStatus(id, vm.Ready)
				w.awaitIdle()
				want = "2"
				if err := w.desk.ChangePackage(t.Context(), id); err != nil {
					t.Fatal(err)
				}
			}
			w.await("last change", 40*time.Second, func() bool {
				g, _ := w.sim.Guest(10_000)
				return g.Config["cores"] == "4" && g.Running && w.machine(id).Status == vm.Ready
			})
			w.awaitIdle()
			if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_runs WHERE action = 'change_package'"); n != want {
				t.Errorf("%s changes were made, want %s", n, want)
			}
			w.checkUpgradeMails(id, want)
			w.checkMails(id, 1)
		})
	}
}

func TestChange_isRefusedToWhatIsNoMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	sentence(t, w.desk.ChangePackage(t.Context(), w.service()), "has no VM", "Create")
	m := w.deploy(modest(10_000))
	w.terminate(m.ServiceID, vm.Removed)
	sentence(t, w.desk.ChangePackage(t.Context(), m.ServiceID), "remove")
}
