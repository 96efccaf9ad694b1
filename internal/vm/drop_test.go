package vm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// disks lists a guest's data disks and unused volumes.
func (w *world) disks(vmid int) string {
	g, _ := w.sim.Guest(vmid)
	var keys []string
	for _, key := range []string{"scsi0", "scsi1", "scsi2", "scsi5", "unused0", "unused1"} {
		if g.Config[key] != "" {
			keys = append(keys, key)
		}
	}
	return strings.Join(keys, " ")
}

// A disk is taken away with its volume by one write; one whose answer was lost leaves nothing to clean up.
func TestChange_dropsADiskOnceThoughTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.db.Option(t, m.ServiceID, "Additional Disk", "0|none")
	w.sim.Fail(pvesim.Fault{Method: http.MethodPut, Path: "/nodes/*/qemu/10000/config", Times: 1, Drop: pvesim.DropAfter})
	w.sim.ForgetRequests()
	must(t, w.desk.ChangePackage(t.Context(), m.ServiceID))
	w.awaitChange(m.ServiceID)
	w.await("end of the change", 20*time.Second, func() bool { return w.machine(m.ServiceID).Status == vm.Ready })
	if got := w.disks(m.VMID); got != "scsi0" {
		t.Errorf("it has %s, want scsi0 alone", got)
	}
	writes := 0
	for _, r := range w.sim.Requests() {
		if r.Method == http.MethodPut && strings.HasSuffix(r.Path, "/qemu/10000/config") {
			writes++
		}
	}
	if writes != 1 {
		t.Errorf("%d writes, want one", writes)
	}
}

// Beside a disk that somebody added by hand nothing says which one was the service's: neither goes, and the guest runs on.
func TestChange_dropsNoDiskWhereThereAreSeveral(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	m := w.deploy(modest(10_000))
	w.awaitIdle()
	w.api(http.MethodPut, "/nodes/"+m.Node+"/qemu/10000/config", "scsi5", "local-lvm:3")
	w.db.Option(t, m.ServiceID, "Additional Disk", "0|none")
	must(t, w.desk.ChangePackage(t.Context(), m.ServiceID))
	w.await("call for a person", 20*time.Second, func() bool { return w.machine(m.ServiceID).Attention != "" })
	says(t, w.machine(m.ServiceID).Attention, "Additional Disk", "VM 10000", "scsi1, scsi5", "detach")
	if g, _ := w.sim.Guest(m.VMID); w.disks(m.VMID) != "scsi0 scsi1 scsi5" || !g.Running {
		t.Errorf("it has %s and runs=%t, want all three and power", w.disks(m.VMID), g.Running)
	}
	w.api(http.MethodPut, "/nodes/"+m.Node+"/qemu/10000/config", "delete", "scsi5")
	w.awaitStatus(m.ServiceID, vm.Ready)
	w.awaitIdle()
	if got := w.disks(m.VMID); got != "scsi0 unused0" {
		t.Errorf("it has %s, want scsi0 and the volume that was set aside", got)
	}
}
