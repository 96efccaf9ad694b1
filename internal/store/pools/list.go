package pools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Pool is a row of the table as people see it, however broken it is.
type Pool struct {
	ID         int64
	ServerID   int64
	ServerName string // "" when WHMCS has no such server
	Form       ippool.Form
	Pool       ippool.Pool       // as far as it can be read
	Faults     ippool.FormErrors // nothing is handed out while there are any
	Warnings   []string          // odd, and yet in use
	Usage      ippool.Usage
	Holders    int    // addresses that services hold or show
	Seen       string // tells this version of the row from any other
}

// Pools lists all pools by id.
func (b *Book) Pools(ctx context.Context) ([]Pool, error) {
	c, err := takeCensus(ctx, b.sql)
	if err != nil {
		return nil, fmt.Errorf("list the IP pools: %w", err)
	}
	list := make([]Pool, 0, len(c.rows))
	for _, r := range c.rows {
		list = append(list, c.show(r))
	}
	return list, nil
}

// Pool is one pool; ErrNoPool when there is none.
func (b *Book) Pool(ctx context.Context, id int64) (Pool, error) {
	c, err := takeCensus(ctx, b.sql)
	if err != nil {
		return Pool{}, fmt.Errorf("read IP pool %d: %w", id, err)
	}
	r, err := c.row(id)
	if err != nil {
		return Pool{}, err
	}
	return c.show(r), nil
}

func (c *census) row(id int64) (row, error) {
	for _, r := range c.rows {
		if r.ID == id {
			return r, nil
		}
	}
	return row{}, ErrNoPool
}

func (c *census) show(r row) Pool {
	s := c.servers[r.pool.ServerID]
	v := Pool{ID: r.ID, ServerID: r.pool.ServerID, ServerName: s.Name, Form: r.Form(), Pool: r.pool, Faults: r.faults, Seen: sealOf(r.Form())}
	if s.Module != serverModule && r.faults.Of(ippool.FieldServer) == "" {
		v.Faults = append(slices.Clip(v.Faults), ippool.Fault{Field: ippool.FieldServer, Text: noServer(r.pool.ServerID)})
	}
	v.Warnings = c.warnings(r)
	list := c.taken(r.pool)
	v.Usage = ippool.Usage{Used: len(list), Total: ippool.Size(r.pool)}
	for _, t := range list {
		if t.service != 0 {
			v.Holders++
		}
	}
	return v
}

func noServer(id int64) string {
	return fmt.Sprintf("Server %d is no Proxmox server of this WHMCS; choose one of the list.", id)
}

// warnings are about what the allocator puts up with.
func (c *census) warnings(r row) []string {
	var list []string
	_, strict := r.Form().Pool()
	for _, field := range []string{ippool.FieldType, ippool.FieldDNS1, ippool.FieldDNS2} {
		if text := strict.Of(field); text != "" {
			list = append(list, text)
		}
	}
	family := ippool.Family(r.pool)
	if kind := r.Form().Family(); family != 0 && kind != family && strict.Of(ippool.FieldType) == "" {
		list = append(list, fmt.Sprintf("The type says IPv%d, the range is IPv%d; the range counts.", kind, family))
	}
	if len(r.faults) == 0 {
		list = append(list, ippool.Warnings(r.pool)...)
	}
	if others := overlapping(r.pool, c.rows); len(others) > 0 {
		list = append(list, "The range overlaps "+strings.Join(others, ", ")+".")
	}
	return list
}

// overlapping names the pools whose range has a part in common with that of p.
func overlapping(p ippool.Pool, rows []row) []string {
	var list []string
	for _, r := range rows {
		if o := r.pool; o.ID != p.ID && ippool.Overlaps(o, p) {
			list = append(list, fmt.Sprintf("pool %d (%s - %s)", o.ID, o.First, o.Last))
		}
	}
	return list
}
