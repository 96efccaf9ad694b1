package addresses

import (
	"context"
	"net/netip"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// FreeAddresses gives back everything a service holds, in one transaction with what WHMCS and the record show. The
// addresses may be handed out again at once.
func (b *Book) FreeAddresses(ctx context.Context, serviceID int64) error {
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		if err := Drop(ctx, q, serviceID); err != nil {
			return err
		}
		return publish(ctx, q, []showing{{serviceID: serviceID, reverse: map[string]string{}}})
	})
	b.Freed()
	return wrap(err, "free the addresses", serviceID)
}

// Drop takes everything from a service within the caller's transaction, which has to see to what WHMCS and the record
// show. Call Freed after the commit.
func Drop(ctx context.Context, q *sqlx.Tx, serviceID int64) error {
	return let(ctx, q, "service_id = ?", serviceID)
}

// let ends allocations; an address that an administrator wants kept back stays, without a holder. The first statement
// locks them all, so that nobody can change his mind between the two.
func let(ctx context.Context, q *sqlx.Tx, which string, args ...any) error {
	_, err := q.ExecContext(ctx, "UPDATE kvmbridge_ip_allocations SET service_id = IF(note IS NULL, service_id, 0) WHERE "+which, args...)
	if err == nil {
		_, err = q.ExecContext(ctx, "DELETE FROM kvmbridge_ip_allocations WHERE "+which, args...)
	}
	return err
}

// Freed lets the next calls of Lease look again at what is free.
func (b *Book) Freed() { b.pools.forget() }

// GiveBack implements vm.Addresses. A call of Lease for the same service waits for it, and it for that.
func (b *Book) GiveBack(ctx context.Context, serviceID int64, addresses []netip.Addr) error {
	if len(addresses) == 0 {
		return nil
	}
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error { return giveBack(ctx, q, serviceID, addresses) })
	b.Freed()
	return wrap(err, "give back addresses", serviceID)
}

func giveBack(ctx context.Context, q *sqlx.Tx, serviceID int64, addresses []netip.Addr) error {
	states, err := lockHeld(ctx, q, []*request{{want: ippool.Want{ServiceID: serviceID}}})
	if err != nil {
		return err
	}
	h := states[serviceID]
	if h == nil || !h.leave(addresses) {
		return nil
	}
	var list [][]byte
	for _, a := range addresses {
		list = append(list, a.AsSlice())
	}
	which, args, err := sqlx.In("service_id = ? AND address IN (?)", serviceID, list)
	if err != nil {
		return err
	}
	if err := let(ctx, q, which, args...); err != nil {
		return err
	}
	return publish(ctx, q, []showing{{serviceID, slices.Concat(h.v4, h.v6), h.reverse}})
}

// leave takes addresses out of h, with their reverse names, and reports whether it held any of them.
func (h *holding) leave(addresses []netip.Addr) bool {
	before := len(h.v4) + len(h.v6)
	gone := func(l ippool.Lease) bool { return slices.Contains(addresses, l.Address) }
	for _, l := range slices.Concat(h.v4, h.v6) {
		if gone(l) {
			delete(h.reverse, ippool.Expand(l.Address))
		}
	}
	h.v4, h.v6 = slices.DeleteFunc(h.v4, gone), slices.DeleteFunc(h.v6, gone)
	return len(h.v4)+len(h.v6) < before
}
