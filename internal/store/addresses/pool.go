package addresses

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// AddPool writes a pool and returns its number; the caller has checked it with ippool.Check.
func (b *Book) AddPool(ctx context.Context, p ippool.Pool) (int64, error) {
	dns := [2]string{}
	for i, a := range p.DNS {
		dns[min(i, 1)] = a.String()
	}
	kind := "ipv4"
	if p.First.Is6() {
		kind = "ipv6"
	}
	res, err := b.sql.ExecContext(ctx, `INSERT INTO puq_proxmox_kvm_ip_pools
		(server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ServerID, kind, p.Bridge, p.VLAN, p.Gateway.String(), p.Bits, dns[0], dns[1], p.First.String(), p.Last.String())
	if err != nil {
		return 0, fmt.Errorf("add a pool to server %d: %w", p.ServerID, err)
	}
	return res.LastInsertId()
}
