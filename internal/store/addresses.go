package store

import (
	"context"
	"database/sql"
	"net/netip"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Lease implements vm.Addresses. The unique key over (server, bridge, VLAN, address) decides who gets an address; the
// lists of candidates only keep processes from trying the same one.
func (d *DB) Lease(ctx context.Context, want ippool.Want) ([]ippool.Lease, error) {
	g := grant{d: d, want: want, began: d.cfg.Clock.Now()}
	err := d.inTx(ctx, func(tx *sqlx.Tx) error { return g.topUp(ctx, tx) })
	g.giveBack(err == nil)
	if err != nil {
		return nil, wrap(err, "lease addresses", want.ServiceID)
	}
	return g.held, nil
}

// Held implements vm.Addresses.
func (d *DB) Held(ctx context.Context, serviceID int64) ([]ippool.Lease, error) {
	var rows []heldRow
	err := d.sql.SelectContext(ctx, &rows, `SELECT server_id, bridge, vlan, address, pool_id, prefix_bits, gateway, dns FROM kvmbridge_ip_allocations
		WHERE service_id = ? ORDER BY LENGTH(address), id`, serviceID)
	if err != nil {
		return nil, wrap(err, "list the addresses", serviceID)
	}
	return leases(rows), nil
}

// heldRow is an allocation; every column is NULL where an outer join found none.
type heldRow struct {
	ServerID sql.NullInt64  `db:"server_id"`
	Bridge   sql.NullString `db:"bridge"`
	VLAN     sql.NullInt64  `db:"vlan"`
	Address  []byte         `db:"address"`
	PoolID   sql.NullInt64  `db:"pool_id"`
	Bits     sql.NullInt64  `db:"prefix_bits"`
	Gateway  []byte         `db:"gateway"`
	DNS      sql.NullString `db:"dns"`
}

func leases(rows []heldRow) []ippool.Lease {
	var list []ippool.Lease
	for _, r := range rows {
		a, ok := netip.AddrFromSlice(r.Address)
		if !ok {
			continue
		}
		gateway, _ := netip.AddrFromSlice(r.Gateway)
		list = append(list, ippool.Lease{
			Address: a, PoolID: r.PoolID.Int64,
			Network: ippool.Network{
				Bridge: r.Bridge.String, VLAN: int(r.VLAN.Int64), Bits: int(r.Bits.Int64),
				Gateway: gateway, DNS: ippool.ParseAddresses(r.DNS.String),
			},
		})
	}
	return list
}

// insertLease reports whether the address was free.
func insertLease(ctx context.Context, tx *sqlx.Tx, g *grant, l ippool.Lease) (bool, error) {
	var dns []string
	for _, a := range l.DNS {
		dns = append(dns, a.String())
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO kvmbridge_ip_allocations
		(server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		g.want.ServerID, l.Bridge, l.VLAN, l.Address.AsSlice(), g.want.ServiceID, l.PoolID, l.Bits, bytesOf(l.Gateway), strings.Join(dns, ","), moment(g.began))
	if errorNumber(err) == errDuplicate {
		return false, nil
	}
	return err == nil, err
}

func bytesOf(a netip.Addr) []byte {
	if !a.IsValid() {
		return []byte{}
	}
	return a.AsSlice()
}

// publish writes the addresses where WHMCS and the record show them: the first IPv4 (or the first IPv6 of a machine
// without IPv4) in dedicatedip, the others one per line in assignedips, and a reverse name for each new one.
func publish(ctx context.Context, tx *sqlx.Tx, serviceID int64, held []ippool.Lease, reverse map[string]string) error {
	var lines []string
	for _, l := range held {
		lines = append(lines, ippool.Expand(l.Address))
	}
	if len(lines) == 0 {
		lines = []string{""}
	}
	// Two statements: one UPDATE over both tables would need a temporary table.
	_, err := tx.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = ? WHERE service_id = ?", asciiJSON(reverse), serviceID)
	if err != nil {
		return err
	}
	n, err := affected(tx.ExecContext(ctx, "UPDATE tblhosting SET dedicatedip = ?, assignedips = ? WHERE id = ?",
		lines[0], strings.Join(lines[1:], "\n"), serviceID))
	if err == nil && n == 0 {
		return vm.ErrNoService
	}
	return err
}
