package addresses

import (
	"context"
	"net/netip"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Lease implements vm.Addresses. The unique key over (server, bridge, VLAN, address) decides who gets an address. Calls
// that arrive while a transaction runs share the next one. A call that is given up may still be carried out; the next
// one finds what it did.
func (b *Book) Lease(ctx context.Context, want ippool.Want) ([]ippool.Lease, error) {
	r := &request{want: want, began: b.clock.Now(), done: make(chan struct{})}
	b.requests.add(context.WithoutCancel(ctx), b, r)
	select {
	case <-ctx.Done():
		return nil, wrap(ctx.Err(), "lease addresses", want.ServiceID)
	case <-r.done:
	}
	if r.err != nil {
		return nil, wrap(r.err, "lease addresses", want.ServiceID)
	}
	return r.held, nil
}

// Held implements vm.Addresses.
func (b *Book) Held(ctx context.Context, serviceID int64) ([]ippool.Lease, error) {
	var rows []heldRow
	err := b.sql.SelectContext(ctx, &rows, `SELECT bridge, vlan, address, pool_id, prefix_bits, gateway, dns FROM kvmbridge_ip_allocations
		WHERE service_id = ? ORDER BY LENGTH(address), id`, serviceID)
	if err != nil {
		return nil, wrap(err, "list the addresses", serviceID)
	}
	var list []ippool.Lease
	for _, r := range rows {
		list = append(list, r.lease())
	}
	return list, nil
}

// heldRow is an allocation.
type heldRow struct {
	Bridge  string `db:"bridge"`
	VLAN    int    `db:"vlan"`
	Address []byte `db:"address"`
	PoolID  int64  `db:"pool_id"`
	Bits    int    `db:"prefix_bits"`
	Gateway []byte `db:"gateway"`
	DNS     string `db:"dns"`
}

func (r heldRow) lease() ippool.Lease {
	address, _ := netip.AddrFromSlice(r.Address)
	gateway, _ := netip.AddrFromSlice(r.Gateway)
	return ippool.Lease{
		Address: address, PoolID: r.PoolID,
		Network: ippool.Network{Bridge: r.Bridge, VLAN: r.VLAN, Bits: r.Bits, Gateway: gateway, DNS: ippool.ParseAddresses(r.DNS)},
	}
}

func bytesOf(a netip.Addr) []byte {
	if !a.IsValid() {
		return []byte{}
	}
	return a.AsSlice()
}

// showing is what WHMCS and the record show of one service's addresses.
type showing struct {
	serviceID int64
	held      []ippool.Lease
	reverse   map[string]string
}

// lines are the addresses as tblhosting has them: the first IPv4 (or the first IPv6 of a machine without IPv4) in
// dedicatedip, the others one per line in assignedips (product-spec §2, A-39).
func (s showing) lines() (dedicated, assigned string) {
	var lines []string
	for _, l := range s.held {
		lines = append(lines, ippool.Expand(l.Address))
	}
	if len(lines) == 0 {
		return "", ""
	}
	return lines[0], strings.Join(lines[1:], "\n")
}

// publish writes what is shown, for all services at once. One UPDATE over both tables would need a temporary table.
func publish(ctx context.Context, q *sqlx.Tx, list []showing) error {
	var ids, reverse, dedicated, assigned []any
	for _, s := range list {
		first, others := s.lines()
		ids = append(ids, s.serviceID)
		reverse = append(reverse, s.serviceID, plain.JSON(s.reverse))
		dedicated = append(dedicated, s.serviceID, first)
		assigned = append(assigned, s.serviceID, others)
	}
	choice := strings.Repeat(" WHEN ? THEN ?", len(list))
	in := " IN (?" + strings.Repeat(", ?", len(list)-1) + ")"
	_, err := q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_rev_dns = CASE service_id"+choice+" END WHERE service_id"+in, append(reverse, ids...)...)
	if err != nil {
		return err
	}
	n, err := tx.Affected(q.ExecContext(ctx, "UPDATE tblhosting SET dedicatedip = CASE id"+choice+" END, assignedips = CASE id"+choice+" END WHERE id"+in,
		append(append(dedicated, assigned...), ids...)...))
	if err == nil && n < int64(len(list)) {
		return vm.ErrNoService
	}
	return err
}
