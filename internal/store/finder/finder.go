package finder

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// Finder is safe for concurrent use.
type Finder struct{ sql *sqlx.DB }

// New asks the database behind db.
func New(db *sqlx.DB) *Finder { return &Finder{db} }

// FindBy lists, in order, the services with a record that text means: by service id, VM id, address, VM name or domain.
func (f *Finder) FindBy(ctx context.Context, text string) ([]int64, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	find := f.findByName
	if _, err := strconv.Atoi(text); err == nil {
		find = f.findByNumber
	} else if a, err := netip.ParseAddr(text); err == nil {
		find = func(ctx context.Context, _ string) ([]int64, error) {
			return f.findByAddress(ctx, a.Unmap().WithZone(""))
		}
	}
	ids, err := find(ctx, text)
	if err != nil {
		return nil, fmt.Errorf("look for %q: %w", text, err)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

func (f *Finder) findByNumber(ctx context.Context, n string) ([]int64, error) {
	var ids []int64
	err := f.sql.SelectContext(ctx, &ids, "SELECT service_id FROM puqProxmoxKVM_vm_info WHERE service_id = ? OR vm_id = ?", n, n)
	return ids, err
}

func (f *Finder) findByName(ctx context.Context, name string) ([]int64, error) {
	var ids []int64
	err := f.sql.SelectContext(ctx, &ids, `SELECT i.service_id FROM puqProxmoxKVM_vm_info i LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE i.vm_name = ? OR h.domain = ?`, name, name)
	return ids, err
}

// findByAddress asks the allocations, and WHMCS for machines whose addresses were never leased here.
func (f *Finder) findByAddress(ctx context.Context, a netip.Addr) ([]int64, error) {
	var ids []int64
	err := f.sql.SelectContext(ctx, &ids, `SELECT i.service_id FROM kvmbridge_ip_allocations a
		JOIN puqProxmoxKVM_vm_info i ON i.service_id = a.service_id WHERE a.address = ?`, a.AsSlice())
	if err != nil {
		return nil, err
	}
	var shown []struct {
		ServiceID int64          `db:"service_id"`
		Text      sql.NullString `db:"shown"`
	}
	err = f.sql.SelectContext(ctx, &shown, `SELECT i.service_id, CONCAT_WS(' ', h.dedicatedip, h.assignedips) AS shown
		FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id WHERE h.dedicatedip <> '' OR h.assignedips <> ''`)
	for _, s := range shown {
		if slices.Contains(ippool.ParseAddresses(s.Text.String), a) {
			ids = append(ids, s.ServiceID)
		}
	}
	return ids, err
}

// Row is one line of the list of machines.
type Row struct {
	ServiceID     int64
	VMID          int // 0 = none yet
	Name          string
	Node          string // where it was last seen
	Status        pipeline.State
	Adopted       bool
	ServiceStatus string // tblhosting.domainstatus, "" when WHMCS has no such service any more
}

// Machines lists the records of one server, by service.
func (f *Finder) Machines(ctx context.Context, serverID int64) ([]Row, error) {
	list, err := Machines(ctx, f.sql, serverID)
	if err != nil {
		return nil, fmt.Errorf("list the machines of server %d: %w", serverID, err)
	}
	return list, nil
}

// Machines lists the records of one server through q, by service.
func Machines(ctx context.Context, q sqlx.QueryerContext, serverID int64) ([]Row, error) {
	var rows []struct {
		ServiceID     int64          `db:"service_id"`
		VMID          sql.NullString `db:"vm_id"`
		Name          sql.NullString `db:"vm_name"`
		Status        sql.NullString `db:"vm_status"`
		Node          sql.NullString `db:"node"`
		Adopted       bool           `db:"adopted"`
		ServiceStatus sql.NullString `db:"domainstatus"`
	}
	err := sqlx.SelectContext(ctx, q, &rows, `SELECT i.service_id, i.vm_id, i.vm_name, i.vm_status, v.node, COALESCE(v.adopted, 1) AS adopted, h.domainstatus
		FROM puqProxmoxKVM_vm_info i LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE COALESCE(v.server_id, h.server) = ? ORDER BY i.service_id`, serverID)
	list := make([]Row, 0, len(rows))
	for _, r := range rows {
		list = append(list, Row{
			ServiceID: r.ServiceID, VMID: plain.Number(r.VMID.String), Name: r.Name.String, Node: r.Node.String,
			Status: pipeline.State(r.Status.String), Adopted: r.Adopted, ServiceStatus: r.ServiceStatus.String,
		})
	}
	return list, err
}
