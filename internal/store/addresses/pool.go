package addresses

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// AddPool writes a pool and returns its number; the caller has checked it with ippool.Check.
func (b *Book) AddPool(ctx context.Context, p ippool.Pool) (int64, error) {
	res, err := putPool(ctx, b.sql, p)
	if err != nil {
		return 0, fmt.Errorf("add a pool to server %d: %w", p.ServerID, err)
	}
	return res.LastInsertId()
}

// PutPool writes a pool within the caller's transaction. Call Freed after the commit.
func PutPool(ctx context.Context, q *sqlx.Tx, p ippool.Pool) error {
	_, err := putPool(ctx, q, p)
	return err
}

func putPool(ctx context.Context, q sqlx.ExecerContext, p ippool.Pool) (sql.Result, error) {
	dns := [2]string{}
	for i, a := range p.DNS {
		dns[min(i, 1)] = a.String()
	}
	kind := "ipv4"
	if p.First.Is6() {
		kind = "ipv6"
	}
	return q.ExecContext(ctx, `INSERT INTO puq_proxmox_kvm_ip_pools
		(server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ServerID, kind, p.Bridge, p.VLAN, p.Gateway.String(), p.Bits, dns[0], dns[1], p.First.String(), p.Last.String())
}

// Pools lists the usable pools of every server by id, as the caller's transaction sees them.
func Pools(ctx context.Context, q *sqlx.Tx) ([]ippool.Pool, error) {
	var rows []PoolRow
	if err := q.SelectContext(ctx, &rows, SelectPools+" ORDER BY id"); err != nil {
		return nil, fmt.Errorf("read the address pools: %w", err)
	}
	var pools []ippool.Pool
	for _, r := range rows {
		if p, faults := r.Pool(); len(faults) == 0 {
			pools = append(pools, p)
		}
	}
	return pools, nil
}
