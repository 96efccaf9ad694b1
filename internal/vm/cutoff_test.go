package vm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

var errAnswerLost = errors.New("the answer of the database was lost")

// cutRegistry carries out what it is asked and loses the first answer.
type cutRegistry struct {
	vm.Registry

	lost atomic.Bool
}

func (c *cutRegistry) Discarded(ctx context.Context, id int64) error {
	err := c.Registry.Discarded(ctx, id)
	if err == nil && !c.lost.Swap(true) {
		return errAnswerLost
	}
	return err
}

// cutNumbers loses the answer to its nth reservation.
type cutNumbers struct {
	vm.Numbers

	n, at atomic.Int64
}

func (c *cutNumbers) Reserve(ctx context.Context, server, service int64, first int, used map[int]bool) (int, error) {
	id, err := c.Numbers.Reserve(ctx, server, service, first, used)
	if err == nil && c.n.Add(1) == c.at.Load() {
		return id, errAnswerLost
	}
	return id, err
}

// A redeploy has given back what the old guest held, and does not know it: nobody writes the old id down again.
func TestRedeploy_thatIsCutOffForgetsTheOldID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	cut := &cutRegistry{Registry: w.store}
	w.steps.Registry = cut
	must(t, w.desk.Redeploy(t.Context(), m.ServiceID))
	w.await("lost answer", patience, func() bool { return cut.lost.Load() && w.machine(m.ServiceID).Failures > 0 })
	if n := w.machine(m.ServiceID).VMID; n != 0 {
		t.Errorf("the record names VM %d, which is nobody's by now", n)
	}
	m = w.awaitStatus(m.ServiceID, vm.Ready)
	w.awaitIdle()
	w.checkRows(m.ServiceID, m.VMID)
	w.checkModest(m.ServiceID, "pve2")
	w.checkForeign(before, map[int]bool{m.VMID: true})
}

// An id of which it is not known whether it is reserved does not stand on the record.
func TestAllocate_writesDownOnlyWhatIsReserved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	cut := &cutNumbers{Numbers: w.store}
	cut.at.Store(1)
	w.steps.Numbers = cut
	id := w.order(modest(10_000))
	w.start(w.engine(w.store, w.steps))
	w.await("lost answer", 20*time.Second, func() bool { return w.machine(id).Failures > 0 || w.machine(id).Status != vm.Creation })
	if m := w.machine(id); m.Status == vm.Creation && m.VMID != 0 {
		t.Errorf("the record names VM %d", m.VMID)
	}
	m := w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.checkRows(id, m.VMID)
}

// The product gets a second disk after the step that makes it was passed over: the next one makes it.
func TestDeploy_makesADiskThatTheProductGotMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(strings.Replace(modest(10_000), `"additional_disk":{"size_gb":10,"read_iops":900},`, "", 1))
	struck := w.strike(id, "Create additional disk", mishap{committed: true, dies: true})
	w.await("mishap", 40*time.Second, struck.Load)
	w.product(id, `"integrations"`, `"additional_disk":{"size_gb":10,"read_iops":900},"integrations"`)
	w.newProcess(nil, id)
	w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.checkModest(id, "pve2")
}

// A guest that is being started when its service is suspended is off in the end.
func TestSuspend_whileTheGuestStarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.sim.SetRunning(m.VMID, false)
	w.api(http.MethodPost, fmt.Sprintf("/nodes/%s/qemu/%d/status/start", m.Node, m.VMID))
	must(t, w.desk.Suspend(t.Context(), m.ServiceID))
	w.awaitQueue(m.ServiceID)
	if !w.isSuspended(m.VMID) {
		g, _ := w.sim.Guest(m.VMID)
		t.Errorf("the guest runs=%t with onboot %s, net0 %s", g.Running, g.Config["onboot"], g.Config["net0"])
	}
}

// A process is stopped, or dies, while Proxmox works on the end of a guest; another one sees it through.
func TestCrash_whileProxmoxWorksOnAnEnd(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"qmshutdown", "qmdestroy"} {
		for _, graceful := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s graceful=%t", kind, graceful), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, crowd)
				before := w.guests()
				id := w.order(modest(10_000))
				p := w.newProcess(nil, id)
				w.awaitStatus(id, vm.Ready)
				must(t, w.desk.Terminate(t.Context(), id))
				p.engine.Wake()
				w.await("task "+kind, 30*time.Second, func() bool { return w.count(kind) > 0 })
				if !graceful {
					_ = p.die()
				}
				p.stop()
				w.newProcess(nil, id)
				w.awaitStatus(id, vm.Removed)
				w.awaitIdle()
				w.checkRemoved(id)
				w.checkForeign(before, map[int]bool{})
				if n := w.count("qmdestroy"); n != 1 {
					t.Errorf("%d deletions, want 1", n)
				}
			})
		}
	}
}
