package pools_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestAdd_writesOneSpellingAndTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := w.form(" 10.0.0.10", "10.0.0.20 ")
	f.DNS1, f.DNS2, f.VLAN = "", "2001:DB8::53", ""
	id := w.add(t, f)
	row := w.Text(t, "SELECT CONCAT_WS('|', server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop) FROM puq_proxmox_kvm_ip_pools WHERE id = ?", id)
	if want := text(w.server) + "|ipv4|vmbr0|0|10.0.0.1|24||2001:db8::53|10.0.0.10|10.0.0.20"; row != want {
		t.Errorf("row = %s, want %s", row, want)
	}
	w.lastEntry(t, "kvmbridge: ", "added IP pool "+text(id), "bridge vmbr0", "10.0.0.10 - 10.0.0.20", "DNS 1 none", "DNS 2 2001:db8::53")
	got := w.lease(t, w.store, w.service(t), 1) // only the second DNS server is set
	if len(got[0].DNS) != 1 || got[0].DNS[0].String() != "2001:db8::53" || got[0].PoolID != id {
		t.Errorf("the guest gets %+v", got[0])
	}
}

func TestAdd_saysWhichFieldIsWrongAndWritesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.Exec(t, `INSERT INTO tblservers (name, ipaddress, assignedips, hostname, type, username, password, accesshash, secure)
		VALUES ('web', '', '', '', 'cpanel', '', '', '', '')`)
	first := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	for field, spoil := range map[string]func(*ippool.Form){
		ippool.FieldGateway: func(f *ippool.Form) { f.Gateway = "gw" },
		ippool.FieldServer:  func(f *ippool.Form) { f.Server = text(other) },
		ippool.FieldStart:   func(f *ippool.Form) { f.Start, f.Stop = "10.0.0.20", "10.0.0.30" },
	} {
		f := w.form("10.0.0.30", "10.0.0.40")
		spoil(&f)
		_, err := w.book.Add(t.Context(), admin, f)
		faults, ok := errors.AsType[ippool.FormErrors](err)
		if !ok || len(faults) != 1 || faults[0].Field != field {
			t.Errorf("%s: %v, want a sentence about it", field, err)
		}
		if field == ippool.FieldStart && !strings.Contains(faults.Error(), fmt.Sprintf("pool %d (10.0.0.10 - 10.0.0.20)", first)) {
			t.Errorf("%v does not name the other pool", err)
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools"); n != "1" || len(w.entries(t)) != 1 {
		t.Errorf("%s pools and the log %v, want the first alone", n, w.entries(t))
	}
	for _, free := range []func(*ippool.Form){
		func(f *ippool.Form) { f.VLAN = "40" },
		func(f *ippool.Form) { f.Bridge = "vmbr1" },
		func(f *ippool.Form) { f.Server = text(w.Server(t, "pve2")) },
	} {
		f := w.form("10.0.0.10", "10.0.0.20")
		free(&f)
		w.add(t, f) // the same range elsewhere is another range
	}
}

// Two administrators at once: one of them is told of the other's pool.
func TestAdd_overlapIsRefusedWhoeverComesSecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var group sync.WaitGroup
	added := make(chan int64, 16)
	for i := range 16 {
		group.Go(func() {
			id, err := w.book.Add(t.Context(), int64(i), w.form(fmt.Sprintf("10.0.0.%d", 10+i), fmt.Sprintf("10.0.0.%d", 26+i)))
			if _, refused := errors.AsType[ippool.FormErrors](err); err != nil && !refused {
				t.Errorf("Add: %v", err)
			}
			if err == nil {
				added <- id
			}
		})
	}
	group.Wait()
	if n := len(added); n != 1 {
		t.Errorf("%d pools were added that all hold 10.0.0.26, want 1", n)
	}
}

func TestEdit_changesOnlyWhatComesLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	service := w.service(t)
	w.lease(t, w.store, service, 1)
	f := w.form("10.0.0.10", "10.0.0.30")
	f.Type, f.Mask, f.Gateway, f.DNS1 = "", "16", "10.0.0.2", ""
	if err := w.book.Edit(t.Context(), admin, id, w.pool(t, id).Seen, f); err != nil {
		t.Fatal(err)
	}
	w.lastEntry(t, "changed IP pool "+text(id), "mask 24 -> 16", "gateway 10.0.0.1 -> 10.0.0.2", "dns1 9.9.9.9 -> none", "address_stop 10.0.0.20 -> 10.0.0.30")
	held, err := w.store.Held(t.Context(), service)
	if err != nil || held[0].Bits != 24 || held[0].Gateway.String() != "10.0.0.1" {
		t.Errorf("the guest has %+v, %v; want it as it was", held, err)
	}
	later := w.lease(t, w.store, w.service(t), 1)
	if later[0].Bits != 16 || later[0].Gateway.String() != "10.0.0.2" || later[0].Address.String() != "10.0.0.11" {
		t.Errorf("the next guest gets %+v", later)
	}
	before := len(w.entries(t))
	if err := w.book.Edit(t.Context(), admin, id, w.pool(t, id).Seen, f); err != nil || len(w.entries(t)) != before {
		t.Errorf("an edit that changes nothing: %v, log %v", err, w.entries(t)[before:])
	}
}

func TestEdit_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	w.add(t, w.form("10.0.0.30", "10.0.0.40"))
	seen := w.pool(t, id).Seen
	six := w.form("2001:db8::2", "2001:db8::9")
	six.Type, six.Gateway = "ipv6", "2001:db8::1"
	for want, edit := range map[string]func() error{
		"The type of a pool cannot be changed": func() error { return w.book.Edit(t.Context(), admin, id, seen, six) },
		"overlaps pool":                        func() error { return w.book.Edit(t.Context(), admin, id, seen, w.form("10.0.0.10", "10.0.0.30")) },
		"somebody else has changed":            func() error { return w.book.Edit(t.Context(), admin, id, "other", w.form("10.0.0.10", "10.0.0.21")) },
		"there is no such IP pool":             func() error { return w.book.Edit(t.Context(), admin, 999, seen, w.form("10.0.0.10", "10.0.0.21")) },
	} {
		if err := edit(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if n := len(w.entries(t)); n != 2 || w.pool(t, id).Seen != seen {
		t.Errorf("the pool became %+v, log %v", w.pool(t, id), w.entries(t))
	}
}

func TestDelete_isRefusedWhileServicesUseAddresses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	service := w.service(t)
	w.lease(t, w.store, service, 2)
	shown := w.Service(t, w.client, w.product, w.server)
	w.Exec(t, "UPDATE tblhosting SET assignedips = '10.0.0.15' WHERE id = ?", shown)
	must(t, w.book.Keep(t.Context(), admin, id, "10.0.0.16", "spam"))
	err := w.book.Delete(t.Context(), admin, id)
	if use, ok := errors.AsType[pools.InUseError](err); !ok || use.Count != 3 || !strings.Contains(err.Error(), "3 of its addresses are in use by services") {
		t.Errorf("Delete = %v, want it refused for three addresses", err)
	}
	must(t, w.store.FreeAddresses(t.Context(), service))
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Terminated' WHERE id = ?", shown)
	must(t, w.book.Delete(t.Context(), admin, id))
	w.lastEntry(t, "deleted IP pool "+text(id), "10.0.0.10 - 10.0.0.20", "kept back in it: 1")
	if n := w.Text(t, "SELECT CONCAT((SELECT COUNT(*) FROM puq_proxmox_kvm_ip_pools), (SELECT COUNT(*) FROM kvmbridge_ip_allocations))"); n != "00" {
		t.Errorf("pools and allocations = %s, want none", n)
	}
	if err := w.book.Delete(t.Context(), admin, id); !errors.Is(err, pools.ErrNoPool) {
		t.Errorf("Delete again = %v, want ErrNoPool", err)
	}
}

// An allocation that is under way is waited for, and then it counts.
func TestDelete_waitsForAllocationsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	q, err := w.store.Handle().BeginTxx(t.Context(), nil) // as an allocation does: the pool in share mode, then its row
	must(t, err)
	_, err = q.ExecContext(t.Context(), "SELECT id FROM puq_proxmox_kvm_ip_pools WHERE id = ? LOCK IN SHARE MODE", id)
	must(t, err)
	_, err = q.ExecContext(t.Context(), `INSERT INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at)
		VALUES (?, 'vmbr0', 0, ?, 1, ?, 24, '', '', '2031-01-01')`, w.server, []byte{10, 0, 0, 10}, id)
	must(t, err)
	answer := make(chan error, 1)
	go func() { answer <- w.book.Delete(t.Context(), admin, id) }()
	select {
	case err := <-answer:
		t.Fatalf("Delete did not wait: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	must(t, q.Commit())
	if use, ok := errors.AsType[pools.InUseError](<-answer); !ok || use.Count != 1 {
		t.Errorf("Delete = %v, want it refused for the one address", use)
	}
}

// Another process, whose lists of free addresses are from before the end of the pool, hands nothing out from it.
func TestDelete_isInForceForEveryProcessAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.Store(t, func(c *store.Config) { c.Clock = stopped{} }) // whose lists never grow old
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	first := w.service(t)
	w.lease(t, second, first, 1)
	must(t, w.store.FreeAddresses(t.Context(), first))
	must(t, w.book.Delete(t.Context(), admin, id))
	if got, err := second.Lease(t.Context(), w.want(w.service(t), 1)); err == nil {
		t.Errorf("Lease = %v of a deleted pool", got)
	}
}

// However allocations and the end of a pool fall together: either the pool stays or nobody has an address of it.
func TestDelete_neverTakesThePoolOfAnAllocation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.Store(t)
	for round := range 12 {
		id := w.add(t, w.form("10.0.0.10", "10.0.0.40"))
		a, b := w.service(t), w.service(t)
		var group sync.WaitGroup
		var deleted error
		group.Go(func() { _, _ = second.Lease(t.Context(), w.want(a, 1)) }) // may find nothing any more
		group.Go(func() { _, _ = w.store.Lease(t.Context(), w.want(b, 1)) })
		group.Go(func() { deleted = w.book.Delete(t.Context(), admin, id) })
		group.Wait()
		held := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations WHERE pool_id = ?", id)
		_, refused := errors.AsType[pools.InUseError](deleted)
		switch {
		case deleted == nil && held != "0":
			t.Fatalf("round %d: the pool is deleted and %s addresses of it are held", round, held)
		case deleted != nil && !refused:
			t.Fatalf("round %d: %v", round, deleted)
		}
		must(t, w.store.FreeAddresses(t.Context(), a))
		must(t, w.store.FreeAddresses(t.Context(), b))
		if refused {
			must(t, w.book.Delete(t.Context(), admin, id))
		}
	}
}

// stopped is a clock that stands still.
type stopped struct{ clock.System }

func (stopped) Now() time.Time { return time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC) }

// A process that knows an older version of a pool hands nothing out from it.
func TestEdit_isInForceForEveryProcessAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.Store(t)
	id := w.add(t, w.form("10.0.0.10", "10.0.0.20"))
	w.lease(t, second, w.service(t), 1)
	f := w.form("10.0.0.15", "10.0.0.20")
	f.Mask = "16"
	must(t, w.book.Edit(t.Context(), admin, id, w.pool(t, id).Seen, f))
	if got := w.lease(t, second, w.service(t), 1); got[0].Address.String() != "10.0.0.15" || got[0].Bits != 16 {
		t.Errorf("the other process hands out %+v, want 10.0.0.15/16", got)
	}
	must(t, w.book.Edit(t.Context(), admin, id, w.pool(t, id).Seen, w.form("10.0.0.16", "10.0.0.20")))
	other := w.form("10.0.0.15", "10.0.0.15")
	other.VLAN = "5"
	w.add(t, other)
	w.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools WHERE id = ?", id) // by hand
	if got, err := second.Lease(t.Context(), w.want(w.service(t), 1)); err == nil {
		t.Errorf("the other process hands out %+v of a pool that is no more", got)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The tables of others: whatever stands in them is shown with what is wrong.
func TestPools_showsBrokenRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, testdb.Bare())
	w.Exec(t, `CREATE TABLE puq_proxmox_kvm_ip_pools (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, server_id VARCHAR(20) NULL, type TEXT NULL, bridge TEXT NULL,
		vlan VARCHAR(20) NULL, gateway TEXT NULL, mask VARCHAR(20) NULL, dns1 TEXT NULL, address_start TEXT NULL, address_stop TEXT NULL) DEFAULT CHARSET=latin1`)
	must(t, w.store.Migrate(t.Context()))
	insert := func(server, kind, bridge, vlan, gateway, mask, dns, start, stop any) int64 {
		return w.Exec(t, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, dns1, address_start, address_stop)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, server, kind, bridge, vlan, gateway, mask, dns, start, stop)
	}
	empty := insert(nil, nil, nil, nil, nil, nil, nil, nil, nil)
	texts := insert("x", "IPX", "<b>", "many", "gw", "/24", "ns", "first", "last")
	lost := insert("4711", "IPv4", "vmbr0", "0", "10.0.0.1", "24", "", "10.0.0.10", "10.0.0.20")
	odd := insert(text(w.server), "IPv6", "vmbr0", "", "10.0.0.1", "24", "none", "10.0.0.10", "10.0.0.20")
	twin := insert(text(w.server), "", "vmbr0", "0", "10.0.0.1", "24", nil, "10.0.0.20", "10.0.0.30")
	for id, want := range map[int64][]string{
		empty: {"Choose the server", "The bridge must be", "The gateway must be", "The mask must be", "The first address must be", "The last address must be"},
		texts: {"Choose the server", "The VLAN must be a number from 0 to 4094 (0 means untagged), not \"many\"", "not \"gw\"", "not \"/24\"", "not \"first\"", "not \"last\"", "The bridge"},
		lost:  {"Server 4711 is no Proxmox server"},
		odd:   nil,
		twin:  nil,
	} {
		p := w.pool(t, id)
		if len(p.Faults) != len(want) {
			t.Errorf("pool %d: faults %v, want %d", id, p.Faults, len(want))
		}
		for _, part := range want {
			if !strings.Contains(p.Faults.Error(), part) {
				t.Errorf("pool %d: faults %v, want %q", id, p.Faults, part)
			}
		}
	}
	warnings := strings.Join(w.pool(t, odd).Warnings, " ")
	for _, part := range []string{"The DNS server must be an IP address", "The type says IPv6, the range is IPv4", fmt.Sprintf("overlaps pool %d (10.0.0.20 - 10.0.0.30)", twin)} {
		if !strings.Contains(warnings, part) {
			t.Errorf("warnings %q, want %q", warnings, part)
		}
	}
	if got := w.lease(t, w.store, w.service(t), 1); got[0].PoolID != odd { // it was in use before and stays so
		t.Errorf("the allocator takes %+v, want pool %d", got, odd)
	}
	must(t, w.book.Delete(t.Context(), admin, texts))
	f := w.form("10.8.0.10", "10.8.0.20")
	must(t, w.book.Edit(t.Context(), admin, empty, w.pool(t, empty).Seen, f))
	if p := w.pool(t, empty); len(p.Faults) > 0 || p.Usage.String() != "0% (0/11)" {
		t.Errorf("mended: %+v", p)
	}
	list, err := w.book.Pools(t.Context())
	if err != nil || len(list) != 4 {
		t.Errorf("%d pools, %v", len(list), err)
	}
}
