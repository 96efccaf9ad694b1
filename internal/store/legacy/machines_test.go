package legacy_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// A record that is taken over is a machine like any other: its id and addresses are its own, and orders are taken.
func TestRun_makesMachinesOfRecords(t *testing.T) {
	t.Parallel()
	w := full(t)
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = '{\"10.0.0.6\":\"mail.example.com\"}'")
	w.run(t)
	d := w.Store(t)
	service := int64(1)
	m, err := d.Find(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	if !m.Adopted || m.VMID != 101 || m.ServerID != w.server || m.Status != vm.Ready || m.Attention != "" {
		t.Errorf("machine: %+v", m)
	}
	held, err := d.Held(t.Context(), service)
	if err != nil || len(held) != 2 || held[0].Address.String() != "10.0.0.5" || held[0].Bits != 24 || held[0].Gateway.String() != "10.0.0.1" || held[0].PoolID != 1 {
		t.Errorf("addresses: %+v, %v", held, err)
	}
	if id, err := d.Reserve(t.Context(), w.server, 999, 101, nil); err == nil && id == 101 {
		t.Error("the VM id was given to somebody else")
	}
	if ids, _, err := d.Due(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(ids) != 0 {
		t.Errorf("due: %v, %v", ids, err)
	}
	same(t, "DNS records", w.lines(t, "SELECT name, type, content, state, ours FROM kvmbridge_dns_records WHERE due_at IS NULL"), "vm-1.example.com|A|10.0.0.5|live|1")
	if err := d.Wish(t.Context(), service, vm.ChangePackage); err != nil {
		t.Errorf("change package: %v", err)
	}
	if err := d.Move(t.Context(), service, vm.Terminate); err != nil {
		t.Errorf("terminate: %v", err)
	}
	if ids, _, err := d.Due(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(ids) != 1 {
		t.Errorf("due after the orders: %v, %v", ids, err)
	}
}

func TestRun_leavesWhatContradictsItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool(t, "vmbr0", "10.0.0.2")
	twin1 := w.machine(t, 101, "twin", "ready", "10.0.0.11", "")
	twin2 := w.machine(t, 101, "other", "ready", "10.0.0.12", "")
	sharer1 := w.machine(t, 102, "a", "ready", "10.0.0.13", "")
	sharer2 := w.machine(t, 103, "b", "ready", "", "10.0.0.13")
	none := w.machine(t, nil, "c", "ready", "", "")
	nameless := w.machine(t, 104, "", "ready", "", "")
	strange := w.machine(t, 105, "d", "running", "", "")
	w.record(t, 4711, 106, "e", "ready")
	homeless := w.machine(t, 107, "f", "ready", "", "")
	w.Exec(t, "UPDATE tblhosting SET server = 0 WHERE id = ?", homeless)
	good := w.machine(t, 108, "g", "ready", "10.0.0.14", "")
	r := w.run(t)
	got := left(r.Machines)
	for service, why := range map[int64]string{
		twin1: fmt.Sprintf("VM 101 of server %d is also that of service %d", w.server, twin2), twin2: fmt.Sprintf("is also that of service %d", twin1),
		sharer1: fmt.Sprintf("WHMCS shows 10.0.0.13 at service %d too", sharer2), sharer2: fmt.Sprintf("WHMCS shows 10.0.0.13 at service %d too", sharer1),
		none: "names no VM id", nameless: "names no VM name", strange: `The status "running" is not known.`, 4711: "WHMCS has no service 4711.", homeless: "It names no server.",
	} {
		if line := lineOf(got, service); !strings.Contains(line, why) {
			t.Errorf("service %d: %q, want %q", service, line, why)
		}
	}
	same(t, "machines", w.lines(t, "SELECT service_id FROM kvmbridge_vm"), strconv.FormatInt(good, 10))
	same(t, "reservations", w.lines(t, "SELECT vmid FROM kvmbridge_vmid_reservations"), "108")
	same(t, "addresses", w.lines(t, "SELECT service_id FROM kvmbridge_ip_allocations"), strconv.FormatInt(good, 10))
}

func lineOf(text string, service int64) string {
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(line, fmt.Sprint(service, ": ")) {
			return line
		}
	}
	return ""
}

// Two rows for one service can only be where the table has no key.
func TestRun_leavesAServiceWithTwoRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info DROP PRIMARY KEY, ADD INDEX (service_id)")
	id := w.machine(t, 101, "a", "ready", "", "")
	w.record(t, id, 102, "b", "ready")
	same(t, "left", left(w.run(t).Machines), strings.Repeat(fmt.Sprintf("%d: The table has 2 rows for service %[1]d: delete those that are wrong.\n", id), 2)[:2*len(fmt.Sprintf("%d: The table has 2 rows for service %[1]d: delete those that are wrong.\n", id))-1])
}

// What was under way waits for a person, a suspension goes on, and what is gone holds nothing.
func TestRun_beginsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool(t, "vmbr0", "10.0.0.2")
	halfway := w.machine(t, 101, "a", "set_network", "10.0.0.11", "")
	ending := w.machine(t, 102, "b", "terminate", "10.0.0.12", "")
	gone := w.machine(t, 103, "c", "remove", "10.0.0.13", "")
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id IN (?, ?)", gone, ending)
	heir := w.machine(t, 103, "d", "ready", "10.0.0.13", "")
	off := w.machine(t, 104, "e", "ready", "", "")
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Suspended' WHERE id = ?", off)
	r := w.run(t)
	if len(r.Machines.Left) > 0 {
		t.Errorf("left: %s", left(r.Machines))
	}
	same(t, "rows", w.lines(t, "SELECT service_id, adopted, suspended, attention IS NULL, attention_at IS NULL, wake_at IS NULL FROM kvmbridge_vm ORDER BY service_id"),
		fmt.Sprintf("%d|1|0|0|0|1\n%d|1|0|0|0|1\n%d|0|0|1|1|1\n%d|1|0|1|1|1\n%d|1|1|1|1|1", halfway, ending, gone, heir, off))
	same(t, "addresses", w.lines(t, "SELECT service_id FROM kvmbridge_ip_allocations ORDER BY id"), fmt.Sprintf("%d\n%d\n%d", halfway, ending, heir))
	same(t, "attention", w.Text(t, "SELECT attention FROM kvmbridge_vm WHERE service_id = ?", halfway),
		fmt.Sprintf("It was taken over while it stood at \"set_network\", and nothing has been done to it since. Go on from there with \"kvmbridge vm retry %d --service\", or reset its status.", halfway))
	d := w.Store(t)
	if err := d.Retry(t.Context(), halfway); err != nil {
		t.Fatal(err)
	}
	if ids, _, err := d.Due(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(ids) != 1 || ids[0] != halfway {
		t.Errorf("due after a retry: %v, %v", ids, err)
	}
}

// An address whose network is not known stays as WHMCS shows it: nobody else gets it, and nothing is guessed.
func TestRun_guessesNoNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool(t, "vmbr0", "10.0.0.2")
	w.pool(t, "vmbr1", "10.0.0.50")
	w.LegacyList(t, w.server, "vmbr2|40|198.51.100.20|26|198.51.100.1|9.9.9.9,1.0.0.1")
	id := w.machine(t, 101, "a", "ready", "10.0.0.60", "10.0.0.1 192.0.2.1 198.51.100.20 10.0.0.7")
	r := w.run(t)
	same(t, "addresses", w.lines(t, "SELECT service_id, bridge, vlan, pool_id, prefix_bits FROM kvmbridge_ip_allocations ORDER BY id"),
		fmt.Sprintf("%d|vmbr2|40|0|26\n%d|vmbr0|0|1|24", id, id))
	if len(r.Machines.Taken) != 1 {
		t.Fatalf("left: %s", left(r.Machines))
	}
	notes := strings.Join(r.Machines.Taken[0].Notes, "\n")
	same(t, "notes", notes, fmt.Sprintf(`10.0.0.60 lies in pools of several networks of server %d, so that its own is not known: it stays with the service as WHMCS shows it.
10.0.0.1 lies in no pool of server %[1]d: it stays with the service as WHMCS shows it.
192.0.2.1 lies in no pool of server %[1]d: it stays with the service as WHMCS shows it.`, w.server))
}

// An address that staff keep back goes on to be the guest's that has it, with their note.
func TestRun_takesAnAddressThatIsKeptBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pool(t, "vmbr0", "10.0.0.2")
	w.Exec(t, `INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at, note)
		VALUES (?, 'vmbr0', 0, INET6_ATON('10.0.0.7'), 0, 1, 24, INET6_ATON('10.0.0.1'), '', NOW(), 'abuse case')`, w.server)
	id := w.machine(t, 101, "a", "ready", "10.0.0.7", "10.0.0.8")
	same(t, "left", left(w.run(t).Machines), "")
	same(t, "addresses", w.lines(t, "SELECT service_id, INET6_NTOA(address), note FROM kvmbridge_ip_allocations ORDER BY id"),
		fmt.Sprintf("%d|10.0.0.7|abuse case\n%d|10.0.0.8|<nil>", id, id))
}
