package vm_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// trouble is something that keeps an order from going on until it is mended.
type trouble struct {
	settings string // "" = modest
	cluster  func(*pvesim.Config)
	// spoil brings the trouble about after the order was taken and returns its cure.
	spoil func(w *world, service int64) (mend func())
	at    pipeline.State // where the machine stays meanwhile
	label string         // of the step that says why
	says  []string       // words of the reason
	calls bool           // somebody has to act: it is on the list of attention, and in the activity log once
}

// product changes the settings of a service's product.
func (w *world) product(service int64, old, new string) {
	w.t.Helper()
	w.db.Exec(w.t, "UPDATE tblproducts SET configoption1 = REPLACE(configoption1, ?, ?) WHERE id = (SELECT packageid FROM tblhosting WHERE id = ?)", old, new, service)
}

func troubles() map[string]trouble {
	return map[string]trouble{
		"service without server": {
			spoil: func(w *world, id int64) func() {
				w.db.Exec(w.t, "UPDATE tblhosting SET server = 0 WHERE id = ?", id)
				return func() { w.db.Exec(w.t, "UPDATE tblhosting SET server = ? WHERE id = ?", w.server, id) }
			},
			at: vm.Creation, label: "Allocate IP", says: []string{"has no server", "server group"}, calls: true,
		},
		"product without template": {
			spoil: func(w *world, id int64) func() {
				w.product(id, `"template":9000`, `"template":0`)
				return func() { w.product(id, `"template":0`, `"template":9000`) }
			},
			at: vm.Creation, label: "Allocate IP", says: []string{"template"}, calls: true,
		},
		"settings that cannot be read": {
			spoil: func(w *world, id int64) func() {
				w.product(id, `{"vm"`, `{{"vm"`)
				return func() { w.product(id, `{{"vm"`, `{"vm"`) }
			},
			at: vm.Creation, label: "Allocate IP", says: []string{"settings"}, calls: true,
		},
		"template missing": {
			spoil: func(w *world, id int64) func() {
				w.product(id, `"template":9000`, `"template":7777`)
				return func() { w.product(id, `"template":7777`, `"template":9000`) }
			},
			at: vm.SetIP, label: "Clone VM", says: []string{"template 7777", "does not exist"}, calls: true,
		},
		"not a template": {
			spoil: func(w *world, id int64) func() {
				w.product(id, `"template":9000`, `"template":5000`)
				return func() { w.product(id, `"template":5000`, `"template":9000`) }
			},
			at: vm.SetIP, label: "Clone VM", says: []string{"template 5000", "not a template"}, calls: true,
		},
		"template without a disk": {
			spoil: func(w *world, id int64) func() {
				w.product(id, `"template":9000`, `"template":9100`)
				w.sim.AddGuest(pvesim.GuestConfig{VMID: 9100, Node: "pve1", Config: map[string]string{"name": "empty", "template": "1", "ide2": "local-lvm:cloudinit"}})
				return func() { w.product(id, `"template":9100`, `"template":9000`) }
			},
			at: vm.SetIP, label: "Clone VM", says: []string{"template 9100 (empty) has no disk"}, calls: true,
		},
		"pool without free address": {
			spoil: func(w *world, _ int64) func() {
				w.db.Exec(w.t, "UPDATE puq_proxmox_kvm_ip_pools SET bridge = CONCAT('x', bridge) WHERE type = 'ipv4'")
				w.db.Exec(w.t, "UPDATE puq_proxmox_kvm_ip_pools SET address_start = '192.0.2.1', address_stop = '192.0.2.1' WHERE type = 'ipv4'") // the gateway alone
				return func() {
					w.db.Exec(w.t, "UPDATE puq_proxmox_kvm_ip_pools SET bridge = 'vmbr0', address_stop = '192.0.2.20' WHERE type = 'ipv4'")
				}
			},
			at: vm.Creation, label: "Allocate IP", says: []string{"IPv4"}, calls: true,
		},
		"storage full, full clone": {
			settings: strings.Replace(modest(10_000), `"cpu":2`, `"clone":"full","cpu":2`, 1),
			spoil: func(w *world, _ int64) func() {
				w.sim.FillStorage("local-lvm", 0)
				return func() { w.sim.FillStorage("local-lvm", 500) }
			},
			at: vm.SetIP, label: "Clone VM", says: []string{"space"}, calls: true,
		},
		"storage full, additional disk": {
			settings: strings.Replace(modest(10_000), `"additional_disk":{`, `"additional_disk":{"storage":"shared",`, 1),
			spoil: func(w *world, _ int64) func() {
				w.sim.FillStorage("shared", 0)
				return func() { w.sim.FillStorage("shared", 500) }
			},
			at: vm.SetSystemDiskBandwidth, label: "Create additional disk", says: []string{"space"}, calls: true,
		},
		"Proxmox unreachable": {
			spoil: func(w *world, _ int64) func() {
				w.sim.SetNodeOnline("pve1", false)
				return func() { w.sim.SetNodeOnline("pve1", true) }
			},
			at: vm.Creation, label: "Allocate IP", says: []string{"no usable answer from Proxmox"},
		},
		"node of the template down": {
			cluster: func(c *pvesim.Config) { c.Templates[0].Node = "pve3" },
			spoil: func(w *world, _ int64) func() {
				w.sim.SetNodeOnline("pve3", false)
				return func() { w.sim.SetNodeOnline("pve3", true) }
			},
			at: vm.SetIP, label: "Clone VM", says: []string{"595"},
		},
		"bridge missing": {
			cluster: func(c *pvesim.Config) { c.Nodes[1].Bridges = []string{"vmbr7"} },
			spoil: func(w *world, _ int64) func() {
				return func() {
					g, _ := w.sim.Guest(10_000)
					w.sim.SetKey(10_000, "net0", strings.Replace(g.Config["net0"], "vmbr0", "vmbr7", 1))
				}
			},
			at: vm.SetCloudInit, label: "Start VM", says: []string{"bridge 'vmbr0' does not exist"}, calls: true,
		},
		"guest locked by a backup": {
			spoil: func(w *world, _ int64) func() {
				w.hook = func(_ *vm.Machine, e pipeline.Entry, commit func() error) error {
					if e.To == vm.Cloned {
						w.sim.SetLock(10_000, "backup")
					}
					return commit()
				}
				return func() { w.sim.SetLock(10_000, "") }
			},
			at: vm.SetDNS, label: "Migrate to target node", says: []string{"VM is locked (backup)"},
		},
		"token without VM.Clone":              withoutPrivilege("VM.Clone", vm.SetIP, "Clone VM"),
		"token without VM.Allocate":           withoutPrivilege("VM.Allocate", vm.SetIP, "Clone VM"),
		"token without Datastore.Allocate":    withoutPrivilege("Datastore.AllocateSpace", vm.SetIP, "Clone VM"),
		"token without VM.Config.CPU":         withoutPrivilege("VM.Config.CPU", vm.Migrated, "Set CPU & RAM"),
		"token without VM.Config.Network":     withoutPrivilege("VM.Config.Network", vm.SetAdditionalDiskBandwidth, "Configure network"),
		"token without VM.Config.Disk":        withoutPrivilege("VM.Config.Disk", vm.SetCPURAM, "Resize system disk"),
		"token without VM.PowerMgmt":          withoutPrivilege("VM.PowerMgmt", vm.SetCloudInit, "Start VM"),
		"token without VM.Audit":              withoutPrivilege("VM.Audit", vm.SetIP, "Clone VM"),
		"token without SDN.Use on the bridge": withoutPrivilege("SDN.Use", vm.SetIP, "Clone VM"),
	}
}

func withoutPrivilege(priv string, at pipeline.State, label string) trouble {
	return trouble{
		spoil: func(w *world, _ int64) func() {
			all := pvesim.RolePrivs("9.2")
			w.sim.Grant("kvmbridge@pve", "/", slices.DeleteFunc(slices.Clone(all), func(p string) bool { return p == priv })...)
			return func() { w.sim.Grant("kvmbridge@pve", "/", all...) }
		},
		at: at, label: label, says: []string{"lacks the privilege", priv}, calls: true,
	}
}

// The machine stays where it is and says why; a person is called once where one is needed; when the cause is gone
// the deploy goes on by itself, and nothing is half-done or double.
func TestBadInput_staysSaysWhyAndGoesOnByItself(t *testing.T) {
	t.Parallel()
	for name, tr := range troubles() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr.try(t)
		})
	}
}

func (tr trouble) try(t *testing.T) {
	t.Helper()
	changes := []func(*pvesim.Config){bystanders}
	if tr.cluster != nil {
		changes = append(changes, tr.cluster)
	}
	w := newWorld(t, changes...)
	before := w.guests()
	if tr.settings == "" {
		tr.settings = modest(10_000)
	}
	id := w.order(tr.settings)
	mend := tr.spoil(w, id)
	w.newProcess(w.hook, id)
	var m vm.Machine
	w.await("second failure", 30*time.Second, func() bool { m = w.machine(id); return m.Failures >= 2 || m.Status == vm.Ready })
	if tr.at != "" && m.Status != tr.at {
		t.Errorf("stays at %q, want %q (%s)", m.Status, tr.at, m.LastError)
	}
	for _, words := range tr.says {
		if !strings.Contains(m.LastError, words) || tr.label != "" && !strings.Contains(w.said(id, tr.label), words) {
			t.Errorf("the reason is %q, the log of %q says %q: want %q in both", m.LastError, tr.label, w.said(id, tr.label), words)
		}
	}
	want := 0
	if tr.calls {
		want = 1
	}
	if n := w.activity(id); n != want || (m.Attention != "") != tr.calls {
		t.Errorf("%d activity entries and attention %q, want %d", n, m.Attention, want)
	}
	w.checkMails(id, 0)
	mend()
	w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.checkOnce(before, id)
	if n := w.activity(id); n != want {
		t.Errorf("%d activity entries in the end, want %d", n, want)
	}
	if m := w.machine(id); m.Attention != "" || m.LastError != "" {
		t.Errorf("ready, and still attention %q, error %q", m.Attention, m.LastError)
	}
}

// A passing trouble in between is no news: the person was called already.
func TestBadInput_callsAPersonOnceWhileOneTroubleHidesAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	id := w.order(strings.Replace(modest(10_000), "9000", "7777", 1))
	w.newProcess(nil, id)
	failing := func(words string) func() bool {
		return func() bool { return strings.Contains(w.machine(id).LastError, words) }
	}
	for range 2 {
		w.await("missing template", 20*time.Second, failing("template 7777"))
		w.sim.SetNodeOnline("pve1", false)
		w.await("silence of Proxmox", 20*time.Second, failing("no usable answer"))
		if m := w.machine(id); m.Attention == "" {
			t.Error("the list of attention forgot that a person is needed")
		}
		w.sim.SetNodeOnline("pve1", true)
	}
	w.await("missing template", 20*time.Second, failing("template 7777"))
	if n := w.activity(id); n != 1 {
		t.Errorf("%d activity entries, want 1", n)
	}
}
