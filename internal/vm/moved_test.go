package vm_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// A guest that is moved between two looks costs one more try, and nobody is called.
func TestMoved_betweenTwoLooksIsTriedAgain(t *testing.T) {
	t.Parallel()
	const gone = "Configuration file 'nodes/pve2/qemu-server/10000.conf' does not exist"
	for name, f := range map[string]pvesim.Fault{
		"before its status is read": {Method: http.MethodGet, Path: "/nodes/*/qemu/10000/status/current", Times: 1, Status: 500, Reason: gone},
		"before it is changed":      {Method: http.MethodPut, Path: "/nodes/*/qemu/10000/config", Times: 1, Status: 500, Reason: gone},
		"before it is started":      {Method: http.MethodPost, Path: "/nodes/*/qemu/10000/status/start", Times: 1, TaskFails: gone},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.deploy(modest(10_000)).ServiceID
			w.awaitIdle()
			w.product(id, `"cpu":2`, `"cpu":3`)
			w.sim.Fail(f)
			must(t, w.desk.ChangePackage(t.Context(), id))
			w.awaitChange(id)
			w.await("end of the change", 20*time.Second, func() bool { return w.machine(id).Status == vm.Ready })
			w.awaitIdle()
			if g, _ := w.sim.Guest(10_000); g.Config["cores"] != "3" || !g.Running {
				t.Errorf("it has %s cores and runs=%t", g.Config["cores"], g.Running)
			}
			if text := w.entries(id); text != "" {
				t.Errorf("WHMCS was told %q", text)
			}
			if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_run_steps WHERE result LIKE '%does not exist%'"); n != "1" || strings.Contains(w.machine(id).LastError, gone) {
				t.Errorf("%s tries failed, want one", n)
			}
		})
	}
}
