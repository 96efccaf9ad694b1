package vm_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// village is a storm without weather: services of every sort, each at rest.
type village struct {
	*storm

	ready, changed, suspended, ended *account
}

func newVillage(t *testing.T) village {
	t.Helper()
	s := newStorm(t, 7, 4, func(c *pvesim.Config) { c.Durations = pvesim.NoDurations() })
	v := village{s, s.accounts[0], s.accounts[1], s.accounts[2], s.accounts[3]}
	s.families[0][0].want.Network.IPv4, s.families[1][0].want.Network.IPv4 = 1, 2
	for i, p := range []listed{s.families[0][0], s.families[1][0]} {
		s.setProduct(s.accounts[i].id, p.want)
	}
	s.spawn()
	each := func(do func(*account) error, list ...*account) {
		for _, a := range list {
			must(t, do(a))
		}
		s.calm(func() {})
	}
	each(func(a *account) error { return s.create(a, nil) }, s.accounts...)
	each(func(a *account) error {
		return s.ask(a, func() error { return s.desk.ChangePackage(t.Context(), a.id) }, orderChange)
	}, v.changed)
	each(func(a *account) error { return s.suspend(a, nil) }, v.suspended)
	each(func(a *account) error { return s.end(a, nil) }, v.ended)
	each(func(a *account) error {
		return s.ask(a, func() error { return s.desk.ChangePassword(t.Context(), a.id, "Another-Secret-9") }, orderPassword)
	}, v.ready)
	return v
}

// damage is what must not pass unnoticed.
type damage struct {
	breaks string // name of the invariant
	do     func(v village)
}

func damages() []damage {
	sql := func(query string, of func(v village) *account) func(v village) {
		return func(v village) { v.db.Exec(v.t, query, of(v).id) }
	}
	ready := func(v village) *account { return v.ready }
	changed := func(v village) *account { return v.changed }
	suspended := func(v village) *account { return v.suspended }
	ended := func(v village) *account { return v.ended }
	const again = "INSERT INTO kvmbridge_outbox (service_id, kind, subject, vars, created_at) SELECT service_id, kind, subject, vars, created_at FROM kvmbridge_outbox WHERE service_id = ? AND "
	return []damage{
		{"the guest is what is wanted", func(v village) { v.sim.SetKey(v.guestOf(v.ready), "cores", "99") }},
		{"the guest is what is wanted", func(v village) { v.sim.SetRunning(v.guestOf(v.changed), false) }},
		{"a suspended guest is off", func(v village) { v.sim.SetRunning(v.guestOf(v.suspended), true) }},
		{"no guest without a service", func(v village) { v.stranger(7000, vm.Mark(v.instance(), v.ended.id)) }},
		{"no guest without a service", func(v village) { v.stranger(7001, "") }},
		{"one guest per live service", func(v village) { v.stranger(7002, vm.Mark(v.instance(), v.ready.id)) }},
		{"one guest per live service", func(v village) { v.sim.RemoveGuest(v.guestOf(v.suspended)) }},
		{"no disk without a guest", func(v village) {
			v.api(http.MethodPost, "/nodes/pve1/storage/local-lvm/content", "vmid", "7777", "filename", "vm-7777-disk-0", "size", "1G")
		}},
		{"no foreign guest touched", func(v village) { v.sim.SetKey(101, "name", "mine") }},
		{"no foreign guest touched", func(v village) { v.sim.SetRunning(101, false) }},
		{"no foreign guest touched", func(v village) { v.sim.RemoveGuest(101) }},
		{"no foreign guest touched", func(v village) { v.api(http.MethodPost, "/nodes/pve1/qemu/5000/status/stop") }},
		{"no address twice", func(v village) {
			v.db.Exec(v.t, "UPDATE tblhosting a JOIN tblhosting b ON b.id = ? SET a.dedicatedip = b.dedicatedip WHERE a.id = ?", v.ready.id, v.changed.id)
		}},
		{"no address twice", func(v village) {
			g, _ := v.sim.Guest(v.guestOf(v.ready))
			v.sim.SetKey(v.guestOf(v.changed), "ipconfig0", g.Config["ipconfig0"])
		}},
		{"no address twice", sql(`INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)
			SELECT server_id, bridge, 99, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at FROM kvmbridge_ip_allocations WHERE service_id = ? LIMIT 1`, ready)},
		{"addresses are those of the service", sql("UPDATE tblhosting SET assignedips = '' WHERE id = ?", changed)},
		{"one VM id per live service", sql("DELETE FROM kvmbridge_vmid_reservations WHERE service_id = ?", ready)},
		{"one VM id per live service", sql("INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (1, 8000, ?, NOW())", ended)},
		{"a suspended guest is off", sql("UPDATE kvmbridge_vm SET suspended = 1 WHERE service_id = ?", changed)},
		{"what has ended is empty", sql("INSERT INTO kvmbridge_secrets (purpose, ref_id, sealed, saved_at) VALUES ('guest_password', ?, '', NOW())", ended)},
		{"what has ended is empty", sql("UPDATE puqProxmoxKVM_vm_info SET vm_status = 'error_terminate' WHERE service_id = ?", ended)},
		{"nothing is left to do", sql("UPDATE kvmbridge_runs SET result = 'running' WHERE service_id = ?", ready)},
		{"nothing is left to do", sql("UPDATE kvmbridge_vm SET task = 'UPID:x' WHERE service_id = ?", ready)},
		{"nothing is left to do", sql("UPDATE kvmbridge_vm SET lease_holder = 'nobody' WHERE service_id = ?", ready)},
		{"no queue is left", sql("INSERT INTO kvmbridge_jobs (service_id, job, asked_at) VALUES (?, 'grow', NOW())", ready)},
		{"no queue is left", sql("UPDATE kvmbridge_vm SET wish = 'change_package' WHERE service_id = ?", suspended)},
		{"each effect exactly once", sql(again+"kind = 'activity'", ended)},
		{"each end is told once", sql(again+"kind = 'activity'", ended)},
		{"each effect exactly once", sql("DELETE FROM kvmbridge_outbox WHERE kind = 'mail' AND subject = '"+readyMail+"' AND service_id = ?", suspended)},
		{"each mail goes back to an order", sql(again+"kind = 'mail' AND subject = '"+readyMail+"'", ready)},
		{"each mail goes back to an order", sql(again+"kind = 'mail' AND subject = '"+upgradeMail+"'", changed)},
		{"each mail goes back to an order", sql("DELETE FROM kvmbridge_outbox WHERE kind = 'mail' AND service_id = ?", changed)},
		{"each new password is told once", sql("DELETE FROM kvmbridge_outbox WHERE kind = 'password' AND service_id = ?", ready)},
	}
}

func (v village) stranger(vmid int, description string) {
	v.sim.AddGuest(pvesim.GuestConfig{VMID: vmid, Node: "pve1", Config: map[string]string{"name": "stranger", "description": description}})
}

// Nothing is amiss at rest, and every invariant notices what breaks it, beside all the damage before.
func TestInvariants_noticeEveryDamage(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	before := v.count().broken()
	if len(before) > 0 {
		t.Fatalf("broken at rest: %v", before)
	}
	covered := map[string]bool{}
	for i, d := range damages() {
		covered[d.breaks] = true
		d.do(v)
		now := v.count().broken()
		fresh := func(line string) bool { return !slices.Contains(before[d.breaks], line) }
		if !slices.ContainsFunc(now[d.breaks], fresh) {
			t.Errorf("damage %d of %q is unnoticed; there is %v", i, d.breaks, now)
		}
		before = now
	}
	for _, i := range invariants() {
		if !covered[i.name] {
			t.Errorf("nothing breaks %q on purpose", i.name)
		}
	}
}
