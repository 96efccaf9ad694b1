package rowedit_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func settled(n int, from, to pipeline.State) pipeline.Entry {
	return pipeline.Entry{N: n, Label: "Step", From: from, To: to, Result: "success", Started: time.Now(), Took: time.Millisecond}
}

// A pass that read the record before the edit cannot write any of it back, and the edited machine goes on at once.
func TestSave_takesTheLeaseFromAPassUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now().Add(time.Second)
	lease, m, err := w.store.Claim(t.Context(), w.service, now)
	if err != nil {
		t.Fatal(err)
	}
	run, err := w.store.Begin(t.Context(), lease, "deploy", m.Status, now)
	if err != nil {
		t.Fatal(err)
	}
	out := w.saved(t, "vm_name", "by-hand", "vm_id", "321")
	if !out.Cut {
		t.Error("the lease was not taken")
	}
	m.VMID = 999
	if err := w.store.Settle(t.Context(), lease, &run, m, settled(1, vm.Creation, vm.SetIP)); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("settle: %v", err)
	}
	if err := w.store.Note(t.Context(), lease, m); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("note: %v", err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', vm_name, vm_id, vm_status) FROM puqProxmoxKVM_vm_info"); got != "by-hand 321 creation" {
		t.Errorf("the record: %s", got)
	}
	_, again, err := w.store.Claim(t.Context(), w.service, time.Now().Add(time.Second))
	if err != nil || again.Name != "by-hand" || again.VMID != 321 {
		t.Errorf("the next pass: %+v, %v", again, err)
	}
}

// An edit of a machine at rest wakes nobody.
func TestSave_leavesAMachineAtRestAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.store.Move(t.Context(), w.service, vm.Ready); err != nil {
		t.Fatal(err)
	}
	out := w.saved(t, "vm_backup_schedule", `{"0":"03:30"}`)
	if ids, _, err := w.store.Due(t.Context(), time.Now().Add(time.Hour), 10); err != nil || len(ids) > 0 || out.Cut {
		t.Errorf("due: %v, %v, cut %v", ids, err, out.Cut)
	}
}

// Another status begins at once, as after a reset; one at which nothing happens ends what was under way.
func TestSave_movesTheMachineWithItsStatus(t *testing.T) {
	t.Parallel()
	for status, want := range map[pipeline.State]string{
		vm.SetNetwork: "due, wish set_dns_records, ended 0, failures 0, attention 0", vm.Ready: "due, wish set_dns_records, ended 0, failures 0, attention 0",
		vm.Creation:      "due, wish change_package, ended 0, failures 0, attention 0",
		vm.SetDNSRecords: "due, wish change_package, ended 0, failures 0, attention 0", vm.ErrorTerminate: "at rest, wish -, ended 0, failures 0, attention 0",
		vm.Removed: "at rest, wish -, ended 0, failures 0, attention 0", vm.Terminate: "due, wish change_package, ended 1, failures 0, attention 0",
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.set(t, "vm_status", "cp_stop")
			w.Exec(t, "UPDATE kvmbridge_vm SET wish = 'set_dns_records', failures = 3, attention = 'x', wake_at = '2099-01-01'")
			if out := w.saved(t, "vm_status", string(status)); !out.Cut || out.Freed != (status == vm.Removed) {
				t.Errorf("outcome: %+v", out)
			}
			ids, _, err := w.store.Due(t.Context(), time.Now().Add(time.Second), 10)
			due := map[bool]string{true: "due", false: "at rest"}[len(ids) == 1]
			got := due + w.Text(t, "SELECT CONCAT(', wish ', COALESCE(wish, '-'), ', ended ', ended_at IS NOT NULL, ', failures ', failures, ', attention ', attention IS NOT NULL) FROM kvmbridge_vm")
			if err != nil || got != want {
				t.Errorf("%s, %v, want %s", got, err, want)
			}
		})
	}
}

// The VM id stays one service's, and what a guest had that is called gone is free.
func TestSave_keepsReservationsWithTheRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.store.Reserve(t.Context(), w.server, w.service, 100, nil); err != nil {
		t.Fatal(err)
	}
	other := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, 105, 'x', 'ready')", other)
	w.Exec(t, "INSERT INTO kvmbridge_vmid_reservations (server_id, vmid, service_id, reserved_at) VALUES (?, 106, ?, NOW())", w.server, other)
	for _, id := range []string{"105", "106"} {
		_, err := w.save(t, "vm_id", id)
		if got := faults(err); got != fmt.Sprintf("vm_id: VM %s of server %d is that of service %d.", id, w.server, other) {
			t.Errorf("id of another service: %s", got)
		}
	}
	w.saved(t, "vm_id", "107")
	if got := w.Text(t, "SELECT GROUP_CONCAT(vmid) FROM kvmbridge_vmid_reservations WHERE service_id = ?", w.service); got != "107" {
		t.Errorf("reserved: %s", got)
	}
	w.Exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, bridge, gateway, mask, address_start, address_stop) VALUES (?, 'vmbr0', '10.0.0.1', 24, '10.0.0.2', '10.0.0.9')`, w.server)
	if _, err := w.store.Lease(t.Context(), ippool.Want{ServiceID: w.service, ServerID: w.server, IPv4: 1, Auto: true}); err != nil {
		t.Fatal(err)
	}
	w.saved(t, "vm_status", "remove")
	if got := w.Text(t, "SELECT CONCAT((SELECT COUNT(*) FROM kvmbridge_vmid_reservations WHERE service_id = ?), (SELECT COUNT(*) FROM kvmbridge_ip_allocations))", w.service); got != "00" {
		t.Errorf("held after remove: %s", got)
	}
}

// Edits, passes and resets at the same time: every value that was written stands, or its writer was told that it does not.
func TestSave_andPassesNeverLoseEachOthersWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(t, "vm_snapshots", 0)
	const rounds = 40
	var wg sync.WaitGroup
	var mu sync.Mutex
	edits, passes := 0, 0
	for range 3 {
		wg.Go(func() {
			for range rounds {
				r, err := w.editor.Read(t.Context(), w.service)
				if err != nil {
					t.Error(err)
					return
				}
				n, _ := strconv.Atoi(field(t, r, "vm_snapshots").Text)
				time.Sleep(rand.N(2 * time.Millisecond))
				_, err = w.editor.Save(t.Context(), form(r, "vm_snapshots", strconv.Itoa(n+1)))
				if _, changed := errors.AsType[*rowedit.ChangedError](err); err != nil && !changed {
					t.Error(err)
				}
				if err == nil {
					mu.Lock()
					edits++
					mu.Unlock()
				}
			}
		})
	}
	wg.Go(func() {
		for range rounds {
			if pass(t, w) {
				passes++
			}
		}
	})
	wg.Wait()
	if got := w.column(t, "vm_snapshots"); got != strconv.Itoa(edits) {
		t.Errorf("%d edits were accepted and the record counts %s", edits, got)
	}
	if n := strings.Count(w.log(t), "vm_snapshots"); edits == 0 || n != edits && n < 1024/60 { // GROUP_CONCAT is cut at 1 KiB
		t.Errorf("%d edits, %d entries", edits, n)
	}
	t.Logf("%d edits, %d passes", edits, passes)
}

// pass claims the machine and settles one step of it; it reports whether its write stands.
func pass(t *testing.T, w world) bool {
	t.Helper()
	w.Exec(t, "UPDATE kvmbridge_vm SET wake_at = '2001-01-01' WHERE lease_holder IS NULL")
	lease, m, err := w.store.Claim(t.Context(), w.service, time.Now())
	if err != nil {
		return false
	}
	run, err := w.store.Begin(t.Context(), lease, "deploy", m.Status, time.Now())
	if err != nil {
		t.Error(err)
		return false
	}
	m.MAC = strconv.Itoa(rand.IntN(1000))
	err = w.store.Settle(t.Context(), lease, &run, m, settled(1, m.Status, m.Status))
	if err == nil {
		err = w.store.Release(t.Context(), lease, time.Now())
	}
	if err != nil && !errors.Is(err, pipeline.ErrLost) {
		t.Error(err)
	}
	return err == nil
}
