package legacy_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/store/legacy"
	"github.com/kvmbridge/kvmbridge/schema"
)

// full is a world with something of every kind to take over.
func full(t *testing.T) world {
	t.Helper()
	w := newWorld(t)
	w.poolsLong(t)
	w.zonesLong(t)
	w.Exec(t, "INSERT INTO "+longPools+` (server_id, type, bridge, vlan, gateway, mask, address_start, address_stop)
		VALUES (?, 'IPv4', 'vmbr0', 0, '10.0.0.1', 24, '10.0.0.2', '10.0.0.99')`, w.server)
	w.Exec(t, "INSERT INTO "+longZones+` (zone, type, ttl, config) VALUES ('example.com', 'powerdns', 600, '{"server":"https://dns.example.net:8081","api_key":"k"}')`)
	w.machine(t, 101, "vm-1", "ready", "10.0.0.5", "10.0.0.6")
	return w
}

// counts is how many rows each table of ours has.
func (w world) counts(t *testing.T) string {
	t.Helper()
	var lines []string
	for _, table := range schema.AllTables() {
		lines = append(lines, table+" "+w.Text(t, "SELECT COUNT(*) FROM `"+table+"`"))
	}
	return strings.Join(lines, "\n")
}

const everything = "taken over from the older tables: 1 of 1 IP pools, 1 of 1 DNS zones, 1 of 1 VM records."

func TestPreview_saysWhatRunDoesAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := full(t)
	before := w.counts(t)
	r, err := w.importer.Preview(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "tables after the preview", w.counts(t), before)
	same(t, "preview", r.Summary(), everything)
	if !r.Preview {
		t.Error("the report does not say that it is a preview")
	}
	same(t, "run", w.run(t).Summary(), everything)
}

func TestRun_takesNothingTwice(t *testing.T) {
	t.Parallel()
	w := full(t)
	w.run(t)
	before := w.counts(t)
	r := w.run(t)
	same(t, "tables after another run", w.counts(t), before)
	same(t, "pools", r.Pools.Passed, "There already are IP pools (1): nothing is added to them.")
	same(t, "zones", r.Zones.Passed, "There already are DNS zones (1): nothing is added to them.")
	if r.Machines.Taken == nil || len(r.Machines.Taken)+len(r.Machines.Left) != 0 {
		t.Errorf("machines: %+v", r.Machines)
	}
}

// What was deleted on purpose does not come back when the addon is updated; who asks for it gets it.
func TestActivation_bringsDeletedPoolsBackNever(t *testing.T) {
	t.Parallel()
	w := full(t)
	activate := func() legacy.Report {
		r, err := w.importer.Activation(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	same(t, "first activation", activate().Summary(), everything)
	w.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools")
	r := activate()
	same(t, "second activation", r.Summary(), "taken over from the older tables: 0 of 0 IP pools, 0 of 0 DNS zones, 0 of 0 VM records.")
	if !strings.Contains(r.Pools.Passed, "when the addon was first activated") {
		t.Errorf("passed: %q", r.Pools.Passed)
	}
	same(t, "asked for", w.run(t).Pools.Tables[0], longPools)
	same(t, "pools", w.Text(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools"), "1")
	same(t, "entries of the activity log", w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"), "2")
}

func TestActivation_withoutOlderTablesIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := w.importer.Activation(t.Context())
	if err != nil || r.Found() {
		t.Fatalf("%+v, %v", r, err)
	}
	same(t, "entries of the activity log", w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"), "0")
}

func TestRun_ofManyReplicasIsOne(t *testing.T) {
	t.Parallel()
	w := full(t)
	for i := range 30 {
		w.machine(t, 200+i, "many", "ready", "", "")
	}
	var wg sync.WaitGroup
	faults := make([]error, 6)
	for i := range faults {
		replica := w.replica(t)
		wg.Go(func() { _, faults[i] = replica.Activation(t.Context()) })
	}
	wg.Wait()
	for _, err := range faults {
		if err != nil {
			t.Error(err)
		}
	}
	same(t, "rows", w.lines(t, `SELECT (SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools), (SELECT COUNT(*) FROM puq_proxmox_kvm_dns_zones),
		(SELECT COUNT(*) FROM kvmbridge_vm), (SELECT COUNT(*) FROM kvmbridge_vmid_reservations), (SELECT COUNT(*) FROM kvmbridge_ip_allocations),
		(SELECT COUNT(*) FROM kvmbridge_outbox)`), "1|1|31|31|2|1")
}
