package addresses

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// holder is a service that has an address in some network.
type holder struct {
	address   netip.Addr
	serviceID int64
}

// network is where an address is unique.
type network struct {
	serverID int64
	bridge   string
	vlan     int
}

// unmentioned drops candidates that a live service shows in WHMCS without an allocation that explains it. A service that
// holds the address on another server, bridge or VLAN explains its own mention: the same private range may exist twice.
func (b *Book) unmentioned(ctx context.Context, q *sqlx.Tx, serverID int64, list []ippool.Lease) ([]ippool.Lease, error) {
	mentions, err := b.pools.mentioned(ctx, b, q)
	if err != nil {
		return nil, err
	}
	var doubtful [][]byte
	for _, l := range list {
		if len(mentions[l.Address]) > 0 {
			doubtful = append(doubtful, l.Address.AsSlice())
		}
	}
	if len(doubtful) == 0 {
		return list, nil
	}
	held, err := heldBy(ctx, q, doubtful)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(l ippool.Lease) bool {
		here := network{serverID, l.Bridge, l.VLAN}
		return slices.ContainsFunc(mentions[l.Address], func(service int64) bool {
			networks := held[holder{l.Address, service}]
			return len(networks) == 0 || slices.Contains(networks, here)
		})
	}), nil
}

// heldBy says in which networks services hold the given addresses; service 0 holds those that are kept back.
func heldBy(ctx context.Context, q *sqlx.Tx, addresses [][]byte) (map[holder][]network, error) {
	var rows []struct {
		Address   []byte `db:"address"`
		ServiceID int64  `db:"service_id"`
		ServerID  int64  `db:"server_id"`
		Bridge    string `db:"bridge"`
		VLAN      int    `db:"vlan"`
	}
	query, args, err := sqlx.In("SELECT address, service_id, server_id, bridge, vlan FROM kvmbridge_ip_allocations WHERE address IN (?)", addresses)
	if err != nil {
		return nil, err
	}
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	held := make(map[holder][]network, len(rows))
	for _, r := range rows {
		a, _ := netip.AddrFromSlice(r.Address)
		h := holder{a, r.ServiceID}
		held[h] = append(held[h], network{r.ServerID, r.Bridge, r.VLAN})
	}
	return held, nil
}

// mentioned is Mentions, kept for listLife.
func (a *allocator) mentioned(ctx context.Context, b *Book, q *sqlx.Tx) (map[netip.Addr][]int64, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := b.clock.Now()
	if a.mentionsAt.Add(listLife).After(now) {
		return a.mentions, nil
	}
	mentions, err := Mentions(ctx, q)
	if err != nil {
		return nil, err
	}
	a.mentions, a.mentionsAt = mentions, now
	return mentions, nil
}

// Mentions reads every address that a live service shows, with those services: live in WHMCS, or with a guest that is not
// cleaned up yet. The columns are free text that administrators edit, so no index helps.
func Mentions(ctx context.Context, q sqlx.QueryerContext) (map[netip.Addr][]int64, error) {
	var rows []struct {
		ID        int64  `db:"id"`
		Dedicated string `db:"dedicatedip"`
		Assigned  string `db:"assignedips"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT h.id, COALESCE(h.dedicatedip, '') AS dedicatedip, COALESCE(h.assignedips, '') AS assignedips
		FROM tblhosting h LEFT JOIN puqProxmoxKVM_vm_info i ON i.service_id = h.id
		WHERE (h.dedicatedip <> '' OR h.assignedips <> '')
		AND (h.domainstatus IN ('Pending', 'Active', 'Suspended', 'Completed') OR i.vm_status <> 'remove')`)
	if err != nil {
		return nil, err
	}
	mentions := make(map[netip.Addr][]int64, len(rows))
	for _, r := range rows {
		for _, address := range ippool.ParseAddresses(r.Dedicated + "\n" + r.Assigned) {
			mentions[address] = append(mentions[address], r.ID)
		}
	}
	return mentions, nil
}

// forget drops what was read, so that the next call looks again. Lists lock before the allocator does, so they are told last.
func (a *allocator) forget() {
	a.mu.Lock()
	a.mentionsAt = time.Time{}
	var lists []*source
	for _, s := range a.servers {
		s.loaded = time.Time{}
		lists = append(lists, s.sources...)
	}
	a.mu.Unlock()
	for _, s := range lists {
		s.expire()
	}
}
