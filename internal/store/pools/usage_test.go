package pools_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
)

// used is one pool's taken addresses by kind, in order.
func (w world) used(t *testing.T, id int64) string {
	t.Helper()
	page, err := w.book.Addresses(t.Context(), id, pools.Filter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, a := range page.Rows {
		list = append(list, fmt.Sprintf("%s=%s", a.Address, a.Kind))
	}
	return strings.Join(list, " ")
}

func TestUsage_countsWhateverIsNotHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.1", "10.0.0.29")) // the gateway 10.0.0.1 is inside
	w.lease(t, w.store, w.service(t), 1)
	if got := w.pool(t, id).Usage.String(); got != "6.9% (2/29)" {
		t.Errorf("a gateway and a machine = %s, want 6.9%% (2/29)", got)
	}
	neighbour := w.form("10.1.0.1", "10.1.0.9")
	neighbour.Gateway = "10.0.0.5" // of the same network
	w.add(t, neighbour)
	w.LegacyList(t, w.server, "vmbr9|9|10.0.0.6|24|10.0.0.1|\nvmbr0|0|10.0.0.5|24|10.0.0.1|\nnonsense")
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.7", "spam"))
	show := func(status, dedicated, assigned string) int64 {
		s := w.Service(t, w.client, w.product, w.server)
		w.Exec(t, "UPDATE tblhosting SET domainstatus = ?, dedicatedip = ?, assignedips = ? WHERE id = ?", status, dedicated, assigned, s)
		return s
	}
	show("Active", "10.0.0.8", "10.0.0.9, 10.0.0.2")
	show("Terminated", "10.0.0.10", "")
	elsewhere := show("Active", "10.0.0.11", "") // explains its address by another network
	w.Exec(t, `INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)
		VALUES (?, 'vmbr5', 0, ?, ?, 0, 24, '', '', '2031-01-01')`, w.server, []byte{10, 0, 0, 11}, elsewhere)
	want := "10.0.0.1=gateway 10.0.0.2=leased 10.0.0.5=gateway 10.0.0.6=listed 10.0.0.7=kept 10.0.0.8=shown 10.0.0.9=shown"
	if got := w.used(t, id); got != want {
		t.Errorf("taken: %s\nwant   %s", got, want)
	}
	if p := w.pool(t, id); p.Usage.String() != "24.14% (7/29)" || p.Holders != 3 {
		t.Errorf("usage %s, %d held by services; want 24.14%% (7/29), 3", p.Usage, p.Holders)
	}
}

// The count is the allocator's own: it hands out exactly what is not counted, and then everything is.
func TestUsage_isWhatTheAllocatorLeaves(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			w := newWorld(t)
			id := w.add(t, w.form("10.0.0.0", "10.0.0.63"))
			w.disturb(t, r, id)
			before := w.pool(t, id)
			free := 64 - before.Usage.Used
			if free < 1 {
				t.Fatalf("nothing is left to try: %s", before.Usage)
			}
			taken := w.used(t, id)
			got := w.lease(t, w.Store(t), w.service(t), free)
			for _, l := range got {
				if l.PoolID != id || strings.Contains(" "+taken, " "+l.Address.String()+"=") {
					t.Errorf("%s was handed out although it counted as taken, or from elsewhere", l.Address)
				}
			}
			if p := w.pool(t, id); p.Usage.String() != "100% (64/64)" {
				t.Errorf("afterwards %s", p.Usage)
			}
			want := w.want(w.service(t), 1)
			if more, err := w.Store(t).Lease(t.Context(), want); err == nil && more[0].PoolID == id {
				t.Errorf("%v was handed out of a full pool", more)
			}
		})
	}
}

// disturb takes addresses of a pool in every way that there is.
func (w world) disturb(t *testing.T, r *rand.Rand, id int64) {
	t.Helper()
	address := func() string { return netip.AddrFrom4([4]byte{10, 0, 0, byte(r.IntN(64))}).String() }
	for range 5 {
		s := w.Service(t, w.client, w.product, w.server)
		status := []string{"Active", "Suspended", "Terminated", "Pending", "Cancelled"}[r.IntN(5)]
		w.Exec(t, "UPDATE tblhosting SET domainstatus = ?, dedicatedip = ?, assignedips = ? WHERE id = ?", status, address(), address()+"\n"+address(), s)
		if r.IntN(2) == 0 {
			w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (?, ?)", s, []string{"ready", "remove", "error_terminate"}[r.IntN(3)])
		}
	}
	for i := range 3 {
		f := w.form(fmt.Sprintf("10.%d.0.1", i+1), fmt.Sprintf("10.%d.0.1", i+1))
		f.Gateway, f.VLAN, f.Mask = address(), strconv.Itoa(r.IntN(2)), "8"
		w.add(t, f)
	}
	w.LegacyList(t, w.server, fmt.Sprintf("vmbr0|0|%s|8|%s|\nvmbr3|7|%s|8|%s|", address(), address(), address(), address()))
	w.lease(t, w.store, w.service(t), 1+r.IntN(6))
	for range 4 {
		_ = w.book.Keep(t.Context(), admin, id, address(), "kept") // some are refused
	}
	w.Exec(t, "UPDATE puq_proxmox_kvm_ip_pools SET gateway = 'broken' WHERE id = ?", id+1)
	w.store.Freed()
}

func TestUsage_ofHugeAndOfOddPools(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := ippool.Form{Server: text(w.server), Bridge: "vmbr0", Gateway: "2001:db8::1", Mask: "64", Start: "2001:db8::", Stop: "2001:db8::ffff:ffff:ffff:ffff"}
	id := w.add(t, f)
	if got := w.pool(t, id).Usage.String(); got != "0% (1/18446744073709551616)" {
		t.Errorf("a /64 = %s", got)
	}
	w.Exec(t, "UPDATE puq_proxmox_kvm_ip_pools SET address_stop = '10.0.0.1' WHERE id = ?", id)
	if got := w.pool(t, id).Usage.String(); got != "0% (0/0)" {
		t.Errorf("a range that is none = %s", got)
	}
}
