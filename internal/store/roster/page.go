package roster

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// row is a service with everything that belongs to it, or a record without a service.
type row struct {
	ID            int64          `db:"id"`
	ClientID      sql.NullInt64  `db:"userid"`
	ServiceStatus sql.NullString `db:"domainstatus"`
	Shown         sql.NullString `db:"shown"`
	First         sql.NullString `db:"firstname"`
	Last          sql.NullString `db:"lastname"`
	Company       sql.NullString `db:"companyname"`
	Product       sql.NullString `db:"product"`
	Server        sql.NullString `db:"server_name"`
	Record        sql.NullInt64  `db:"service_id"`
	VMID          sql.NullString `db:"vm_id"`
	Name          sql.NullString `db:"vm_name"`
	Status        sql.NullString `db:"vm_status"`
	RevDNS        sql.NullString `db:"vm_rev_dns"`
	Attention     sql.NullString `db:"attention"`
}

const (
	record = "i.service_id, i.vm_id, i.vm_name, i.vm_status, i.vm_rev_dns, v.attention"

	whole = `SELECT h.id, h.userid, h.domainstatus, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown, c.firstname, c.lastname, c.companyname,
		p.name AS product, s.name AS server_name, ` + record + ` FROM tblhosting h
		LEFT JOIN tblclients c ON c.id = h.userid LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server
		LEFT JOIN puqProxmoxKVM_vm_info i ON i.service_id = h.id LEFT JOIN kvmbridge_vm v ON v.service_id = h.id
		WHERE h.id IN (?)`

	orphan = `SELECT i.service_id AS id, s.name AS server_name, ` + record + ` FROM puqProxmoxKVM_vm_info i
		LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblservers s ON s.id = v.server_id
		WHERE i.service_id IN (?)`
)

// Machines implements roster.Source.
func (r *Rows) Machines(ctx context.Context, ids []int64) ([]roster.Machine, error) {
	list, err := r.ask(ctx, whole, ids)
	if err != nil {
		return nil, err
	}
	left := slices.Clone(ids)
	for _, m := range list {
		left = slices.DeleteFunc(left, func(id int64) bool { return id == m.ServiceID })
	}
	if len(left) == 0 {
		return list, nil
	}
	gone, err := r.ask(ctx, orphan, left)
	for i := range gone {
		gone[i].Gone = true
	}
	return append(list, gone...), err
}

// ask reads machines, each once: a record may be there twice in a table that is not ours.
func (r *Rows) ask(ctx context.Context, question string, ids []int64) ([]roster.Machine, error) {
	query, args, err := sqlx.In(question, ids)
	if err != nil {
		return nil, err
	}
	var rows []row
	if err := r.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, fmt.Errorf("read a page of machines: %w", err)
	}
	list, seen := make([]roster.Machine, 0, len(rows)), make(map[int64]bool, len(rows))
	for _, row := range rows {
		if !seen[row.ID] {
			seen[row.ID] = true
			list = append(list, row.machine())
		}
	}
	return list, nil
}

func (r row) machine() roster.Machine {
	m := roster.Machine{
		ServiceID: r.ID, ServiceStatus: r.ServiceStatus.String,
		Client:  roster.Client{ID: r.ClientID.Int64, Name: roster.Decoded(r.First.String + " " + r.Last.String), Company: roster.Decoded(r.Company.String)},
		Product: roster.Decoded(r.Product.String), Server: roster.Decoded(r.Server.String),
		Recorded: r.Record.Valid, VMID: plain.Number(r.VMID.String), Name: r.Name.String, Status: pipeline.State(r.Status.String),
		Attention: r.Attention.String,
	}
	names := plain.Names(r.RevDNS.String)
	shown := ippool.ParseAddresses(r.Shown.String)
	if !r.ServiceStatus.Valid { // WHMCS shows none
		shown = known(names)
	}
	for _, a := range shown {
		m.Addresses = append(m.Addresses, roster.Address{Addr: a, Reverse: reverse(names, a)})
	}
	return m
}

// known are the addresses that have a name, in order.
func known(names map[string]string) []netip.Addr {
	var list []netip.Addr
	for text := range names {
		list = append(list, ippool.ParseAddresses(text)...)
	}
	slices.SortFunc(list, netip.Addr.Compare)
	return slices.Compact(list)
}

// reverse is the name of an address, whose key should be written in full but may have been edited.
func reverse(names map[string]string, a netip.Addr) string {
	if name, ok := names[ippool.Expand(a)]; ok {
		return name
	}
	return names[a.String()]
}
