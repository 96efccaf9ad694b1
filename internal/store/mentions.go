package store

import (
	"context"
	"net/netip"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// mention is an address that WHMCS shows at a service.
type mention struct {
	address   netip.Addr
	serviceID int64
}

// namedElsewhere lists addresses of a pool's range that a live service shows in WHMCS, or the legacy list names,
// although no allocation of this network explains it. A service that holds the address on another bridge, VLAN or
// server explains its own mention: the same private range may exist twice.
func (d *DB) namedElsewhere(ctx context.Context, tx *sqlx.Tx, p ippool.Pool) ([]netip.Addr, error) {
	all, err := d.pools.mentioned(ctx, d, tx)
	if err != nil {
		return nil, err
	}
	var inside []mention
	for _, m := range all {
		if ippool.Contains(p, m.address) {
			inside = append(inside, m)
		}
	}
	if len(inside) == 0 {
		return nil, nil
	}
	explained, err := heldElsewhere(ctx, tx, p)
	if err != nil {
		return nil, err
	}
	var list []netip.Addr
	for _, m := range inside {
		if !explained[m] {
			list = append(list, m.address)
		}
	}
	return list, nil
}

func heldElsewhere(ctx context.Context, tx *sqlx.Tx, p ippool.Pool) (map[mention]bool, error) {
	var rows []struct {
		Address   []byte `db:"address"`
		ServiceID int64  `db:"service_id"`
	}
	err := tx.SelectContext(ctx, &rows, `SELECT address, service_id FROM kvmbridge_ip_allocations WHERE address >= ? AND address <= ?
		AND NOT (server_id = ? AND bridge = ? AND vlan = ?)`, p.First.AsSlice(), p.Last.AsSlice(), p.ServerID, p.Bridge, p.VLAN)
	if err != nil {
		return nil, err
	}
	held := make(map[mention]bool, len(rows))
	for _, r := range rows {
		a, _ := netip.AddrFromSlice(r.Address)
		held[mention{a, r.ServiceID}] = true
	}
	return held, nil
}

// mentioned reads every address that a live service shows: live in WHMCS, or with a guest that is not cleaned up yet.
// The columns are free text that administrators edit, so no index helps; the answer is kept for listLife.
func (a *allocator) mentioned(ctx context.Context, d *DB, tx *sqlx.Tx) ([]mention, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := d.cfg.Clock.Now()
	if a.mentionsAt.Add(listLife).After(now) {
		return a.mentions, nil
	}
	var rows []struct {
		ID        int64  `db:"id"`
		Dedicated string `db:"dedicatedip"`
		Assigned  string `db:"assignedips"`
	}
	err := tx.SelectContext(ctx, &rows, `SELECT h.id, COALESCE(h.dedicatedip, '') AS dedicatedip, COALESCE(h.assignedips, '') AS assignedips
		FROM tblhosting h LEFT JOIN puqProxmoxKVM_vm_info i ON i.service_id = h.id
		WHERE (h.dedicatedip <> '' OR h.assignedips <> '')
		AND (h.domainstatus IN ('Pending', 'Active', 'Suspended', 'Completed') OR i.vm_status <> 'remove')`)
	if err != nil {
		return nil, err
	}
	a.mentions, a.mentionsAt = nil, now
	for _, r := range rows {
		for _, address := range ippool.ParseAddresses(r.Dedicated + "\n" + r.Assigned) {
			a.mentions = append(a.mentions, mention{address, r.ID})
		}
	}
	return a.mentions, nil
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
