package pools

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Filter chooses addresses of a pool.
type Filter struct {
	Text   string // part of the address, of the VM's name or of the note, or the service's id; "" = all
	Kind   Kind   // "" = all
	Offset int
	Limit  int // 0 = 50
}

// DefaultLimit is how many addresses a page shows.
const DefaultLimit = 50

// Address is one taken address of a pool.
type Address struct {
	Address   netip.Addr
	Kind      Kind
	ServiceID int64 // of Leased and Shown
	ClientID  int64 // 0 when WHMCS has no such service
	Name      string
	Since     time.Time // of Leased and Kept, UTC
	// Note says why the address is kept back: at once, or as soon as its service gives it up.
	Note    string
	NotedBy int64 // tbladmins.id
}

// Page is a part of a pool's taken addresses.
type Page struct {
	Rows  []Address
	Total int // that pass the filter
	All   int // in the pool
}

// Addresses lists the taken addresses of a pool in order; free ones are all the others.
func (b *Book) Addresses(ctx context.Context, id int64, f Filter) (Page, error) {
	c, err := takeCensus(ctx, b.sql)
	if err != nil {
		return Page{}, fmt.Errorf("list the addresses of IP pool %d: %w", id, err)
	}
	r, err := c.row(id)
	if err != nil {
		return Page{}, err
	}
	all := c.taken(r.pool)
	fits, err := b.matcher(ctx, f)
	if err != nil {
		return Page{}, fmt.Errorf("search the addresses of IP pool %d: %w", id, err)
	}
	var found []taken
	for _, t := range all {
		if fits(t) {
			found = append(found, t)
		}
	}
	rows, err := b.details(ctx, cut(found, f))
	return Page{Rows: rows, Total: len(found), All: len(all)}, wrap(err, fmt.Sprintf("list the addresses of IP pool %d", id))
}

func cut(list []taken, f Filter) []taken {
	from := min(max(f.Offset, 0), len(list))
	limit := f.Limit
	if limit <= 0 {
		limit = DefaultLimit
	}
	return list[from:min(from+limit, len(list))]
}

// matcher asks the database once for what only it knows: names and notes with the text.
func (b *Book) matcher(ctx context.Context, f Filter) (func(taken) bool, error) {
	text := strings.ToLower(strings.TrimSpace(f.Text))
	ofKind := func(t taken) bool { return f.Kind == "" || t.kind == f.Kind }
	if text == "" {
		return ofKind, nil
	}
	named, err := b.idsOf(ctx, "SELECT service_id FROM puqProxmoxKVM_vm_info WHERE LOCATE(?, LOWER(CONVERT(vm_name USING utf8mb4))) > 0", text)
	if err != nil {
		return nil, err
	}
	noted, err := b.idsOf(ctx, "SELECT id FROM kvmbridge_ip_allocations WHERE LOCATE(?, LOWER(note)) > 0", text)
	if err != nil {
		return nil, err
	}
	return func(t taken) bool {
		return ofKind(t) && (named[t.service] || noted[t.row] || (t.service != 0 && strconv.FormatInt(t.service, 10) == text) ||
			strings.Contains(t.address.String(), text) || strings.Contains(ippool.Expand(t.address), text))
	}, nil
}

func (b *Book) idsOf(ctx context.Context, query, text string) (map[int64]bool, error) {
	var ids []int64
	if err := b.sql.SelectContext(ctx, &ids, query, text); err != nil {
		return nil, err
	}
	found := make(map[int64]bool, len(ids))
	for _, id := range ids {
		found[id] = id != 0
	}
	return found, nil
}

// allocation is what the list tells of a row beyond its holder.
type allocation struct {
	ID      int64          `db:"id"`
	Since   sql.NullTime   `db:"allocated_at"`
	Note    sql.NullString `db:"note"`
	NotedBy sql.NullInt64  `db:"noted_by"`
}

func (b *Book) details(ctx context.Context, list []taken) ([]Address, error) {
	var rows, services []int64
	for _, t := range list {
		rows, services = append(rows, t.row), append(services, t.service)
	}
	allocations, err := b.allocations(ctx, rows)
	if err != nil {
		return nil, err
	}
	names, err := b.names(ctx, services)
	if err != nil {
		return nil, err
	}
	clients, err := b.clients(ctx, services)
	if err != nil {
		return nil, err
	}
	var shown []Address
	for _, t := range list {
		a := allocations[t.row]
		shown = append(shown, Address{
			Address: t.address, Kind: t.kind, ServiceID: t.service, ClientID: clients[t.service], Name: names[t.service],
			Since: a.Since.Time, Note: a.Note.String, NotedBy: a.NotedBy.Int64,
		})
	}
	return shown, nil
}

func (b *Book) allocations(ctx context.Context, ids []int64) (map[int64]allocation, error) {
	var rows []allocation
	err := b.selectIn(ctx, &rows, "SELECT id, allocated_at, note, noted_by FROM kvmbridge_ip_allocations WHERE id IN (?)", ids)
	byID := make(map[int64]allocation, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	return byID, err
}

func (b *Book) names(ctx context.Context, services []int64) (map[int64]string, error) {
	var rows []struct {
		ServiceID int64          `db:"service_id"`
		Name      sql.NullString `db:"vm_name"`
	}
	err := b.selectIn(ctx, &rows, "SELECT service_id, vm_name FROM puqProxmoxKVM_vm_info WHERE service_id IN (?)", services)
	names := make(map[int64]string, len(rows))
	for _, r := range rows {
		names[r.ServiceID] = r.Name.String
	}
	return names, err
}

func (b *Book) clients(ctx context.Context, services []int64) (map[int64]int64, error) {
	var rows []struct {
		ID     int64 `db:"id"`
		Client int64 `db:"userid"`
	}
	err := b.selectIn(ctx, &rows, "SELECT id, userid FROM tblhosting WHERE id IN (?)", services)
	clients := make(map[int64]int64, len(rows))
	for _, r := range rows {
		clients[r.ID] = r.Client
	}
	return clients, err
}

// selectIn reads the rows of those ids that are not 0.
func (b *Book) selectIn(ctx context.Context, into any, query string, ids []int64) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return id == 0 })
	if len(ids) == 0 {
		return nil
	}
	query, args, err := sqlx.In(query, ids)
	if err != nil {
		return err
	}
	return b.sql.SelectContext(ctx, into, query, args...)
}
