package pools

import (
	"context"
	"database/sql"
	"net/netip"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
)

// Kind is why an address cannot be handed out.
type Kind string

// Kinds of taken addresses.
const (
	Leased  Kind = "leased"  // a service holds it
	Kept    Kind = "kept"    // kept back by an administrator
	Gateway Kind = "gateway" // of this or another pool of the network
	Listed  Kind = "listed"  // in the address list of the server entry, which has it to itself
	Shown   Kind = "shown"   // a live service shows it in WHMCS without holding it
)

// taken is an address that is not handed out.
type taken struct {
	address netip.Addr
	kind    Kind
	service int64 // of Leased and Shown
	row     int64 // of Leased and Kept: kvmbridge_ip_allocations.id
}

// network is where an address is unique.
type network struct {
	server int64
	bridge string
	vlan   int
}

func networkOf(p ippool.Pool) network { return network{p.ServerID, p.Bridge, p.VLAN} }

// server is an entry in WHMCS; those of other modules are only named.
type server struct {
	ID     int64          `db:"id"`
	Name   string         `db:"name"`
	Module string         `db:"type"`
	List   sql.NullString `db:"assignedips"`
}

// row is a pool of the table as it can be read.
type row struct {
	addresses.PoolRow
	pool   ippool.Pool
	faults ippool.FormErrors
}

func readRow(r addresses.PoolRow) row {
	p, faults := r.Pool()
	return row{r, p, faults}
}

// holder has an address.
type holder struct {
	address netip.Addr
	service int64
}

// census is everything that decides whether an address is taken.
type census struct {
	rows    []row // by id
	servers map[int64]server
	pools   []ippool.Pool           // those that addresses are handed out from
	legacy  map[int64][]ippool.Pool // by server
	held    map[network][]taken     // by address
	loose   []taken                 // by address: shown by a service that holds the address nowhere
}

func takeCensus(ctx context.Context, q sqlx.QueryerContext) (*census, error) {
	c := &census{servers: map[int64]server{}, legacy: map[int64][]ippool.Pool{}, held: map[network][]taken{}}
	for _, read := range []func(context.Context, sqlx.QueryerContext) error{c.readPools, c.readServers, c.readAllocations} {
		if err := read(ctx, q); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *census) readPools(ctx context.Context, q sqlx.QueryerContext) error {
	var err error
	if c.rows, err = readRows(ctx, q, addresses.SelectPools+" ORDER BY id"); err != nil {
		return err
	}
	for _, r := range c.rows {
		if len(r.faults) == 0 {
			c.pools = append(c.pools, r.pool)
		}
	}
	return nil
}

func readRows(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]row, error) {
	var rows []addresses.PoolRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	list := make([]row, 0, len(rows))
	for _, r := range rows {
		list = append(list, readRow(r))
	}
	return list, nil
}

func (c *census) readServers(ctx context.Context, q sqlx.QueryerContext) error {
	var servers []server
	if err := sqlx.SelectContext(ctx, q, &servers, "SELECT id, name, type, assignedips FROM tblservers"); err != nil {
		return err
	}
	for _, s := range servers {
		c.servers[s.ID] = s
		entries, _ := ippool.ParseLegacy(s.List.String, s.ID)
		c.legacy[s.ID] = ippool.Listed(c.pools, entries)
	}
	return nil
}

func (c *census) readAllocations(ctx context.Context, q sqlx.QueryerContext) error {
	rows, err := q.QueryxContext(ctx, "SELECT id, server_id, bridge, vlan, address, service_id FROM kvmbridge_ip_allocations")
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	holders := map[holder]bool{}
	for rows.Next() {
		n, t, err := scanAllocation(rows)
		if err != nil {
			return err
		}
		c.held[n] = append(c.held[n], t)
		holders[holder{t.address, t.service}] = true
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, list := range c.held {
		slices.SortFunc(list, byAddress)
	}
	return c.readMentions(ctx, q, holders)
}

func scanAllocation(rows *sqlx.Rows) (n network, t taken, err error) {
	var address sql.RawBytes
	err = rows.Scan(&t.row, &n.server, &n.bridge, &n.vlan, &address, &t.service)
	t.address, _ = netip.AddrFromSlice(address)
	t.kind = Leased
	if t.service == 0 {
		t.kind = Kept
	}
	return n, t, err
}

// readMentions keeps what a service shows without holding it anywhere: who holds it elsewhere explains it by that.
func (c *census) readMentions(ctx context.Context, q sqlx.QueryerContext, holders map[holder]bool) error {
	mentions, err := addresses.Mentions(ctx, q)
	if err != nil {
		return err
	}
	for a, services := range mentions {
		for _, s := range services {
			if !holders[holder{a, s}] {
				c.loose = append(c.loose, taken{address: a, kind: Shown, service: s})
			}
		}
	}
	slices.SortFunc(c.loose, byAddress)
	return nil
}

func byAddress(a, b taken) int {
	if order := a.address.Compare(b.address); order != 0 {
		return order
	}
	return int(a.service - b.service)
}

// taken lists what of p's range is not handed out, by address, each address once.
func (c *census) taken(p ippool.Pool) []taken {
	list := slices.Concat(within(p, c.held[networkOf(p)]), within(p, c.busy(p)), within(p, c.loose))
	slices.SortStableFunc(list, func(a, b taken) int { return a.address.Compare(b.address) }) // who holds it comes first
	return slices.CompactFunc(list, func(a, b taken) bool { return a.address == b.address })
}

// busy are addresses that are nobody's and yet never handed out from p.
func (c *census) busy(p ippool.Pool) []taken {
	list := []taken{{address: p.Gateway, kind: Gateway}}
	for _, a := range ippool.Gateways(p, c.pools, c.legacy[p.ServerID]) {
		list = append(list, taken{address: a, kind: Gateway})
	}
	for _, l := range c.legacy[p.ServerID] {
		list = append(list, taken{address: l.First, kind: Listed})
	}
	slices.SortStableFunc(list, func(a, b taken) int { return a.address.Compare(b.address) })
	return list
}

// within is the part of a sorted list that lies in p's range.
func within(p ippool.Pool, list []taken) []taken {
	if ippool.Family(p) == 0 {
		return nil
	}
	from, _ := slices.BinarySearchFunc(list, p.First, func(t taken, a netip.Addr) int { return t.address.Compare(a) })
	to := from
	for to < len(list) && !p.Last.Less(list[to].address) {
		to++
	}
	return list[from:to]
}
