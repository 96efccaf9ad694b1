package addresses

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
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
		busy := s.gateways(p)
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

// gateways of every pool on the same network: none of them is ever handed out.
func (s *serverPools) gateways(p ippool.Pool) []netip.Addr {
	var list []netip.Addr
	for _, pools := range [][]ippool.Pool{s.pools, s.legacy} {
		for _, o := range pools {
			if o.Bridge == p.Bridge && o.VLAN == p.VLAN && !slices.Contains(list, o.Gateway) {
				list = append(list, o.Gateway)
			}
		}
	}
	return list
}

func (s *serverPools) loadPools(ctx context.Context, q *sqlx.Tx, serverID int64) error {
	var rows []poolRow
	err := q.SelectContext(ctx, &rows, `SELECT id, server_id, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop
		FROM puq_proxmox_kvm_ip_pools WHERE server_id = ? ORDER BY id`, serverID)
	if err != nil {
		return fmt.Errorf("read the address pools of server %d: %w", serverID, err)
	}
	for _, r := range rows {
		p := r.pool()
		if faults := ippool.Check(p); len(faults) > 0 {
			s.faults = append(s.faults, fmt.Sprintf("pool %d is not used: %s", p.ID, strings.Join(faults, " ")))
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
		for _, p := range pools {
			if !slices.Contains(s.gateways(p), p.First) {
				s.legacy = append(s.legacy, p)
			}
		}
		for _, p := range problems {
			s.faults = append(s.faults, "the address list of the server entry: "+p.String())
		}
	}
	return nil
}

// poolRow is a pool as the table holds it; the table may have been made by somebody else, so everything is text.
type poolRow struct {
	ID       int64          `db:"id"`
	ServerID int64          `db:"server_id"`
	Bridge   sql.NullString `db:"bridge"`
	VLAN     sql.NullString `db:"vlan"`
	Gateway  sql.NullString `db:"gateway"`
	Mask     sql.NullString `db:"mask"`
	DNS1     sql.NullString `db:"dns1"`
	DNS2     sql.NullString `db:"dns2"`
	Start    sql.NullString `db:"address_start"`
	Stop     sql.NullString `db:"address_stop"`
}

func (r poolRow) pool() ippool.Pool {
	return ippool.Pool{
		ID: r.ID, ServerID: r.ServerID, First: address(r.Start), Last: address(r.Stop),
		Network: ippool.Network{
			Bridge: strings.TrimSpace(r.Bridge.String), VLAN: plain.Number(r.VLAN.String), Bits: plain.Number(r.Mask.String),
			Gateway: address(r.Gateway), DNS: ippool.ParseAddresses(r.DNS1.String + " " + r.DNS2.String),
		},
	}
}

// address reads one address; anything else is none.
func address(s sql.NullString) netip.Addr {
	a, err := netip.ParseAddr(strings.TrimSpace(s.String))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}
