package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// grant is one call of Lease.
type grant struct {
	d     *DB
	want  ippool.Want
	began time.Time
	held  []ippool.Lease
	taken []picked // candidates inserted by the present try
	spare []picked // candidates of a try that the server rolled back
}

// picked is a candidate on its way, with the list it came from.
type picked struct {
	lease ippool.Lease
	from  *source
}

// topUp is one try of the transaction.
func (g *grant) topUp(ctx context.Context, tx *sqlx.Tx) error {
	g.spare, g.taken = append(g.spare, g.taken...), nil
	state, err := lockHeld(ctx, tx, g.want.ServiceID)
	if err != nil {
		return err
	}
	v4, v6 := split(state.held)
	fresh4, err := g.more(ctx, tx, 4, g.want.IPv4-len(v4))
	if err != nil {
		return err
	}
	fresh6, err := g.more(ctx, tx, 6, g.want.IPv6-len(v6))
	if err != nil {
		return err
	}
	g.held = append(append(append(v4, fresh4...), v6...), fresh6...)
	if len(g.taken) == 0 {
		return nil
	}
	for _, p := range g.taken {
		state.reverse[ippool.Expand(p.lease.Address)] = state.domain
	}
	return publish(ctx, tx, g.want.ServiceID, g.held, state.reverse)
}

// more inserts n further addresses of one family.
func (g *grant) more(ctx context.Context, tx *sqlx.Tx, family, n int) ([]ippool.Lease, error) {
	var list []ippool.Lease
	for len(list) < n {
		p, err := g.next(ctx, tx, family)
		if err != nil {
			return nil, err
		}
		free, err := insertLease(ctx, tx, g, p.lease)
		switch {
		case err != nil:
			g.spare = append(g.spare, p)
			return nil, err
		case free:
			g.taken, list = append(g.taken, p), append(list, p.lease)
		default:
			p.from.lost(p.lease, g.d.cfg.Clock.Now())
		}
	}
	return list, nil
}

// next is a candidate that nobody else in this process tries.
func (g *grant) next(ctx context.Context, tx *sqlx.Tx, family int) (picked, error) {
	for i, p := range g.spare {
		if familyOf(p.lease.Address) == family {
			g.spare = append(g.spare[:i], g.spare[i+1:]...)
			return p, nil
		}
	}
	sources, faults, err := g.d.pools.sources(ctx, g.d, tx, g.want, family)
	if err != nil {
		return picked{}, err
	}
	// First what the lists hold; if that is nothing, look again with lists made after this call began.
	for _, notBefore := range []time.Time{g.began.Add(-listLife), g.began} {
		for _, s := range sources {
			l, ok, err := s.pop(ctx, g.d, tx, g.want, notBefore)
			if err != nil {
				return picked{}, err
			}
			if ok {
				return picked{l, s}, nil
			}
		}
	}
	return picked{}, noAddress(g.want, family, len(sources), faults)
}

// giveBack tells the lists what became of their candidates.
func (g *grant) giveBack(committed bool) {
	for _, p := range g.spare {
		p.from.putBack(p.lease)
	}
	for _, p := range g.taken {
		if committed {
			p.from.landed(p.lease)
		} else {
			p.from.putBack(p.lease)
		}
	}
}

// holding is what a service has at the start of a try.
type holding struct {
	held    []ippool.Lease
	reverse map[string]string
	domain  string
}

// stateRow is one allocation of a service with what the service's record says.
type stateRow struct {
	heldRow
	ID      sql.NullInt64  `db:"id"`
	Reverse sql.NullString `db:"vm_rev_dns"`
	Domain  sql.NullString `db:"domain"`
}

// lockHeld reads what the service holds and keeps other calls for the same service waiting. The domain comes from a
// sub-query because that is not locked: we have no right to lock rows of tblhosting.
func lockHeld(ctx context.Context, tx *sqlx.Tx, serviceID int64) (holding, error) {
	var rows []stateRow
	err := tx.SelectContext(ctx, &rows, `SELECT i.vm_rev_dns, (SELECT h.domain FROM tblhosting h WHERE h.id = v.service_id) AS domain,
		a.id, a.server_id, a.bridge, a.vlan, a.address, a.pool_id, a.prefix_bits, a.gateway, a.dns
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id
		LEFT JOIN kvmbridge_ip_allocations a ON a.service_id = v.service_id
		WHERE v.service_id = ? FOR UPDATE`, serviceID)
	if err != nil {
		return holding{}, err
	}
	if len(rows) == 0 {
		return holding{}, vm.ErrNoMachine
	}
	// Sorted here: ORDER BY would make the server write a temporary table, because vm_rev_dns is a text.
	slices.SortFunc(rows, func(a, b stateRow) int { return cmp.Compare(a.ID.Int64, b.ID.Int64) })
	h := holding{reverse: names(rows[0].Reverse.String), domain: rows[0].Domain.String}
	for _, r := range rows {
		h.held = append(h.held, leases([]heldRow{r.heldRow})...)
	}
	return h, nil
}

func split(all []ippool.Lease) (v4, v6 []ippool.Lease) {
	for _, l := range all {
		if familyOf(l.Address) == 4 {
			v4 = append(v4, l)
		} else {
			v6 = append(v6, l)
		}
	}
	return v4, v6
}

func noAddress(want ippool.Want, family, pools int, faults []string) error {
	place := fmt.Sprintf("bridge %s, VLAN %d", want.Bridge, want.VLAN)
	if want.Auto {
		place = "any bridge and VLAN"
	}
	advice := "add a larger pool or free addresses"
	if pools == 0 {
		advice = "add a pool for this server, bridge and VLAN"
	}
	sentence := fmt.Sprintf("no free IPv%d address on server %d (%s): %d pools match; %s", family, want.ServerID, place, pools, advice)
	return pipeline.WithFault(errors.New(strings.Join(append([]string{sentence}, faults...), "; ")), pipeline.NeedsPerson)
}
