package addresses

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

const (
	// listLife is how old a list of free addresses may be. Others may take or free addresses meanwhile: what was taken
	// costs a failed INSERT, what was freed is seen late.
	listLife = time.Second
	// listSize is how many free addresses are looked up at a time.
	listSize = 512
	// stagger is how far behind the lowest free address a process may go while it has rivals.
	stagger = 128
)

// source is a pool, or the legacy list of a server as a whole, with some of its free addresses, lowest first.
type source struct {
	key    string        // tells it from what it was before an edit
	pools  []ippool.Pool // one pool, or all entries of the legacy list
	legacy bool
	busy   []netip.Addr // never handed out although nobody holds them: gateways, entries of the legacy list

	mu     sync.Mutex
	free   []ippool.Lease
	filled time.Time
	whole  bool      // free held everything that was free when it was filled
	rivals time.Time // when another process was last seen to take an address from this list
	flying map[flight]bool
}

// flight is a candidate that was handed to a transaction which is not over.
type flight struct {
	address netip.Addr
	bridge  string
	vlan    int
}

func flightOf(l ippool.Lease) flight { return flight{l.Address, l.Bridge, l.VLAN} }

// pop hands out the lowest candidate that serves want; lists made before notBefore are made anew.
func (s *source) pop(ctx context.Context, b *Book, q *sqlx.Tx, want ippool.Want, notBefore time.Time) (ippool.Lease, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filled.Before(notBefore) || (len(s.free) == 0 && !s.whole) {
		if err := s.fill(ctx, b, q); err != nil {
			return ippool.Lease{}, false, err
		}
	}
	i := s.choose(want, b.clock.Now())
	if i < 0 {
		return ippool.Lease{}, false, nil
	}
	l := s.free[i]
	s.free = slices.Delete(s.free, i, i+1)
	s.flying[flightOf(l)] = true
	return l, true, nil
}

// claim hands out one particular address; false when it is not to be had here.
func (s *source) claim(a netip.Addr, want ippool.Want) (ippool.Lease, bool) {
	i := slices.IndexFunc(s.pools, func(p ippool.Pool) bool {
		l := ippool.Lease{Address: a, Network: p.Network}
		return ippool.Contains(p, a) && a != p.Gateway && !slices.Contains(s.busy, a) && s.serves(l, want, familyOf(a))
	})
	if i < 0 {
		return ippool.Lease{}, false
	}
	l := ippool.Lease{Address: a, Network: s.pools[i].Network, PoolID: s.pools[i].ID}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flying[flightOf(l)] {
		return ippool.Lease{}, false
	}
	s.flying[flightOf(l)] = true
	s.free = slices.DeleteFunc(s.free, func(f ippool.Lease) bool { return flightOf(f) == flightOf(l) })
	return l, true
}

// choose is the lowest candidate that serves want, or one shortly behind it while another process takes from the same
// pool: two processes that both go for the lowest would wait for each other at every address.
func (s *source) choose(want ippool.Want, now time.Time) int {
	fits := func(l ippool.Lease) bool { return want.Auto || (l.Bridge == want.Bridge && l.VLAN == want.VLAN) }
	i := slices.IndexFunc(s.free, fits)
	if i < 0 || !s.rivals.Add(listLife).After(now) {
		return i
	}
	j := min(i+rand.N(stagger), len(s.free)-1) //nolint:gosec // spreads, does not hide
	if fits(s.free[j]) {
		return j
	}
	return i
}

// serves reports whether a candidate of this list is one that want may get.
func (s *source) serves(l ippool.Lease, want ippool.Want, family int) bool {
	return s.pools[0].ServerID == want.ServerID && familyOf(l.Address) == family &&
		(want.Auto || (l.Bridge == want.Bridge && l.VLAN == want.VLAN))
}

func (s *source) fill(ctx context.Context, b *Book, q *sqlx.Tx) error {
	now := b.clock.Now()
	var free []ippool.Lease
	var err error
	if s.legacy {
		free, err = s.freeLegacy(ctx, b, q)
	} else {
		free, err = s.freeOfPool(ctx, b, q, listSize+len(s.flying))
	}
	if err != nil {
		return err
	}
	s.whole = s.legacy || len(free) < listSize+len(s.flying)
	s.free = slices.DeleteFunc(free, func(l ippool.Lease) bool { return s.flying[flightOf(l)] })
	s.filled = now
	return nil
}

// lost ends a flight whose address another process has taken; stale makes the next pop look again.
func (s *source) lost(l ippool.Lease, at time.Time, stale bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flying, flightOf(l))
	s.rivals = at
	if stale {
		s.filled = time.Time{}
	}
}

// landed ends a flight: the address is somebody's now.
func (s *source) landed(l ippool.Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flying, flightOf(l))
}

// putBack ends a flight of an address that stayed free.
func (s *source) putBack(l ippool.Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flying, flightOf(l))
	if s.legacy { // its order is not by address; the next list has it again
		s.filled = time.Time{}
		return
	}
	i, there := slices.BinarySearchFunc(s.free, l, func(a, b ippool.Lease) int { return a.Address.Compare(b.Address) })
	if !there {
		s.free = slices.Insert(s.free, i, l)
	}
}

// expire makes the next pop look again, because addresses were freed.
func (s *source) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filled = time.Time{}
}

func familyOf(a netip.Addr) int {
	if a.Is4() {
		return 4
	}
	return 6
}
