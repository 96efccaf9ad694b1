package addresses

import (
	"context"
	"iter"
	"net/netip"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// pageSize is how many allocations are read at a time while looking for gaps.
const pageSize = 4096

// freeOfPool finds the lowest free addresses of a pool without walking through its range: it reads the allocations in
// order and stops once it has seen enough gaps.
func (s *source) freeOfPool(ctx context.Context, b *Book, q *sqlx.Tx, limit int) ([]ippool.Lease, error) {
	var list []ippool.Lease
	rest := s.pools[0]
	for {
		missing := limit - len(list)
		var failed error
		gaps := ippool.Gaps(rest, merged(allocated(ctx, q, rest, &failed), s.busy), missing)
		if failed != nil {
			return nil, failed
		}
		free, err := b.unmentioned(ctx, q, rest.ServerID, gapLeases(rest, gaps))
		if err != nil {
			return nil, err
		}
		list = append(list, free...)
		if len(gaps) < missing || len(free) == len(gaps) {
			return list, nil
		}
		rest.First = gaps[len(gaps)-1].Next() // beyond the last address of all it is invalid, and Gaps finds nothing
	}
}

func gapLeases(p ippool.Pool, gaps []netip.Addr) []ippool.Lease {
	list := make([]ippool.Lease, 0, len(gaps))
	for _, a := range gaps {
		list = append(list, ippool.Lease{Address: a, Network: p.Network, PoolID: p.ID})
	}
	return list
}

// freeLegacy finds the free entries of a legacy list, in the order in which they stand there.
func (s *source) freeLegacy(ctx context.Context, b *Book, q *sqlx.Tx) ([]ippool.Lease, error) {
	var entries [][]byte
	for _, p := range s.pools {
		entries = append(entries, p.First.AsSlice())
	}
	held, err := heldBy(ctx, q, entries) // also what came from a pool that is no more, or is kept back
	if err != nil {
		return nil, err
	}
	taken := map[place]bool{}
	for h, networks := range held {
		for _, n := range networks {
			taken[place{h.address, n}] = true
		}
	}
	var list []ippool.Lease
	for _, p := range s.pools {
		if !taken[place{p.First, network{p.ServerID, p.Bridge, p.VLAN}}] {
			list = append(list, ippool.Lease{Address: p.First, Network: p.Network})
		}
	}
	return b.unmentioned(ctx, q, s.pools[0].ServerID, list)
}

// allocated yields a pool's addresses that have a row, in ascending order, page by page; a failure ends it.
func allocated(ctx context.Context, q *sqlx.Tx, p ippool.Pool, failed *error) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		from := p.First
		for from.IsValid() && !p.Last.Less(from) {
			var page [][]byte
			*failed = q.SelectContext(ctx, &page, `SELECT address FROM kvmbridge_ip_allocations WHERE server_id = ? AND bridge = ? AND vlan = ?
				AND address >= ? AND address <= ? ORDER BY address LIMIT ?`, p.ServerID, p.Bridge, p.VLAN, from.AsSlice(), p.Last.AsSlice(), pageSize)
			if *failed != nil {
				return
			}
			for _, b := range page {
				a, ok := netip.AddrFromSlice(b)
				if ok && a.BitLen() == from.BitLen() && !yield(a) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			last, _ := netip.AddrFromSlice(page[len(page)-1])
			from = last.Next()
		}
	}
}

// merged yields two ascending sequences as one.
func merged(a iter.Seq[netip.Addr], b []netip.Addr) iter.Seq[netip.Addr] {
	return func(yield func(netip.Addr) bool) {
		for x := range a {
			for len(b) > 0 && b[0].Less(x) {
				if !yield(b[0]) {
					return
				}
				b = b[1:]
			}
			if !yield(x) {
				return
			}
		}
		for _, y := range b {
			if !yield(y) {
				return
			}
		}
	}
}
