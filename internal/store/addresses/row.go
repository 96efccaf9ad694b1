package addresses

import (
	"database/sql"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// SelectPools reads PoolRows; a condition may follow.
const SelectPools = `SELECT id, server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop FROM puq_proxmox_kvm_ip_pools`

// PoolRow is a pool as the table holds it; the table may have been made by somebody else, so everything is text.
type PoolRow struct {
	ID      int64          `db:"id"`
	Server  sql.NullString `db:"server_id"`
	Type    sql.NullString `db:"type"`
	Bridge  sql.NullString `db:"bridge"`
	VLAN    sql.NullString `db:"vlan"`
	Gateway sql.NullString `db:"gateway"`
	Mask    sql.NullString `db:"mask"`
	DNS1    sql.NullString `db:"dns1"`
	DNS2    sql.NullString `db:"dns2"`
	Start   sql.NullString `db:"address_start"`
	Stop    sql.NullString `db:"address_stop"`
}

// Form is the row as the form shows it.
func (r PoolRow) Form() ippool.Form {
	return ippool.Form{
		Server: r.Server.String, Type: r.Type.String, Bridge: r.Bridge.String, VLAN: r.VLAN.String, Gateway: r.Gateway.String,
		Mask: r.Mask.String, DNS1: r.DNS1.String, DNS2: r.DNS2.String, Start: r.Start.String, Stop: r.Stop.String,
	}
}

// Pool is the row as addresses are handed out from it: none are when there are faults. Neither the type nor an unreadable
// DNS server keeps anybody from using a pool whose range is good.
func (r PoolRow) Pool() (ippool.Pool, ippool.FormErrors) {
	f := r.Form()
	f.Type, f.DNS1, f.DNS2 = "", "", ""
	p, faults := f.Pool()
	p.ID, p.ServerID = r.ID, int64(plain.Number(r.Server.String))
	p.DNS = ippool.ParseAddresses(r.DNS1.String + " " + r.DNS2.String)
	return p, faults
}
