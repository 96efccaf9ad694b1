package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestLease_lowestFreeFirstAndShownInWHMCS(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]testdb.Option{"utf8mb4": nil, "latin1": {testdb.Latin1()}, "utf8mb3": {testdb.UTF8MB3()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, d := opened(t, opts...)
			w.Pool(t, w.pool("10.0.0.1", "10.0.0.9", "10.0.0.2", 24))
			w.Pool(t, w.pool("2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", "2001:db8::1", 64))
			got, err := d.Lease(t.Context(), w.want(2, 1))
			if err != nil {
				t.Fatal(err)
			}
			if texts(got) != "10.0.0.1 10.0.0.3 2001:db8::" {
				t.Errorf("first addresses = %s, want the lowest but not the gateway", texts(got))
			}
			got, err = d.Lease(t.Context(), w.want(3, 2)) // tops up behind the existing ones
			if err != nil || texts(got) != "10.0.0.1 10.0.0.3 10.0.0.4 2001:db8:: 2001:db8::2" {
				t.Errorf("after topping up: %s, %v", texts(got), err)
			}
			held, err := d.Held(t.Context(), w.service)
			if err != nil || texts(held) != texts(got) {
				t.Errorf("Held = %s, %v; want the same as Lease", texts(held), err)
			}
			if l := held[0]; l.Bits != 24 || l.Gateway != addr("10.0.0.2") || len(l.DNS) != 2 || l.Bridge != "vmbr0" || l.PoolID == 0 {
				t.Errorf("the lease forgot its network: %+v", l)
			}
			assertShown(t, w, "10.0.0.1", "10.0.0.3\n10.0.0.4\n2001:0db8:0000:0000:0000:0000:0000:0000\n2001:0db8:0000:0000:0000:0000:0000:0002")
			m, err := d.Find(t.Context(), w.service)
			if err != nil || len(m.RevDNS) != 5 || m.RevDNS["2001:0db8:0000:0000:0000:0000:0000:0002"] != "vm-1.example.com" {
				t.Errorf("reverse names = %v, %v; want the FQDN for each address", m.RevDNS, err)
			}
			again, err := d.Lease(t.Context(), w.want(1, 0)) // never gives any back
			if err != nil || texts(again) != texts(got) {
				t.Errorf("a smaller wish = %s, %v; want all that is held", texts(again), err)
			}
		})
	}
}

func assertShown(t *testing.T, w world, dedicated, assigned string) {
	t.Helper()
	if got := w.Text(t, "SELECT dedicatedip FROM tblhosting WHERE id = ?", w.service); got != dedicated {
		t.Errorf("dedicatedip = %q, want %q", got, dedicated)
	}
	if got := w.Text(t, "SELECT assignedips FROM tblhosting WHERE id = ?", w.service); got != assigned {
		t.Errorf("assignedips = %q, want %q", got, assigned)
	}
}

func TestLease_withoutIPv4TheFirstIPv6IsTheMainAddress(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("2001:db8::2", "2001:db8::9", "2001:db8::1", 64))
	if _, err := d.Lease(t.Context(), w.want(0, 1)); err != nil {
		t.Fatal(err)
	}
	assertShown(t, w, "2001:0db8:0000:0000:0000:0000:0000:0002", "")
}

func TestLease_addressesOfLiveServicesAreTaken(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24))
	w.LegacyList(t, w.server, "vmbr7|9|10.0.0.6|24|10.0.0.1|9.9.9.9,1.1.1.1\nbroken line")
	show := func(status, dedicated, assigned string) int64 {
		id := w.Service(t, w.client, w.product, w.server)
		w.Exec(t, "UPDATE tblhosting SET domainstatus = ?, dedicatedip = ?, assignedips = ? WHERE id = ?", status, dedicated, assigned, id)
		return id
	}
	show("Active", "10.0.0.2", "")
	show("Suspended", "192.0.2.1", "10.0.0.3, 10.0.0.4")
	show("Terminated", "10.0.0.5", "") // free: not live and without a record
	dying := show("Terminated", "10.0.0.7", "")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'error_terminate')", dying) // its guest still has the address
	gone := show("Cancelled", "10.0.0.8", "")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, 'remove')", gone)
	got, err := d.Lease(t.Context(), w.want(2, 0))
	if err != nil || texts(got) != "10.0.0.5 10.0.0.8" {
		t.Errorf("Lease = %s, %v; want the two addresses nobody needs", texts(got), err)
	}
}

func TestLease_sameRangeOnAnotherNetworkIsAnotherRange(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	a, b := w.pool("10.0.0.2", "10.0.0.3", "10.0.0.1", 24), w.pool("10.0.0.2", "10.0.0.3", "10.0.0.1", 24)
	b.VLAN = 40
	w.Pool(t, a)
	w.Pool(t, b)
	if got, err := d.Lease(t.Context(), w.want(1, 0)); err != nil || texts(got) != "10.0.0.2" {
		t.Fatalf("Lease on VLAN 0 = %s, %v", texts(got), err)
	}
	other := w
	other.service = w.Service(t, w.client, w.product, w.server)
	if err := d.Open(t.Context(), other.order()); err != nil {
		t.Fatal(err)
	}
	want := other.want(1, 0)
	want.VLAN = 40
	got, err := w.Store(t).Lease(t.Context(), want)
	if err != nil || texts(got) != "10.0.0.2" || got[0].VLAN != 40 {
		t.Errorf("Lease on VLAN 40 = %+v, %v; want the same address on the other VLAN", got, err)
	}
}

func TestLease_poolsFirstThenTheLegacyList(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.2", "10.0.0.1", 24))
	w.LegacyList(t, w.server, "vmbr0|0|10.9.0.9|24|10.9.0.1|9.9.9.9,1.1.1.1\nvmbr1|0|10.9.0.7|24|10.9.0.1|\nvmbr0|0|10.9.0.8|24|10.9.0.1|9.9.9.9")
	got, err := d.Lease(t.Context(), w.want(3, 0))
	if err != nil || texts(got) != "10.0.0.2 10.9.0.9 10.9.0.8" {
		t.Errorf("Lease = %s, %v; want the pool, then the entries on this bridge as they stand", texts(got), err)
	}
	want := w.want(4, 0)
	want.Auto = true
	got, err = d.Lease(t.Context(), want)
	if err != nil || texts(got) != "10.0.0.2 10.9.0.9 10.9.0.8 10.9.0.7" || got[3].Bridge != "vmbr1" || got[3].PoolID != 0 {
		t.Errorf("Lease on any bridge = %+v, %v", got, err)
	}
}

func TestLease_saysWhatToDoWhenNothingIsFree(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.3", "10.0.0.1", 24))
	w.Exec(t, "INSERT INTO puq_proxmox_kvm_ip_pools (server_id, bridge, gateway, address_start, address_stop) VALUES (?, 'vmbr0', 'nonsense', '10.1.0.1', '10.1.0.2')", w.server)
	_, err := d.Lease(t.Context(), w.want(3, 0))
	if err == nil || pipeline.FaultOf(err) != pipeline.NeedsPerson {
		t.Fatalf("Lease of 3 out of 2 = %v, want an error for a person", err)
	}
	for _, part := range []string{"IPv4", fmt.Sprintf("server %d", w.server), "vmbr0", "VLAN 0", "1 pools match", "add", "The gateway must be an IPv4 address"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if held, err := d.Held(t.Context(), w.service); err != nil || len(held) != 0 {
		t.Errorf("a failed Lease left %s, %v", texts(held), err)
	}
	w.Pool(t, w.pool("10.2.0.2", "10.2.0.3", "10.2.0.1", 24)) // the person did it
	got, err := w.Store(t).Lease(t.Context(), w.want(3, 0))
	if err != nil || texts(got) != "10.0.0.2 10.0.0.3 10.2.0.2" {
		t.Errorf("after adding a pool: %s, %v", texts(got), err)
	}
}

// An address whose transaction failed is the lowest free one again, for the very next call.
func TestLease_aFailedCallGivesItsCandidateBack(t *testing.T) {
	t.Parallel()
	w, d, _ := openedAt(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24))
	broken := w
	broken.service = w.Service(t, w.client, w.product, w.server)
	if err := d.Open(t.Context(), broken.order()); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, "DELETE FROM tblhosting WHERE id = ?", broken.service)
	if _, err := d.Lease(t.Context(), broken.want(1, 0)); !errors.Is(err, vm.ErrNoService) {
		t.Fatalf("Lease of a service that WHMCS has lost: %v, want ErrNoService", err)
	}
	got, err := d.Lease(t.Context(), w.want(1, 0))
	if err != nil || texts(got) != "10.0.0.2" {
		t.Errorf("Lease = %s, %v; want 10.0.0.2", texts(got), err)
	}
}

// Calls that arrive together share a transaction; each fails only for its own reasons.
func TestLease_togetherButEachOnItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := w.Store(t)
	services := w.more(t, 1000)[:40]
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.200", "10.0.0.1", 24))
	w.Exec(t, "DELETE FROM tblhosting WHERE id = ?", services[3])
	w.Exec(t, "DELETE FROM kvmbridge_vm WHERE service_id = ?", services[4])
	var group sync.WaitGroup
	for i, id := range services {
		for range 2 { // an impatient caller asks twice
			group.Go(func() {
				want := ippool.Want{ServiceID: id, ServerID: w.server, IPv4: 2, Bridge: "vmbr0"}
				if i == 5 {
					want.Bridge = "vmbr9"
				}
				got, err := d.Lease(t.Context(), want)
				switch {
				case i == 3 && errors.Is(err, vm.ErrNoService), i == 4 && errors.Is(err, vm.ErrNoMachine), i == 5 && pipeline.FaultOf(err) == pipeline.NeedsPerson:
				case i >= 3 && i <= 5:
					t.Errorf("service at %d: %v, %v; want its own error", i, got, err)
				case err != nil || len(got) != 2:
					t.Errorf("service at %d: %v, %v; want two addresses", i, got, err)
				}
			})
		}
	}
	group.Wait()
	if got := w.Text(t, "SELECT CONCAT(COUNT(*), ' ', COUNT(DISTINCT address), ' ', COUNT(DISTINCT service_id)) FROM kvmbridge_ip_allocations"); got != "74 74 37" {
		t.Errorf("allocations, addresses, services = %s, want 74 74 37", got)
	}
	last, err := d.Lease(t.Context(), ippool.Want{ServiceID: services[0], ServerID: w.server, IPv4: 127, Bridge: "vmbr0"}) // all the others
	if err != nil || len(last) != 127 {
		t.Errorf("Lease of the rest = %d addresses, %v; want 127: none was lost", len(last), err)
	}
}

func TestLease_ofAServiceWithoutRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Store(t).Lease(t.Context(), w.want(1, 0)); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("Lease without a record: %v, want ErrNoMachine", err)
	}
}

// A pass that was overtaken by the end of its service comes too late for addresses.
func TestLease_ofAMachineThatHasEnded(t *testing.T) {
	t.Parallel()
	w, d := opened(t)
	w.Pool(t, w.pool("10.0.0.2", "10.0.0.9", "10.0.0.1", 24))
	for _, status := range []pipeline.State{vm.Terminate, vm.ErrorTerminate, vm.Removed} {
		must(t, d.Move(t.Context(), w.service, status))
		got, err := d.Lease(t.Context(), w.want(1, 0))
		if !errors.Is(err, vm.ErrRefused) || !strings.Contains(err.Error(), string(status)) {
			t.Errorf("Lease at %s: %s, %v; want it refused", status, texts(got), err)
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations"); n != "0" {
		t.Errorf("%s addresses are held", n)
	}
	must(t, d.Move(t.Context(), w.service, vm.Creation))
	if got, err := d.Lease(t.Context(), w.want(1, 0)); err != nil || texts(got) != "10.0.0.2" {
		t.Errorf("Lease in a new life = %s, %v; want 10.0.0.2", texts(got), err)
	}
}

// Sixteen workers in two processes, ten thousand orders, exactly as many addresses: each is used once and none is lost.
func TestLease_parallelAllocatorsNeitherDoubleNorLoseAnAddress(t *testing.T) {
	t.Parallel()
	const orders, workers = 10_000, 16
	w := newWorld(t)
	services := w.more(t, orders)
	w.Pool(t, w.pool("10.0.0.0", "10.0.39.16", "10.0.10.10", 16)) // 10,001 and the gateway within
	replicas := []interface {
		Lease(ctx context.Context, want ippool.Want) ([]ippool.Lease, error)
	}{w.Store(t), w.Store(t)}
	queue := make(chan int64, orders)
	for _, id := range services {
		queue <- id
	}
	close(queue)
	var group sync.WaitGroup
	for n := range workers {
		group.Go(func() {
			for id := range queue {
				want := ippool.Want{ServiceID: id, ServerID: w.server, IPv4: 1, Bridge: "vmbr0"}
				if got, err := replicas[n%len(replicas)].Lease(t.Context(), want); err != nil || len(got) != 1 {
					t.Errorf("service %d: %v, %v", id, got, err)
					return
				}
			}
		})
	}
	group.Wait()
	if got := w.Text(t, "SELECT COUNT(DISTINCT address) FROM kvmbridge_ip_allocations"); got != "10000" {
		t.Errorf("addresses in use = %s, want all 10000", got)
	}
	if got := w.Text(t, "SELECT COUNT(DISTINCT dedicatedip) FROM tblhosting WHERE dedicatedip <> ''"); got != "10000" {
		t.Errorf("addresses shown = %s, want all 10000", got)
	}
	if got := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations WHERE address = ?", addr("10.0.10.10").AsSlice()); got != "0" {
		t.Error("the gateway was handed out")
	}
}
