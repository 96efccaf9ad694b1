package addresses

import (
	"context"
	"net/netip"

	"github.com/jmoiron/sqlx"
)

// keep prefers the addresses that WHMCS already shows at the service: of an earlier life, from the reference product, or
// entered by an administrator (A-08: existing addresses stay). Each has to lie in a pool that may serve the service, and
// no other live service may show it.
func (g *grant) keep(ctx context.Context, q *sqlx.Tx, r *request, state *holding, family, n int) error {
	if len(state.shown) == 0 || r.count(family) >= n {
		return nil
	}
	sources, _, err := g.b.pools.sources(ctx, g.b, q, r.want, family)
	if err != nil {
		return err
	}
	mentions, err := g.b.pools.mentioned(ctx, g.b, q)
	if err != nil {
		return err
	}
	var later []netip.Addr
	for _, a := range state.shown {
		switch {
		case familyOf(a) != family:
			later = append(later, a)
		case r.count(family) < n && onlyBy(r.want.ServiceID, mentions[a]):
			r.claim(a, sources)
		}
	}
	state.shown = later // each is tried once
	return nil
}

func onlyBy(serviceID int64, services []int64) bool {
	for _, s := range services {
		if s != serviceID {
			return false
		}
	}
	return true
}

func (r *request) claim(a netip.Addr, sources []*source) {
	for _, s := range sources {
		if l, ok := s.claim(a, r.want); ok {
			r.fresh = append(r.fresh, picked{lease: l, from: s, kept: true})
			return
		}
	}
}
