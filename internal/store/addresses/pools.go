package addresses

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// allocator keeps, for a moment, what is known about pools.
type allocator struct {
	mu         sync.Mutex
	servers    map[int64]*serverPools
	mentions   map[netip.Addr][]int64 // address -> services that show it; never changed, only replaced
	mentionsAt time.Time
}

// serverPools is what one server's addresses may come from.
type serverPools struct {
	loaded  time.Time
	sources []*source // pools by id, then the legacy list
	faults  []string  // sentences about pools that cannot be used

	pools  []ippool.Pool // usable pools of the table
	legacy []ippool.Pool
	text   string // the legacy list as it was read
}

// sources lists where addresses of a family may come from, in the order to be tried.
func (a *allocator) sources(ctx context.Context, b *Book, q *sqlx.Tx, want ippool.Want, family int) ([]*source, []string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.server(ctx, b, q, want.ServerID)
	if err != nil {
		return nil, nil, err
	}
	var list []*source
	for _, src := range s.sources {
		if len(ippool.Choose(src.pools, want, family)) > 0 {
			list = append(list, src)
		}
	}
	return list, s.faults, nil
}

func (a *allocator) server(ctx context.Context, b *Book, q *sqlx.Tx, id int64) (*serverPools, error) {
	now := b.clock.Now()
	old := a.servers[id]
	if old != nil && old.loaded.Add(listLife).After(now) {
		return old, nil
	}
	s := &serverPools{loaded: now}
	if err := s.loadPools(ctx, q, id); err != nil {
		return nil, err
	}
	if err := s.loadLegacy(ctx, q, id); err != nil {
		return nil, err
	}
	s.join(old)
	a.servers[id] = s
	return s, nil
}

// join makes the sources and keeps the lists of candidates of those that did not change.
func (s *serverPools) join(old *serverPools) {
	known := map[string]*source{}
	if old != nil {
		for _, src := range old.sources {
			known[src.key] = src
		}
	}
	for _, p := range s.pools {
		busy := ippool.Gateways(p, s.pools, s.legacy)
		for _, l := range s.legacy { // the list keeps its addresses to itself
			busy = append(busy, l.First)
		}
		slices.SortFunc(busy, netip.Addr.Compare)
		s.add(known, &source{key: fmt.Sprint(p, s.text, busy), pools: []ippool.Pool{p}, busy: busy})
	}
	if len(s.legacy) > 0 {
		s.add(known, &source{key: fmt.Sprint(s.text, s.pools), pools: s.legacy, busy: nil, legacy: true})
	}
}

func (s *serverPools) add(known map[string]*source, fresh *source) {
	if same, ok := known[fresh.key]; ok {
		fresh = same
	}
	if fresh.flying == nil {
		fresh.flying = map[flight]bool{}
	}
	s.sources = append(s.sources, fresh)
}

func (s *serverPools) loadPools(ctx context.Context, q *sqlx.Tx, serverID int64) error {
	var rows []PoolRow
	err := q.SelectContext(ctx, &rows, SelectPools+" WHERE server_id = ? ORDER BY id", serverID)
	if err != nil {
		return fmt.Errorf("read the address pools of server %d: %w", serverID, err)
	}
	for _, r := range rows {
		p, faults := r.Pool()
		if len(faults) > 0 {
			s.faults = append(s.faults, fmt.Sprintf("pool %d is not used: %v", p.ID, faults))
			continue
		}
		s.pools = append(s.pools, p)
	}
	return nil
}

func (s *serverPools) loadLegacy(ctx context.Context, q *sqlx.Tx, serverID int64) error {
	var list []sql.NullString
	if err := q.SelectContext(ctx, &list, "SELECT assignedips FROM tblservers WHERE id = ?", serverID); err != nil {
		return fmt.Errorf("read the address list of server %d: %w", serverID, err)
	}
	for _, l := range list {
		pools, problems := ippool.ParseLegacy(l.String, serverID)
		s.text += l.String
		s.legacy = append(s.legacy, ippool.Listed(s.pools, pools)...)
		for _, p := range problems {
			s.faults = append(s.faults, "the address list of the server entry: "+p.String())
		}
	}
	return nil
}
