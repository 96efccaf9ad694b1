package rosterbench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/roster"
)

const rounds = 300

// Database is the installation's.
type Database interface {
	Exec(ctx context.Context, query string) error
	// Select reads all rows into dest, a pointer to a slice of structs.
	Select(ctx context.Context, dest any, query string) error
}

// Place is an installation without services.
type Place struct {
	DB                  Database
	List                *roster.List
	ProductID, ServerID int64
}

// Result of one way to ask; times are the 95th of a hundred.
type Result struct {
	Name        string
	Rows        int // of the page
	Floor, List time.Duration
}

// Ratio is what the list costs beside its floor.
func (r Result) Ratio() float64 { return r.List.Seconds() / r.Floor.Seconds() }

// Results of all ways.
type Results struct {
	Ways    []Result
	Reading time.Duration // of the whole index
	Index   int64         // bytes of memory that it holds
}

// way is a page as people ask for it.
type way struct {
	name  string
	query func(round int) roster.Query
}

func ways() []way {
	page := func(q roster.Query) func(int) roster.Query { return func(int) roster.Query { return q } }
	const far = 1 << 30 // beyond the last page
	return []way{
		{"first page", page(roster.Query{Descending: true})},
		{"last page", page(roster.Query{Descending: true, Page: far})},
		{"search by IPv4 address", func(n int) roster.Query { return roster.Query{Search: fourOf(n * 331 % services).String()} }},
		{"search by IPv6 address", func(n int) roster.Query { return roster.Query{Search: sixOf(n * 331 % services).String()} }},
		{"sort by client", page(roster.Query{Sort: roster.ByClient})},
		{"sort by client, last page", page(roster.Query{Sort: roster.ByClient, Page: far})},
	}
}

// Measure fills the tables and asks in turn, the list and the floor.
func Measure(ctx context.Context, p Place) (Results, error) {
	if err := p.fill(ctx); err != nil {
		return Results{}, err
	}
	var all Results
	before := held()
	began := clock.System{}.Now()
	first, err := p.List.Page(ctx, roster.Query{})
	if err != nil {
		return all, err
	}
	all.Reading = clock.System{}.Now().Sub(began)
	if first.All != services {
		return all, fmt.Errorf("the list has %d machines, want %d", first.All, services)
	}
	all.Index = held() - before
	for _, w := range ways() {
		r, err := p.measure(ctx, w)
		if err != nil {
			return all, errors.Join(fmt.Errorf("%s: %w", w.name, err), ctx.Err())
		}
		all.Ways = append(all.Ways, r)
	}
	return all, nil
}

// held is what lives in memory, in bytes.
func held() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below its limit
}

func (p Place) measure(ctx context.Context, w way) (Result, error) {
	r := Result{Name: w.name}
	var lists, floors []time.Duration
	for n := range rounds {
		began := clock.System{}.Now()
		page, err := p.List.Page(ctx, w.query(n))
		if err != nil {
			return r, err
		}
		lists = append(lists, clock.System{}.Now().Sub(began))
		if r.Rows = len(page.Machines); r.Rows == 0 || r.Rows != len(page.IDs) {
			return r, fmt.Errorf("%d rows for %d services", r.Rows, len(page.IDs))
		}
		began = clock.System{}.Now()
		if err := p.floor(ctx, page); err != nil {
			return r, err
		}
		floors = append(floors, clock.System{}.Now().Sub(began))
	}
	r.List, r.Floor = late(lists), late(floors)
	return r, nil
}

// row has what a line shows, as text.
type row struct {
	ID            int64   `db:"id"`
	ClientID      int64   `db:"userid"`
	ServiceStatus string  `db:"domainstatus"`
	Dedicated     string  `db:"dedicatedip"`
	Assigned      string  `db:"assignedips"`
	First         *string `db:"firstname"`
	Last          *string `db:"lastname"`
	Company       *string `db:"companyname"`
	Product       *string `db:"product"`
	Server        *string `db:"server_name"`
	VMID          *int    `db:"vm_id"`
	Name          *string `db:"vm_name"`
	Status        *string `db:"vm_status"`
	RevDNS        *string `db:"vm_rev_dns"`
	Attention     *string `db:"attention"`
}

// floor reads the rows of a page when one knows already which they are.
func (p Place) floor(ctx context.Context, page roster.Page) error {
	ids := make([]string, len(page.IDs))
	for i, id := range page.IDs {
		ids[i] = strconv.FormatInt(id, 10)
	}
	var rows []row
	err := p.DB.Select(ctx, &rows, `SELECT h.id, h.userid, h.domainstatus, h.dedicatedip, h.assignedips, c.firstname, c.lastname, c.companyname,
		p.name AS product, s.name AS server_name, i.vm_id, i.vm_name, i.vm_status, i.vm_rev_dns, v.attention
		FROM tblhosting h LEFT JOIN tblclients c ON c.id = h.userid LEFT JOIN tblproducts p ON p.id = h.packageid LEFT JOIN tblservers s ON s.id = h.server
		LEFT JOIN puqProxmoxKVM_vm_info i ON i.service_id = h.id LEFT JOIN kvmbridge_vm v ON v.service_id = h.id WHERE h.id IN (`+strings.Join(ids, ",")+")")
	if err == nil && len(rows) != len(ids) {
		err = fmt.Errorf("the floor has %d rows, want %d", len(rows), len(ids))
	}
	return err
}

// late is the 95th of a hundred.
func late(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)*95/100]
}
