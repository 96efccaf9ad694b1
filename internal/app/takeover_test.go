package app_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// kvmbridge runs the program on the world's WHMCS, under the account of the sidecar.
func (w *world) kvmbridge(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "kvmbridge", append(args, "--whmcs", w.WHMCS.Dir)...)
	c.Env = append(c.Environ(), "KVMBRIDGE_DB_USER=kvmbridge", "KVMBRIDGE_DB_PASSWORD="+dbPassword)
	out, err := c.CombinedOutput()
	return string(out), err
}

// The first activation takes over what the older extension configured, and says so in WHMCS's activity log.
func TestActivation_takesOverTheOlderExtension(t *testing.T) {
	t.Parallel()
	w := blankWorld(t, playground.Options{Settings: sold})
	server := w.value(t, "SELECT id FROM tblservers LIMIT 1")
	w.exec(t, `CREATE TABLE puq_customization_module_puq_proxmox_kvm_ip_pools (id INT, server_id INT, type VARCHAR(8), bridge VARCHAR(32), vlan INT,
		gateway VARCHAR(64), mask INT, dns1 VARCHAR(64), dns2 VARCHAR(64), address_start VARCHAR(64), address_stop VARCHAR(64))`)
	w.exec(t, "INSERT INTO puq_customization_module_puq_proxmox_kvm_ip_pools VALUES (4, ?, 'IPv4', 'vmbr0', 0, '198.18.7.1', 24, '', '', '198.18.7.2', '198.18.7.99'), (5, ?, 'IPv4', 'vmbr0', 0, '', 24, '', '', '198.18.8.2', '198.18.8.99')",
		server, server)
	needed(t, w.up(t.Context()))
	await(t, "the addon to be activated", func() bool {
		var got verdict
		w.devhost(t, &got, "activate-addon")
		return got.Status == "success"
	}, w.log.tail)
	if got := fmt.Sprint(w.rows(t, "SELECT address_start, gateway FROM puq_proxmox_kvm_ip_pools")); got != "[[198.18.7.2 198.18.7.1]]" {
		t.Errorf("pools: %s", got)
	}
	w.delivered(t)
	const entry = "kvmbridge: taken over from the older tables: 1 of 2 IP pools, 0 of 0 DNS zones, 0 of 0 VM records."
	if got := w.value(t, "SELECT COUNT(*) FROM tblactivitylog WHERE description LIKE ?", entry+"%"); got != "1" {
		t.Errorf("%s entries in the activity log: %v", got, w.rows(t, "SELECT description FROM tblactivitylog"))
	}
	w.devhost(t, nil, "activate-addon")
	out, err := w.kvmbridge(t, "import")
	contains(t, "import after the activation", out, "IP pools: There already are IP pools (1): nothing is added to them.", "VM records: there is nothing to take over.")
	if err != nil {
		t.Errorf("import: %v", err)
	}
	w.exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools")
	out, err = w.kvmbridge(t, "import", "--dry-run")
	contains(t, "dry run", out, "1 would be taken over, 1 left", "take   puq_customization_module_puq_proxmox_kvm_ip_pools row 4: 198.18.7.2 - 198.18.7.99 on vmbr0", "why: The gateway is missing.")
	if err == nil || w.value(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools") != "0" {
		t.Errorf("a dry run that leaves a row: %v", err)
	}
}

// A guest of the reference product changes hands without being touched, and is this module's from then on.
func TestTakeover_guestOfTheReferenceProductLivesAndEndsHere(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	m := w.ready(t, service)
	w.delivered(t)
	w.Sim.SetKey(m.VMID, "description", "built by something else")
	for _, table := range []string{"kvmbridge_vm", "kvmbridge_vmid_reservations", "kvmbridge_ip_allocations", "kvmbridge_runs", "kvmbridge_run_steps", "kvmbridge_secrets"} {
		w.exec(t, "DELETE FROM "+table)
	}
	before, _ := w.Sim.Guest(m.VMID)
	out, err := w.kvmbridge(t, "import")
	contains(t, "import", out, fmt.Sprintf("take   puqProxmoxKVM_vm_info row %d: service %d at \"ready\", VM %d (%s)", service, service, m.VMID, m.Name))
	if err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	after, _ := w.Sim.Guest(m.VMID)
	if fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("the guest was touched:\n%v\n%v", before, after)
	}
	taken, err := w.sidecar.Store().Find(t.Context(), service)
	if err != nil || !taken.Adopted || taken.VMID != m.VMID {
		t.Fatalf("taken over: %+v, %v", taken, err)
	}
	held, err := w.sidecar.Store().Held(t.Context(), service)
	if err != nil || len(held) == 0 {
		t.Errorf("addresses: %v, %v", held, err)
	}
	w.devhost(t, nil, strings.Split(fmt.Sprintf("upgrade\t%d\t--option\tCPU Cores=2", service), "\t")...)
	await(t, "the change", func() bool { g, _ := w.Sim.Guest(m.VMID); return g.Config["cores"] == "2" }, w.log.tail)
	w.ready(t, service)
	if got := w.call(t, "TerminateAccount", service); got != "success" {
		t.Fatalf("Terminate: %s", got)
	}
	await(t, "the end", func() bool {
		_, exists := w.Sim.Guest(m.VMID)
		r, err := w.sidecar.Store().Find(t.Context(), service)
		return err == nil && !exists && r.Status == vm.Removed
	}, w.log.tail)
}
