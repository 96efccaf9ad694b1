package addresses

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// holding is what a service has at the start of a try.
type holding struct {
	v4, v6  []ippool.Lease // in order of allocation
	reverse map[string]string
	domain  string
	shown   []netip.Addr // what WHMCS shows at the service although no allocation explains it
	status  pipeline.State
}

// refusal keeps addresses from a machine whose life has ended: a pass that was overtaken must not lease for it.
func (h *holding) refusal() error {
	switch {
	case h == nil:
		return vm.ErrNoMachine
	case h.status == vm.Removed, h.status == vm.Terminate, h.status == vm.ErrorTerminate:
		return fmt.Errorf("%w: it is at %q", vm.ErrRefused, h.status)
	}
	return nil
}

func (h *holding) add(l ippool.Lease) {
	h.shown = slices.DeleteFunc(h.shown, func(a netip.Addr) bool { return a == l.Address })
	if familyOf(l.Address) == 4 {
		h.v4 = append(h.v4, l)
	} else {
		h.v6 = append(h.v6, l)
	}
}

// stateRow is a service's record with one of its allocations; a service without any has one row of NULLs.
type stateRow struct {
	ServiceID int64          `db:"service_id"`
	Status    sql.NullString `db:"vm_status"`
	Reverse   sql.NullString `db:"vm_rev_dns"`
	Domain    sql.NullString `db:"domain"`
	Shown     sql.NullString `db:"shown"`
	ID        sql.NullInt64  `db:"id"`
	Bridge    sql.NullString `db:"bridge"`
	VLAN      sql.NullInt64  `db:"vlan"`
	Address   []byte         `db:"address"`
	PoolID    sql.NullInt64  `db:"pool_id"`
	Bits      sql.NullInt64  `db:"prefix_bits"`
	Gateway   []byte         `db:"gateway"`
	DNS       sql.NullString `db:"dns"`
}

// lockHeld reads what the services hold and keeps other processes' calls for the same services waiting; a service
// without a record is missing in the answer. The domain comes from a sub-query because that is not locked: we have no
// right to lock rows of tblhosting.
func lockHeld(ctx context.Context, q *sqlx.Tx, requests []*request) (map[int64]*holding, error) {
	var ids []int64
	for _, r := range requests {
		ids = append(ids, r.want.ServiceID)
	}
	slices.Sort(ids) // locks are taken in one order
	query, args, err := sqlx.In(`SELECT v.service_id, i.vm_status, i.vm_rev_dns, (SELECT h.domain FROM tblhosting h WHERE h.id = v.service_id) AS domain,
		(SELECT CONCAT_WS(' ', h.dedicatedip, h.assignedips) FROM tblhosting h WHERE h.id = v.service_id) AS shown, a.id, a.bridge, a.vlan, a.address, a.pool_id, a.prefix_bits, a.gateway, a.dns
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id
		LEFT JOIN kvmbridge_ip_allocations a ON a.service_id = v.service_id
		WHERE v.service_id IN (?) FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	var rows []stateRow
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	// Sorted here: ORDER BY would make the server write a temporary table, because vm_rev_dns is a text.
	slices.SortFunc(rows, func(a, b stateRow) int { return cmp.Compare(a.ID.Int64, b.ID.Int64) })
	states := map[int64]*holding{}
	for _, r := range rows {
		h := states[r.ServiceID]
		if h == nil {
			h = &holding{
				reverse: plain.Names(r.Reverse.String), domain: r.Domain.String, shown: ippool.ParseAddresses(r.Shown.String),
				status: pipeline.State(r.Status.String),
			}
			states[r.ServiceID] = h
		}
		if r.ID.Valid {
			h.add(heldRow{r.Bridge.String, int(r.VLAN.Int64), r.Address, r.PoolID.Int64, int(r.Bits.Int64), r.Gateway, r.DNS.String}.lease())
		}
	}
	return states, nil
}

// insert writes all candidates at once. It reports false when another process has taken some of them; nothing is
// written then.
func (g *grant) insert(ctx context.Context, q *sqlx.Tx) (bool, error) {
	var args []any
	n := 0
	for _, r := range g.requests {
		for _, p := range r.fresh {
			l := p.lease
			args = append(args, r.want.ServerID, l.Bridge, l.VLAN, l.Address.AsSlice(), r.want.ServiceID, l.PoolID, l.Bits, bytesOf(l.Gateway), dnsText(l), tx.Moment(r.began))
			n++
		}
	}
	if n == 0 {
		return true, nil
	}
	const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_ip_allocations
		(server_id, bridge, vlan, address, service_id, pool_id, prefix_bits, gateway, dns, allocated_at) VALUES `+row+strings.Repeat(", "+row, n-1), args...)
	if tx.Number(err) == tx.Duplicate {
		return false, nil
	}
	return err == nil, err
}

func dnsText(l ippool.Lease) string {
	var list []string
	for _, a := range l.DNS {
		list = append(list, a.String())
	}
	return strings.Join(list, ",")
}

// dropTaken forgets the candidates that other processes have. When that happens again, the lists are out of date.
func (g *grant) dropTaken(ctx context.Context, q *sqlx.Tx, again bool) error {
	var addresses [][]byte
	for _, r := range g.requests {
		for _, p := range r.fresh {
			addresses = append(addresses, p.lease.Address.AsSlice())
		}
	}
	held, err := heldBy(ctx, q, addresses)
	if err != nil {
		return err
	}
	taken := map[place]bool{}
	for h, networks := range held {
		for _, n := range networks {
			taken[place{h.address, n}] = true
		}
	}
	now := g.b.clock.Now()
	for _, r := range g.requests {
		r.fresh = slices.DeleteFunc(r.fresh, func(p picked) bool {
			gone := taken[place{p.lease.Address, network{r.want.ServerID, p.lease.Bridge, p.lease.VLAN}}]
			switch {
			case gone && p.kept:
				p.from.landed(p.lease)
			case gone:
				p.from.lost(p.lease, now, again)
			}
			return gone
		})
	}
	return nil
}

// place is where an address can be held once.
type place struct {
	address netip.Addr
	network network
}
