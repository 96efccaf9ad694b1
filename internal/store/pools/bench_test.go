package pools_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

// crowd is 100,000 services with an address each, in 25 pools of 4096.
func crowd(b *testing.B) (*testdb.DB, *pools.Book, int64) {
	b.Helper()
	db := testdb.New(b)
	server := db.Server(b, "pve")
	var last int64
	for i := range 25 {
		last = db.Exec(b, `INSERT INTO puq_proxmox_kvm_ip_pools (server_id, type, bridge, vlan, gateway, mask, address_start, address_stop) VALUES (?, 'ipv4', 'vmbr0', 0, '10.0.0.1', 8, ?, ?)`,
			server, fmt.Sprintf("10.%d.0.0", i+1), fmt.Sprintf("10.%d.15.255", i+1))
	}
	const all, batch = 100_000, 1000
	for begin := 0; begin < all; begin += batch {
		var services, rows, records []string
		for i := begin; i < begin+batch; i++ {
			address := fmt.Sprintf("10.%d.%d.%d", i/4000+1, i%4000/256, i%256)
			hex := fmt.Sprintf("x'0a%02x%02x%02x'", i/4000+1, i%4000/256, i%256)
			services = append(services, fmt.Sprintf("(%d, 1, 1, %d, '', '', 'Monthly', 'Active', '', '', '', '', '%s', '', '', '')", i+1, server, address))
			rows = append(rows, fmt.Sprintf("(%d, 'vmbr0', 0, %s, %d, 1, 8, '', '', '2031-01-01')", server, hex, i+1))
			records = append(records, fmt.Sprintf("(%d, 'ready', 'vm-%d')", i+1, i+1))
		}
		db.Exec(b, `INSERT INTO tblhosting (id, userid, packageid, server, domain, paymentmethod, billingcycle, domainstatus, username, password, notes,
			suspendreason, dedicatedip, assignedips, ns1, ns2) VALUES `+strings.Join(services, ", "))
		db.Exec(b, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status, vm_name) VALUES "+strings.Join(records, ", "))
		db.Exec(b, `INSERT IGNORE INTO kvmbridge_ip_allocations (server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at) VALUES `+strings.Join(rows, ", "))
	}
	return db, pools.New(db.Store(b).Handle(), clock.System{}, func() {}), last
}

func BenchmarkBook(b *testing.B) {
	db, book, last := crowd(b)
	b.Run("floor", func(b *testing.B) { // the rows that decide, read and thrown away
		for b.Loop() {
			for _, query := range []string{"SELECT id, dedicatedip, assignedips FROM tblhosting WHERE dedicatedip <> ''", "SELECT id, server_id, bridge, vlan, address, service_id FROM kvmbridge_ip_allocations"} {
				rows, err := db.SQL.QueryContext(b.Context(), query)
				if err != nil {
					b.Fatal(err)
				}
				for rows.Next() {
				}
				if err := errors.Join(rows.Err(), rows.Close()); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("list of pools", func(b *testing.B) {
		for b.Loop() {
			if list, err := book.Pools(b.Context()); err != nil || len(list) != 25 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("addresses by VM name", func(b *testing.B) {
		for b.Loop() {
			if page, err := book.Addresses(b.Context(), last, pools.Filter{Text: "vm-99999"}); err != nil || page.Total != 1 {
				b.Fatal(page.Total, err)
			}
		}
	})
}
