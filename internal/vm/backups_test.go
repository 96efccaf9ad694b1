package vm_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// back makes a backup of a guest as somebody would by hand.
func (w *world) back(vmid int, node string, protected bool) {
	w.t.Helper()
	w.backUp(vmid, node, "protected", map[bool]string{true: "1", false: "0"}[protected])
}

// backUp makes a backup of a guest with further parameters.
func (w *world) backUp(vmid int, node string, pairs ...string) {
	w.t.Helper()
	n := w.count("vzdump")
	w.api(http.MethodPost, "/nodes/"+node+"/vzdump", append(pairs, "vmid", strconv.Itoa(vmid), "storage", "shared")...)
	w.await("backup", 20*time.Second, func() bool {
		tasks := w.sim.Tasks()
		return w.count("vzdump") > n && tasks[len(tasks)-1].ExitStatus != ""
	})
}

func (w *world) listBackups(vmid int) []hypervisor.Backup {
	w.t.Helper()
	list, err := w.connect(w.srv).Backups(w.t.Context(), "pve1", "shared", vmid)
	must(w.t, err)
	return list
}

// backups counts the guest's backups.
func (w *world) backups(vmid int) int {
	w.t.Helper()
	return len(w.listBackups(vmid))
}

// newest is the volume of the last backup.
func (w *world) newest(vmid int) string {
	w.t.Helper()
	list := w.listBackups(vmid)
	return list[len(list)-1].Volume
}

// told collects what is told of terminations.
func (w *world) told() func() string {
	var mu sync.Mutex
	var b strings.Builder
	w.steps.Tell = func(_ *vm.Machine, line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&b, line)
	}
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return b.String()
	}
}

func backedUp(settings string) string {
	return strings.Replace(settings, `"integrations":{`, `"integrations":{"backup_storage":"shared",`, 1)
}

// Backups go with their guest. Those of other guests that had its id, here before it or in another cluster on the same
// storage, stay, and so do protected ones.
func TestTerminate_removesOnlyProvenBackups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	lines := w.told()
	w.sim.AddGuest(intruder(10_000, "pve1"))
	w.back(10_000, "pve1", false)
	stay := map[string]bool{w.newest(10_000): true}
	w.sim.RemoveGuest(10_000)
	_ = clock.Sleep(t.Context(), w.clk, 2*time.Second)
	m := w.deploy(backedUp(modest(10_000)))
	if m.VMID != 10_000 {
		t.Fatalf("VM id %d, want 10000 again", m.VMID)
	}
	mark := vm.Mark(w.instance(), m.ServiceID)
	described := func(text string) { w.sim.SetKey(m.VMID, "description", text) }
	for _, b := range []struct {
		inside, notes string
		stays         bool
	}{
		{mark, "", false},
		{mark, "before the upgrade", false},
		{"", "{{guestname}} " + mark, false},
		{mark, "{{guestname}} kvmbridge:elsewhere:7", true},
		{"kvmbridge:elsewhere:7", "", true},
		{"kvmbridge:elsewhere:7", "{{guestname}}", true},
		{mark + "0", "", true},
		{"", mark + "0", true},
	} {
		described("somebody's words: 100%\n" + b.inside)
		w.backUp(m.VMID, m.Node, "notes-template", b.notes)
		stay[w.newest(m.VMID)] = b.stays
	}
	described(mark)
	w.back(m.VMID, m.Node, true)
	stay[w.newest(m.VMID)] = true
	if len(stay) != 10 {
		t.Fatalf("%d backups, want 10", len(stay))
	}
	w.terminate(m.ServiceID, vm.Removed)
	w.checkRemoved(m.ServiceID)
	left := map[string]bool{}
	for _, b := range w.listBackups(m.VMID) {
		left[b.Volume] = true
		if !b.Protected {
			says(t, lines(), b.Volume+" kept: nothing says that it is of this VM")
		}
	}
	for volume, stays := range stay {
		if left[volume] != stays {
			t.Errorf("%s is left: %t, want %t", volume, left[volume], stays)
		}
	}
	says(t, lines(), "removing backups", "backups removed")
}

// Of a guest that was taken over older backups are its own, too: id and name say so, as they do of the guest.
func TestTerminate_backupsOfAnAdoptedGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders, func(c *pvesim.Config) { c.Guests = append(c.Guests, loose(10_000, "made by hand")) })
	w.back(10_000, "pve1", false)
	own := w.newest(10_000)
	w.sim.SetKey(10_000, "name", "another")
	w.back(10_000, "pve1", false)
	w.sim.SetKey(10_000, "name", "loose-10000")
	service := w.db.Service(t, w.client, w.db.Product(t, backedUp(standard)), w.server)
	must(t, w.desk.Attach(t.Context(), service, 10_000))
	w.start(w.engine(w.store, w.steps))
	w.terminate(service, vm.Removed)
	if left := w.listBackups(10_000); len(left) != 1 || left[0].Volume == own {
		t.Errorf("left are %+v, want that of the other name", left)
	}
}

// A backup that nobody can look into is kept.
func TestTerminate_keepsWhatCannotBeLookedInto(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	lines := w.told()
	m := w.deploy(backedUp(modest(10_000)))
	w.back(m.VMID, m.Node, false)
	w.sim.Fail(pvesim.Fault{Method: http.MethodGet, Path: "/nodes/*/vzdump/extractconfig", Status: 500, Reason: "unable to extract configuration"})
	w.terminate(m.ServiceID, vm.Removed)
	w.checkRemoved(m.ServiceID)
	if w.backups(m.VMID) != 1 {
		t.Error("the backup is gone")
	}
	says(t, lines(), "kept: nobody can tell whose it is", "unable to extract configuration")
}

// Nothing of a backup that cannot be removed keeps a guest alive.
func TestTerminate_doesNotStumbleOverBackups(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]pvesim.Fault{
		"list refused":   {Method: http.MethodGet, Path: "/nodes/*/storage/shared/content", Status: 403, Reason: "Permission check failed"},
		"delete refused": {Method: http.MethodDelete, Path: "/nodes/*/storage/shared/content/**", Status: 500, Reason: "cannot remove"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			m := w.deploy(strings.Replace(modest(10_000), `"integrations":{`, `"integrations":{"backup_storage":"shared",`, 1))
			w.back(m.VMID, m.Node, false)
			w.sim.Fail(fault)
			w.terminate(m.ServiceID, vm.Removed)
			w.checkRemoved(m.ServiceID)
		})
	}
}
