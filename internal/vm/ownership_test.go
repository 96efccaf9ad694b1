package vm_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// api calls Proxmox as somebody else with the same rights would.
func (w *world) api(method, path string, pairs ...string) {
	w.t.Helper()
	w.fetch(method, path, pairs...)
}

// fetch is api with the answer.
func (w *world) fetch(method, path string, pairs ...string) []byte {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.srv.URL()+"/api2/json"+path, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "PVEAPIToken="+pvesim.DemoTokenID+"="+pvesim.DemoTokenSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} // the simulator's certificate is made up
	res, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || err != nil {
		w.t.Fatalf("%s %s: %s, %v", method, path, res.Status, err)
	}
	return body
}

// once does something right after the settlement that reaches a status.
func once(at pipeline.State, do func(m *vm.Machine)) settler {
	done := false
	return func(m *vm.Machine, e pipeline.Entry, commit func() error) error {
		err := commit()
		if e.To == at && !done && err == nil {
			done = true
			do(m)
		}
		return err
	}
}

func intruder(vmid int, node string) pvesim.GuestConfig {
	return pvesim.GuestConfig{VMID: vmid, Node: node, Running: true, Config: map[string]string{"name": "payroll", "scsi0": "local-lvm:4", "net0": "virtio,bridge=vmbr0"}}
}

func TestOwner_takesTheNextIDWhenSomebodyTookItMeanwhile(t *testing.T) {
	t.Parallel()
	for _, node := range []string{"pve1", "pve3"} {
		t.Run(node, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.order(modest(10_000))
			w.newProcess(once(vm.SetIP, func(m *vm.Machine) {
				w.sim.AddGuest(intruder(m.VMID, node))
				w.api(http.MethodPost, "/nodes/"+node+"/qemu/10000/firewall/rules", "type", "in", "action", "DROP", "enable", "1")
				w.sim.ForgetRequests()
			}), id)
			m := w.awaitStatus(id, vm.Ready)
			if m.VMID != 10_001 {
				t.Errorf("VM id %d, want the next one, 10001", m.VMID)
			}
			if failed := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_run_steps WHERE result <> 'success'"); failed != "0" {
				t.Errorf("%s steps stood: the next id is taken at once", failed)
			}
			w.checkModest(id, "pve2")
			theirs, ok := w.sim.Guest(10_000)
			if !ok || theirs.Name != "payroll" || theirs.Node != node || !theirs.Running || theirs.Description != "" || len(theirs.Firewall.Rules) != 1 {
				t.Errorf("the other guest is now %+v", theirs)
			}
			w.checkOnce(slices.DeleteFunc(w.guests(), func(g pvesim.GuestView) bool { return g.VMID == m.VMID }), id)
		})
	}
}

func TestOwner_leavesIDsThatAreInUseAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	if m := w.deploy(modest(101)); m.VMID != 102 {
		t.Errorf("VM id %d, want 102: 101 is in use", m.VMID)
	}
	if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_vmid_reservations"); n != "1" {
		t.Errorf("%s ids reserved, want 1: an id in use is not even tried", n)
	}
}

// Whoever waited looks again whose guest it is.
func TestOwner_doesNotTouchAGuestThatTookThePlaceOfOurs(t *testing.T) {
	t.Parallel()
	for _, step := range table(t, "deploy").Steps {
		if step.From == vm.Creation || step.From == vm.SetIP || step.Label == "Configure DNS records" {
			continue // there is no guest yet, or the step has no business with it
		}
		t.Run(string(step.From), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders)
			id := w.order(modest(10_000))
			w.newProcess(once(step.From, func(m *vm.Machine) {
				node := m.Node
				w.sim.RemoveGuest(m.VMID)
				w.sim.AddGuest(intruder(m.VMID, node))
				w.sim.ForgetRequests()
				_ = clock.Sleep(t.Context(), w.clk, 40*time.Second) // as a lane or a task can make a pass wait
			}), id)
			var m vm.Machine
			w.await("refusal", 30*time.Second, func() bool { m = w.machine(id); return m.Failures >= 1 || m.Status == vm.Ready })
			for _, words := range []string{`"payroll"`, m.Name, "will not touch it", "10000"} {
				if !strings.Contains(m.LastError, words) {
					t.Errorf("at %s: %q, want %q in it", m.Status, m.LastError, words)
				}
			}
			if w.activity(id) != 1 || m.Attention == "" {
				t.Errorf("%d activity entries, attention %q", w.activity(id), m.Attention)
			}
			for _, r := range w.sim.Requests() {
				if r.Method != http.MethodGet {
					t.Errorf("%s %s after somebody else's guest was there", r.Method, r.Path)
				}
			}
			w.checkMails(id, 0)
		})
	}
}

func TestOwner_inheritsNothingFromAnEarlierGuestOfItsID(t *testing.T) {
	t.Parallel()
	dhcp := strings.NewReplacer(`"dhcp4":false`, `"dhcp4":true`, `"dhcp6":false`, `"dhcp6":true`).Replace(modest(10_000))
	for name, settings := range map[string]string{"firewall managed": modest(10_000), "dhcp": dhcp} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders, func(c *pvesim.Config) { c.Pools = []string{"resellers"} })
			w.sim.Grant("kvmbridge@pve", "/", append(pvesim.RolePrivs("9.2"), "VM.Config.Network")...)
			w.leaveBehind(10_000)
			id := w.order(settings)
			w.newProcess(nil, id)
			m := w.awaitStatus(id, vm.Ready)
			g, _ := w.sim.Guest(m.VMID)
			if m.VMID != 10_000 || len(g.Pools) != 0 || len(g.Firewall.Rules) != 0 {
				t.Errorf("VM %d in pools %v with rules %v, want 10000 in none with none", m.VMID, g.Pools, g.Firewall.Rules)
			}
			if in := g.Firewall.Options["policy_in"]; g.Firewall.Options["enable"] == "1" && in != "ACCEPT" {
				t.Errorf("firewall options %v of the earlier guest", g.Firewall.Options)
			}
			if set := g.Firewall.IPSets["ipfilter-net0"]; slices.Contains(set, "203.0.113.7") {
				t.Errorf("the address set still holds %v", set)
			}
		})
	}
}

// leaveBehind makes what a removed guest can leave under its id.
func (w *world) leaveBehind(vmid int) {
	w.t.Helper()
	w.sim.AddGuest(intruder(vmid, "pve1"))
	w.api(http.MethodPut, "/pools/resellers", "vms", strconv.Itoa(vmid))
	w.sim.RemoveGuest(vmid)
	fw := "/nodes/pve1/qemu/" + strconv.Itoa(vmid) + "/firewall"
	w.api(http.MethodPost, fw+"/rules", "type", "in", "action", "DROP", "enable", "1")
	w.api(http.MethodPost, fw+"/rules", "type", "out", "action", "REJECT", "enable", "1")
	w.api(http.MethodPut, fw+"/options", "enable", "1", "policy_in", "DROP", "log_level_in", "info")
	w.api(http.MethodPost, fw+"/ipset", "name", "ipfilter-net0")
	w.api(http.MethodPost, fw+"/ipset/ipfilter-net0", "cidr", "203.0.113.7")
}

// A guest that somebody moved to another node is found there and finished.
func TestOwner_followsAGuestThatSomebodyMoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders, func(c *pvesim.Config) { c.Templates[0].Storage = "shared" })
	id := w.order(modest(10_000))
	w.newProcess(once(vm.SetCPURAM, func(m *vm.Machine) {
		w.api(http.MethodPost, "/nodes/"+m.Node+"/qemu/10000/migrate", "target", "pve3")
		w.await("guest on pve3", 10*time.Second, func() bool { g, _ := w.sim.Guest(10_000); return g.Node == "pve3" })
	}), id)
	w.awaitStatus(id, vm.Ready)
	w.checkModest(id, "pve3")
}

// The order moves to another cluster before anything was built there: all of it goes there.
func TestOwner_followsAServiceThatChangedItsServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	w.db.Exec(t, "UPDATE puq_proxmox_kvm_ip_pools SET server_id = server_id + 1000")
	id := w.order(modest(10_000))
	w.newProcess(nil, id)
	w.await("failure", 10*time.Second, func() bool { return w.machine(id).Failures > 0 })
	other := w.db.Server(t, "other")
	w.db.Exec(t, "UPDATE puq_proxmox_kvm_ip_pools SET server_id = ?", other)
	w.db.Exec(t, "UPDATE tblhosting SET server = ? WHERE id = ?", other, id)
	m := w.awaitStatus(id, vm.Ready)
	if m.ServerID != other {
		t.Errorf("the record says server %d, want %d", m.ServerID, other)
	}
	if got := w.db.Text(t, "SELECT CONCAT_WS(' ', (SELECT GROUP_CONCAT(DISTINCT server_id) FROM kvmbridge_ip_allocations WHERE service_id = ?), (SELECT server_id FROM kvmbridge_vmid_reservations WHERE service_id = ?))", id, id); got != strconv.FormatInt(other, 10)+" "+strconv.FormatInt(other, 10) {
		t.Errorf("addresses and VM id are reserved on servers %q, want %d", got, other)
	}
}

// The copy was made but not written down, and somebody moved it: it is still ours, no second one is made.
func TestOwner_findsItsCloneOnAnotherNode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders, func(c *pvesim.Config) { c.Templates[0].Storage = "shared" })
	before := w.guests()
	id := w.order(modest(10_000))
	struck := w.strike(id, "Clone VM", mishap{committed: false, dies: true})
	w.await("death behind the clone", 20*time.Second, struck.Load)
	w.api(http.MethodPost, "/nodes/pve1/qemu/10000/migrate", "target", "pve3")
	w.await("guest on pve3", 10*time.Second, func() bool { g, _ := w.sim.Guest(10_000); return g.Node == "pve3" && g.Lock == "" })
	w.newProcess(nil, id)
	w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	w.checkOnce(before, id)
	w.checkModest(id, "pve3")
}

// Proxmox calls the id taken, and the node does not say whose guest has it: it may be our own copy.
func TestOwner_keepsItsIDWhileItCannotLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bystanders)
	before := w.guests()
	w.sim.Fail(pvesim.Fault{Method: http.MethodPost, Path: "/nodes/pve1/qemu/9000/clone", Times: 1, TaskFails: "unable to create VM 10000: config file already exists"})
	w.sim.Fail(pvesim.Fault{Method: http.MethodGet, Path: "/nodes/pve1/qemu/10000/config", Skip: 1, Times: 3, Status: 595, Reason: "No route to host"})
	id := w.order(modest(10_000))
	w.newProcess(nil, id)
	m := w.awaitStatus(id, vm.Ready)
	w.awaitIdle()
	if m.VMID != 10_000 {
		t.Errorf("VM id %d, want 10000 kept", m.VMID)
	}
	if got := w.said(id, "Clone VM"); !strings.Contains(got, "595") {
		t.Errorf("the log says %q", got)
	}
	w.checkOnce(before, id)
}
