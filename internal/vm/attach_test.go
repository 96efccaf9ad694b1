package vm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// loose is a guest that no service has.
func loose(vmid int, description string) pvesim.GuestConfig {
	return pvesim.GuestConfig{VMID: vmid, Node: "pve1", Config: map[string]string{
		"name": fmt.Sprintf("loose-%d", vmid), "scsi0": "local-lvm:4", "net0": "virtio,bridge=vmbr0", "description": description,
	}}
}

func (w *world) service() int64 {
	return w.db.Service(w.t, w.client, w.db.Product(w.t, standard), w.server)
}

func wantSentence(t *testing.T, what string, err error, says ...string) {
	t.Helper()
	s, ok := errors.AsType[desk.Sentence](err)
	for _, text := range says {
		if !ok || !strings.Contains(string(s), text) {
			t.Errorf("%s: %v, want a sentence with %q", what, err, text)
		}
	}
}

func TestAttach_refusesWhatIsNotFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *pvesim.Config) {
		c.Guests = append(c.Guests, loose(700, "kvmbridge:somewhere:12"), loose(701, "built by hand"))
	})
	free, busy := w.service(), w.order(standard)
	for name, c := range map[string]struct {
		service int64
		vmid    int
		says    []string
	}{
		"no such guest":         {free, 4711, []string{"no VM 4711", "Create it"}},
		"a template":            {free, 9000, []string{"9000", "template"}},
		"another service's":     {free, 700, []string{"loose-700", "kvmbridge:somewhere:12", fmt.Sprintf("service %d", free)}},
		"a service with a VM":   {busy, 701, []string{fmt.Sprintf("Service %d already has a VM", busy), "creation", "VM 701"}},
		"a service of nobody's": {987654, 701, []string{"987654 does not exist"}},
	} {
		wantSentence(t, name, w.desk.Attach(t.Context(), c.service, c.vmid), c.says...)
	}
	if _, err := w.store.Find(t.Context(), free); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("after refusals the service has a record: %v", err)
	}
	if g, _ := w.sim.Guest(700); g.Config["description"] != "kvmbridge:somewhere:12" {
		t.Errorf("the refused guest was changed: %v", g.Config)
	}
}

func TestAttach_makesAGuestTheServicesMachine(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *pvesim.Config) { c.Guests = append(c.Guests, loose(701, "built by hand")) })
	first, second := w.service(), w.service()
	for range 2 {
		if err := w.desk.Attach(t.Context(), first, 701); err != nil {
			t.Fatal(err)
		}
	}
	if m := w.machine(first); m.Status != vm.Ready || m.VMID != 701 || m.Name != "loose-701" || m.Node != "pve1" {
		t.Errorf("machine = %+v, want the guest at ready", m)
	}
	wantSentence(t, "the same guest for another service", w.desk.Attach(t.Context(), second, 701), "loose-701", fmt.Sprintf("service %d", second))
}

func TestClone_isRefusedWhereThereIsAGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantSentence(t, "no record", w.desk.Clone(t.Context(), w.service()), "run Create")
	m := w.deploy(standard)
	wantSentence(t, "a VM that is ready", w.desk.Clone(t.Context(), m.ServiceID), fmt.Sprintf("already has VM %d (%s)", m.VMID, m.Name), "Reinstall")
}
