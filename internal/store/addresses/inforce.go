package addresses

import (
	"context"
	"reflect"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// inForce reports whether the pools of all candidates are still what their lists were made from, and keeps them so until
// the end of the transaction: who edits or deletes a pool waits for it. Candidates of other pools are dropped, and
// everything is read anew.
func (g *grant) inForce(ctx context.Context, q *sqlx.Tx) (bool, error) {
	ids := g.poolIDs()
	if len(ids) == 0 {
		return true, nil
	}
	query, args, err := sqlx.In(SelectPools+" WHERE id IN (?) ORDER BY id LOCK IN SHARE MODE", ids)
	if err != nil {
		return false, err
	}
	var rows []PoolRow
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return false, err
	}
	pools := map[int64]ippool.Pool{}
	for _, r := range rows {
		if p, faults := r.Pool(); len(faults) == 0 {
			pools[p.ID] = p
		}
	}
	return g.dropOutdated(pools), nil
}

// poolIDs lists the pools of the candidates in one order, so that locks are taken in it.
func (g *grant) poolIDs() []int64 {
	var ids []int64
	for _, r := range g.requests {
		for _, p := range r.fresh {
			if p.lease.PoolID != 0 && !slices.Contains(ids, p.lease.PoolID) {
				ids = append(ids, p.lease.PoolID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}

func (g *grant) dropOutdated(pools map[int64]ippool.Pool) (whole bool) {
	outdated := func(p picked) bool {
		if p.from.legacy || reflect.DeepEqual(pools[p.lease.PoolID], p.from.pools[0]) {
			return false
		}
		p.from.landed(p.lease) // its list is not asked again
		whole = false
		return true
	}
	whole = true
	for _, r := range g.requests {
		r.fresh = slices.DeleteFunc(r.fresh, outdated)
	}
	if whole {
		return true
	}
	g.spare = slices.DeleteFunc(g.spare, outdated)
	g.b.pools.forget()
	return false
}
