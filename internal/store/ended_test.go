package store_test

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// belongings is what a guest has as long as it may exist.
func belongings(t *testing.T, w world) string {
	t.Helper()
	return w.Text(t, `SELECT CONCAT_WS('|', (SELECT COUNT(*) FROM kvmbridge_ip_allocations), (SELECT COUNT(*) FROM kvmbridge_vmid_reservations),
		(SELECT COUNT(*) FROM kvmbridge_secrets), (SELECT COUNT(*) FROM kvmbridge_jobs), COALESCE(v.wish, ''), v.node,
		COALESCE(i.vm_id, ''), COALESCE(i.vm_name, ''), COALESCE(i.vm_net0_mac, ''), COALESCE(i.vm_rev_dns, ''), i.vm_status, h.dedicatedip, h.assignedips, h.domain)
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id JOIN tblhosting h ON h.id = v.service_id WHERE v.service_id = ?`, w.service)
}

const nothing = "0|0|0|0||||||{}|remove|||"

// terminating is a machine with a job and a wish left whose removal was just carried out.
func terminating(t *testing.T, opts ...func(*store.Config)) (world, *store.DB, *stopped, pipeline.Lease, *vm.Machine, pipeline.Run) {
	t.Helper()
	w, d, c := readyAt(t)
	must(t, d.Ask(t.Context(), w.service, vm.JobStop), d.Move(t.Context(), w.service, vm.Terminate))
	d = w.Store(t, append(opts, withClock(c))...)
	w.Exec(t, "UPDATE kvmbridge_vm SET wish = 'change_package'")
	l, m, _ := claim(t, d, w.service, c.now)
	run, err := d.Begin(t.Context(), l, "terminate", vm.Terminate, c.now)
	must(t, err)
	m.Gone = true
	m.Entries = []string{"VM 101 terminated successfully"}
	m.Notes = []vm.Note{{Action: "terminate", Text: "done \xff"}}
	return w, d, c, l, m, run
}

func TestSettle_ofAGuestThatIsGoneFreesEverythingTogether(t *testing.T) {
	t.Parallel()
	w, d, c, l, m, run := terminating(t)
	ctx := t.Context()
	must(t, d.Settle(ctx, l, &run, m, entry(1, vm.Terminate, vm.Removed, c.now)))
	if got := belongings(t, w); got != nothing {
		t.Errorf("left = %s, want %s", got, nothing)
	}
	if m.VMID != 0 || m.Gone || m.Entries != nil || m.Notes != nil || m.Status != vm.Removed {
		t.Errorf("machine = %+v, want it emptied", m)
	}
	must(t, d.Note(ctx, l, m)) // nothing comes back by a late write
	end(t, d, l, &run, m, c.now)
	if got := belongings(t, w); got != nothing || due(t, d, c.now.Add(time.Hour)) {
		t.Errorf("left after the end = %s, want nothing and not due", got)
	}
	effects, _, err := d.Pending(ctx, c.now.Add(time.Minute), 10)
	must(t, err)
	var got []string
	for _, e := range effects {
		got = append(got, e.Kind+" "+e.Subject+" "+e.Vars["text"])
	}
	if want := "activity VM 101 terminated successfully ,note terminate done ?"; strings.Join(got, ",") != want {
		t.Errorf("effects = %q, want %q", got, want)
	}
	if e := effects[0]; e.ClientID != w.client {
		t.Errorf("client of the entry = %d, want the owner", e.ClientID)
	}
	other := w
	other.service = w.Service(t, w.client, w.product, w.server)
	must(t, d.Open(ctx, other.order()))
	if leases, err := d.Lease(ctx, other.want(1, 0)); err != nil || texts(leases) != "10.0.0.2" {
		t.Errorf("Lease of the next service = %s, %v; want the address free at once", texts(leases), err)
	}
	if id, err := d.Reserve(ctx, w.server, other.service, 101, nil); err != nil || id != 101 {
		t.Errorf("Reserve of the next service = %d, %v; want the id free at once", id, err)
	}
}

func TestSettle_thatIsLostFreesNothing(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(world, *store.DB) error{
		"an admin resets the status": func(w world, d *store.DB) error { return d.Move(t.Context(), w.service, vm.Ready) },
		"the status changes by hand": func(w world, _ *store.DB) error {
			w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'ready'")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d, c, l, m, run := terminating(t)
			must(t, disturb(w, d))
			before := belongings(t, w)
			if err := d.Settle(t.Context(), l, &run, m, entry(1, vm.Terminate, vm.Removed, c.now)); !errors.Is(err, pipeline.ErrLost) {
				t.Errorf("Settle: %v, want ErrLost", err)
			}
			if after := belongings(t, w); after != before || w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox") != "0" {
				t.Errorf("something went:\n%s\n%s", before, after)
			}
		})
	}
}

func TestSettle_ofAServiceThatWHMCSLost(t *testing.T) {
	t.Parallel()
	w, d, c, l, m, run := terminating(t)
	w.Exec(t, "DELETE FROM tblhosting")
	must(t, d.Settle(t.Context(), l, &run, m, entry(1, vm.Terminate, vm.Removed, c.now)))
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations"); n != "0" {
		t.Errorf("allocations = %s, want none", n)
	}
}

func TestEnd_ofARunThatGaveUpIsAnError(t *testing.T) {
	t.Parallel()
	w, d, c, l, m, run := terminating(t, func(cfg *store.Config) { cfg.Webhook = true })
	ctx := t.Context()
	before := belongings(t, w)
	m.Gone, m.Notes = false, nil
	m.Entries = []string{"Service termination FAILED"}
	run.Failed = "VM 101 is protected"
	e := entry(1, vm.Terminate, vm.ErrorTerminate, c.now)
	e.Result = run.Failed
	must(t, d.Settle(ctx, l, &run, m, e))
	end(t, d, l, &run, m, c.now)
	if after := belongings(t, w); after != strings.Replace(before, "|terminate|", "|error_terminate|", 1) {
		t.Errorf("kept = %s, want everything: %s", after, before)
	}
	runs, err := d.Runs(ctx, w.service, 1)
	if err != nil || runs[0].Result != "error" || runs[0].Error != run.Failed || runs[0].To != vm.ErrorTerminate {
		t.Errorf("run = %+v, %v; want an error with its reason", runs, err)
	}
	if log := lastLog(t, w); log.Result != "error" || log.LastErrorMessage != run.Failed || log.LastErrorAction == "" || log.To != "error_terminate" {
		t.Errorf("log = %+v", log)
	}
	if got := w.Text(t, "SELECT GROUP_CONCAT(kind ORDER BY id) FROM kvmbridge_outbox"); got != "activity,webhook" {
		t.Errorf("effects = %s, want exactly one entry, and the operator told", got)
	}
	worries, err := d.Worries(ctx, 5)
	if err != nil || len(worries) != 1 || worries[0].Attention != run.Failed || due(t, d, c.now.Add(time.Hour)) {
		t.Errorf("Worries = %+v, %v; want the machine, not due by itself", worries, err)
	}
}

// A VM of the reference product has no row of ours; whatever is wanted of it makes one.
func TestOrders_ofARecordOfTheReferenceProduct(t *testing.T) {
	t.Parallel()
	for name, order := range map[string]func(*store.DB, int64) error{
		"Move":    func(d *store.DB, id int64) error { return d.Move(t.Context(), id, vm.Terminate) },
		"Wish":    func(d *store.DB, id int64) error { return d.Wish(t.Context(), id, vm.ChangePackage) },
		"Ask":     func(d *store.DB, id int64) error { return d.Ask(t.Context(), id, vm.JobStop) },
		"Suspend": func(d *store.DB, id int64) error { return d.Suspend(t.Context(), id, true) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := &stopped{now: moment()}
			d := w.Store(t, withClock(c))
			w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, 300, 'old', 'ready')", w.service)
			if m, err := d.Find(t.Context(), w.service); err != nil || !m.Adopted {
				t.Errorf("Find = %+v, %v; want it adopted", m, err)
			}
			must(t, order(d, w.service), order(d, w.service))
			_, m, err := d.Claim(t.Context(), w.service, c.now)
			if err != nil || !m.Adopted || m.ServerID != w.server || m.VMID != 300 {
				t.Errorf("Claim = %+v, %v; want the adopted machine of its server", m, err)
			}
		})
	}
}

func TestReopen_keepsTheOldGuestsBelongingsUntilItIsDiscarded(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStop), d.Suspend(ctx, w.service, true))
	old, oldM, oldRun := claim(t, d, w.service, c.now)
	c.now = c.now.Add(time.Hour)
	o := w.order()
	o.Name, o.Domain, o.Username, o.Password, o.NewPassword = "vm-2", "vm-2.example.com", "bob", "other", true
	must(t, d.Reopen(ctx, o))
	if err := d.Settle(ctx, old, &oldRun, oldM, entry(1, vm.JobStop.At(), vm.JobStop.At()+":done", c.now)); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("Settle of the old life: %v, want ErrLost", err)
	}
	_, m, err := d.Claim(ctx, w.service, c.now)
	if err != nil || m.Status != vm.Creation || !m.Discard || m.VMID != 101 || m.Node != "pve1" || m.Name != "vm-2" || m.Domain != "vm-2.example.com" ||
		m.Username != "bob" || m.Password != "other" || !m.Suspended || m.Job != "" {
		t.Errorf("machine = %+v, %v; want the new order over the old guest", m, err)
	}
	if at := w.Text(t, "SELECT created_at = ? FROM kvmbridge_vm", c.now); at != "1" {
		t.Error("the order bears the date of the former one")
	}
	if held, err := d.Held(ctx, w.service); err != nil || texts(held) != "10.0.0.2 10.0.0.3" {
		t.Errorf("addresses = %s, %v; want them kept", texts(held), err)
	}
	if got := w.Text(t, "SELECT CONCAT(COALESCE(vm_last_action_log, ''), COALESCE(vm_deploy_log, ''), (SELECT COUNT(*) FROM kvmbridge_runs), (SELECT COUNT(*) FROM kvmbridge_run_steps), (SELECT COUNT(*) FROM kvmbridge_jobs)) FROM puqProxmoxKVM_vm_info"); got != "000" {
		t.Errorf("logs and jobs = %s, want none", got)
	}
	must(t, d.Ask(ctx, w.service, vm.JobPower), d.Discarded(ctx, w.service), d.Discarded(ctx, w.service))
	assertShown(t, w, "", "")
	if got := belongings(t, w); got != "0|0|1|1||||vm-2||{}|creation|||vm-2.example.com" {
		t.Errorf("left = %s, want the order, its password and the job that was asked for since", got)
	}
	if got, err := d.Find(ctx, w.service); err != nil || got.Discard || got.VMID != 0 {
		t.Errorf("machine = %+v, %v; want nothing to discard", got, err)
	}
}

func TestDiscarded_changesNothingOfAMachineThatKeepsItsGuest(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	before := belongings(t, w)
	must(t, d.Discarded(t.Context(), w.service))
	if after := belongings(t, w); after != before {
		t.Errorf("went from %s to %s", before, after)
	}
}

// The guest of the reference product is told from others by its name, so that the record must not lose it before.
func TestReopen_ofAnAdoptedGuestRenamesItWhenItIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Store(t)
	ctx := t.Context()
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, 300, 'old', 'remove')", w.service)
	must(t, d.Reopen(ctx, w.order()))
	if m, err := d.Find(ctx, w.service); err != nil || m.Name != "old" || !m.Adopted || !m.Discard || m.VMID != 300 {
		t.Errorf("before = %+v, %v; want the old name", m, err)
	}
	must(t, d.Discarded(ctx, w.service))
	if m, err := d.Find(ctx, w.service); err != nil || m.Name != "vm-1" || m.Adopted || m.Discard || m.VMID != 0 {
		t.Errorf("after = %+v, %v; want the new name", m, err)
	}
}

func TestReopen_withoutARecordIsAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Store(t)
	must(t, d.Reopen(t.Context(), w.order()))
	if m, err := d.Find(t.Context(), w.service); err != nil || m.Status != vm.Creation || m.Discard || m.Adopted || m.Name != "vm-1" {
		t.Errorf("machine = %+v, %v; want an ordinary order", m, err)
	}
}

func TestForget_deletesARecordThatIsOverAndLeavesWHMCSAlone(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	ctx := t.Context()
	if err := d.Forget(ctx, w.service); !errors.Is(err, vm.ErrRefused) || !strings.Contains(err.Error(), "ready") {
		t.Errorf("Forget of a ready machine: %v, want ErrRefused", err)
	}
	must(t, d.Ask(ctx, w.service, vm.JobStop), d.Move(ctx, w.service, vm.ErrorTerminate), d.Forget(ctx, w.service))
	for _, table := range []string{
		"puqProxmoxKVM_vm_info", "kvmbridge_vm", "kvmbridge_jobs", "kvmbridge_runs", "kvmbridge_run_steps",
		"kvmbridge_ip_allocations", "kvmbridge_vmid_reservations", "kvmbridge_secrets",
	} {
		if n := w.Text(t, "SELECT COUNT(*) FROM "+table); n != "0" {
			t.Errorf("rows of %s = %s, want none", table, n)
		}
	}
	if got := w.Text(t, "SELECT CONCAT_WS('|', dedicatedip, assignedips, domain) FROM tblhosting"); got != "10.0.0.2|10.0.0.3|vm-1.example.com" {
		t.Errorf("WHMCS shows %s, want it left alone", got)
	}
	must(t, d.Open(ctx, w.order()))
}

func TestSetPassword_isSealedAndToldToWHMCS(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	must(t, d.SetPassword(t.Context(), w.service, "n3w"))
	if m, err := d.Find(t.Context(), w.service); err != nil || m.Password != "n3w" {
		t.Errorf("password = %q, %v", m.Password, err)
	}
	effects, _, err := d.Pending(t.Context(), c.now, 10)
	if err != nil || len(effects) != 1 || effects[0].Kind != "password" || effects[0].ServiceID != w.service {
		t.Errorf("effects = %+v, %v; want the password's", effects, err)
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE CONCAT(subject, vars) LIKE '%n3w%'"); n != "0" {
		t.Error("the outbox holds the password in plain")
	}
}

func TestAttach_makesAGuestTheServicesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := &stopped{now: moment()}
	d := w.Store(t, withClock(c))
	ctx := t.Context()
	w.Exec(t, "INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (?, 300, NULL, UTC_TIMESTAMP())", w.server) // once in a deploy's way
	must(t, d.Attach(ctx, w.service, w.server, 300, "web", "pve2"))
	m, err := d.Find(ctx, w.service)
	if err != nil || m.Status != vm.Ready || m.VMID != 300 || m.Name != "web" || m.Node != "pve2" || !m.Adopted || due(t, d, c.now.Add(time.Hour)) {
		t.Errorf("machine = %+v, %v; want VM 300, ready and adopted", m, err)
	}
	if err := d.Attach(ctx, w.service, w.server, 301, "x", "pve1"); !errors.Is(err, vm.ErrExists) {
		t.Errorf("Attach over it: %v, want ErrExists", err)
	}
	if err := d.Open(ctx, w.order()); !errors.Is(err, vm.ErrExists) {
		t.Errorf("Open over it: %v, want ErrExists", err)
	}
	must(t, d.Move(ctx, w.service, vm.Removed), d.Attach(ctx, w.service, w.server, 301, "x", "pve1"))
}

func TestAttach_refusesWhatAnotherServiceHas(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t) // has 101
	ctx := t.Context()
	recorded, reserved := w.Service(t, w.client, w.product, w.server), w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, 202, 'ready')", recorded)
	w.placed(t, reserved)
	if _, err := d.Reserve(ctx, w.server, reserved, 203, nil); err != nil {
		t.Fatal(err)
	}
	fresh := w.Service(t, w.client, w.product, w.server)
	for vmid, owner := range map[int]int64{101: w.service, 202: recorded, 203: reserved} {
		err := d.Attach(ctx, fresh, w.server, vmid, "x", "pve1")
		if !errors.Is(err, hypervisor.ErrTaken) || !strings.Contains(err.Error(), "service "+w.Text(t, "SELECT ?", owner)+" has it") {
			t.Errorf("Attach of VM %d: %v, want ErrTaken by service %d", vmid, err, owner)
		}
	}
	if _, err := d.Find(ctx, fresh); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("record after the refusals: %v, want none", err)
	}
	must(t, d.Attach(ctx, fresh, w.Server(t, "elsewhere"), 101, "x", "pve1")) // another cluster counts for itself
}

func TestAttach_twoServicesNeverGetOneGuest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	replicas := []*store.DB{w.Store(t), w.Store(t)}
	errs := make([]error, 8)
	var group sync.WaitGroup
	for n := range errs {
		id := w.Service(t, w.client, w.product, w.server)
		group.Go(func() { errs[n] = replicas[n%2].Attach(t.Context(), id, w.server, 300, "web", "pve1") })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, hypervisor.ErrTaken) {
			t.Errorf("a loser got %v, want ErrTaken", err)
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_vm_info"); won != 1 || n != "1" {
		t.Errorf("%d attached, %s records; want one", won, n)
	}
}

func TestGiveBack_takesOnlyTheAddressesNamed(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	ctx := t.Context()
	must(t, d.GiveBack(ctx, w.service, nil), d.GiveBack(ctx, w.service, []netip.Addr{addr("10.0.0.9")}))
	assertShown(t, w, "10.0.0.2", "10.0.0.3")
	must(t, d.GiveBack(ctx, w.service, []netip.Addr{addr("10.0.0.2"), addr("10.0.0.9")}))
	assertShown(t, w, "10.0.0.3", "")
	m, err := d.Find(ctx, w.service)
	if err != nil || len(m.RevDNS) != 1 || m.RevDNS["10.0.0.3"] == "" {
		t.Errorf("reverse names = %v, %v; want that of the address kept", m.RevDNS, err)
	}
	other := w
	other.service = w.Service(t, w.client, w.product, w.server)
	must(t, d.Open(ctx, other.order()))
	if got, err := d.Lease(ctx, other.want(1, 0)); err != nil || texts(got) != "10.0.0.2" {
		t.Errorf("Lease of another service = %s, %v; want the address free at once", texts(got), err)
	}
	must(t, d.GiveBack(ctx, w.service, []netip.Addr{addr("10.0.0.2")})) // somebody else's now
	if got, err := d.Held(ctx, other.service); err != nil || texts(got) != "10.0.0.2" {
		t.Errorf("addresses of the other service = %s, %v; want them untouched", texts(got), err)
	}
}

func TestShow_saysWhyAMachineStandsWhereItDoes(t *testing.T) {
	t.Parallel()
	w, d, c := readyAt(t)
	ctx := t.Context()
	must(t, d.Ask(ctx, w.service, vm.JobStop), d.Ask(ctx, w.service, vm.JobStart))
	l, _, _ := claim(t, d, w.service, c.now)
	must(t, d.Wish(ctx, w.service, vm.ChangePackage))
	s, err := d.Show(ctx, w.service)
	if err != nil || s.Machine.VMID != 101 || s.Machine.Password != "" || texts(s.Machine.Addresses) != "10.0.0.2 10.0.0.3" || s.ServiceStatus != "Active" ||
		s.Holder == "" || s.Token != l.Token || !s.WakeAt.Equal(c.now.Add(30*time.Second)) || s.Wish != vm.ChangePackage || !s.WorryingSince.IsZero() {
		t.Errorf("Show = %+v, %v", s, err)
	}
	if len(s.Jobs) != 2 || s.Jobs[0].Job != vm.JobStop || s.Jobs[1].Job != vm.JobStart || !s.Jobs[0].AskedAt.Equal(c.now) {
		t.Errorf("jobs = %+v", s.Jobs)
	}
	if _, err := d.Show(ctx, 4711); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Show of nothing: %v, want ErrNoMachine", err)
	}
}

func TestFindBy_whatPeopleKnow(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	old := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, ?, 'old', 'ready')", old, w.service)
	w.Exec(t, "UPDATE tblhosting SET dedicatedip = '10.0.0.30', assignedips = '10.0.0.31\r\n2001:0db8:0000:0000:0000:0000:0000:0001' WHERE id = ?", old)
	for text, want := range map[string][]int64{
		"101": {w.service}, w.Text(t, "SELECT ?", w.service): {w.service, old}, w.Text(t, "SELECT ?", old): {old}, "10.0.0.3": {w.service}, " 10.0.0.31 ": {old},
		"10.0.0.1": nil, "2001:db8::1": {old}, "vm-1": {w.service}, "vm-1.example.com": {w.service}, "old": {old}, "nobody": nil, "": nil, "' OR 1=1 --": nil,
	} {
		got, err := d.FindBy(t.Context(), text)
		if err != nil || len(got) != len(want) {
			t.Errorf("FindBy(%q) = %v, %v; want %v", text, got, err, want)
			continue
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("FindBy(%q) = %v, want %v", text, got, want)
			}
		}
	}
}

func TestMachines_ofOneServer(t *testing.T) {
	t.Parallel()
	w, d, _ := readyAt(t)
	old, lost, elsewhere := w.Service(t, w.client, w.product, w.server), int64(9000), w.Service(t, w.client, w.product, w.Server(t, "other"))
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", old)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, 300, 'old', 'ready'), (?, 301, 'x', 'ready')", old, elsewhere)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'creation')", lost)
	w.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES (?, ?, UTC_TIMESTAMP())", lost, w.server)
	got, err := d.Machines(t.Context(), w.server)
	want := []store.MachineRow{
		{ServiceID: w.service, VMID: 101, Name: "vm-1", Node: "pve1", Status: vm.Ready, ServiceStatus: "Active"},
		{ServiceID: old, VMID: 300, Name: "old", Status: vm.Ready, Adopted: true, ServiceStatus: "Terminated"},
		{ServiceID: lost, Status: vm.Creation},
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("Machines = %+v, %v; want %+v", got, err, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("row %d = %+v, want %+v", i, got[i], want[i])
		}
	}
}
