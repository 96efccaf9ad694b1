package ippool

import (
	"iter"
	"math/big"
	"net/netip"
)

// Gaps returns up to limit free addresses of p, lowest first. used yields taken addresses in ascending order; doubles and
// addresses outside of the pool do no harm. The gateway is never free. The range is not enumerated: the work is
// proportional to the taken addresses below the last gap found, and reading stops as soon as limit is reached.
func Gaps(p Pool, used iter.Seq[netip.Addr], limit int) []netip.Addr {
	walk, ok := newGapWalk(p, limit)
	if !ok {
		return nil
	}
	for taken := range used {
		if walk.passBy(plain(taken)) {
			return walk.free
		}
	}
	walk.collectUpTo(walk.last)
	return walk.free
}

// gapWalk goes up a range: everything below next is decided.
type gapWalk struct {
	next, last, gateway netip.Addr
	free                []netip.Addr
	limit               int
}

func newGapWalk(p Pool, limit int) (*gapWalk, bool) {
	first, last := plain(p.First), plain(p.Last)
	if limit <= 0 || !sound(first, last) {
		return nil, false
	}
	return &gapWalk{next: first, last: last, gateway: plain(p.Gateway), limit: limit}, true
}

// passBy collects what is free below taken and reports whether the walk is over.
func (w *gapWalk) passBy(taken netip.Addr) (over bool) {
	if taken.BitLen() != w.last.BitLen() || taken.Less(w.next) {
		return false
	}
	if w.last.Less(taken) {
		w.collectUpTo(w.last)
		return true
	}
	if w.next.Less(taken) {
		w.collectUpTo(taken.Prev())
	}
	w.next = taken.Next()
	return w.done()
}

// collectUpTo takes every address from next to last until the limit; next ends behind the last one looked at.
func (w *gapWalk) collectUpTo(last netip.Addr) {
	for !w.done() && !last.Less(w.next) {
		if w.next != w.gateway {
			w.free = append(w.free, w.next)
		}
		w.next = w.next.Next()
	}
}

// done is true at the limit, behind the pool and at the end of the family's address space, where Next has no answer.
func (w *gapWalk) done() bool {
	return len(w.free) >= w.limit || !w.next.IsValid() || w.last.Less(w.next)
}

// Size is how many addresses the pool spans, both ends included and the gateway counted (product-spec §9.2);
// 0 for a pool whose ends make no range.
func Size(p Pool) *big.Int {
	first, last := plain(p.First), plain(p.Last)
	if !sound(first, last) {
		return new(big.Int)
	}
	low := new(big.Int).SetBytes(first.AsSlice())
	high := new(big.Int).SetBytes(last.AsSlice())
	return high.Sub(high, low).Add(high, big.NewInt(1))
}

// Contains reports whether a lies within the pool's range; the gateway is contained although it is never handed out.
func Contains(p Pool, a netip.Addr) bool {
	first, last, a := plain(p.First), plain(p.Last), plain(a)
	return sound(first, last) && a.BitLen() == first.BitLen() && !a.Less(first) && !last.Less(a)
}

// Overlaps reports whether both pools could hand out the same address: same server, bridge and VLAN, and a common part.
func Overlaps(a, b Pool) bool {
	return a.ServerID == b.ServerID && a.Bridge == b.Bridge && a.VLAN == b.VLAN &&
		(Contains(a, b.First) || Contains(b, a.First))
}

// Family is 4 or 6, or 0 for a pool whose ends make no range.
func Family(p Pool) int {
	first, last := plain(p.First), plain(p.Last)
	switch {
	case !sound(first, last):
		return 0
	case first.Is4():
		return 4
	default:
		return 6
	}
}

// plain drops what makes equal addresses unequal: the IPv4-in-IPv6 form and a zone.
func plain(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

func sound(first, last netip.Addr) bool {
	return first.IsValid() && first.BitLen() == last.BitLen() && !last.Less(first)
}
