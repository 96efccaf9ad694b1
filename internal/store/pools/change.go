package pools

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
)

// Add writes a new pool for the administrator by and returns its id. Errors about what was typed are ippool.FormErrors.
func (b *Book) Add(ctx context.Context, by int64, f ippool.Form) (id int64, err error) {
	p, faults := f.Pool()
	if len(faults) > 0 {
		return 0, faults
	}
	err = b.change(ctx, by, func(q *sqlx.Tx) error {
		if faults, err := refusals(ctx, q, p); err != nil || len(faults) > 0 {
			return orFaults(err, faults)
		}
		id, err = b.insert(ctx, q, by, f.Tidy())
		return err
	})
	return id, wrap(err, "add an IP pool")
}

func (b *Book) insert(ctx context.Context, q *sqlx.Tx, by int64, f ippool.Form) (int64, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO puq_proxmox_kvm_ip_pools
		(server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		f.Server, f.Type, f.Bridge, f.VLAN, f.Gateway, f.Mask, f.DNS1, f.DNS2, f.Start, f.Stop)
	if err != nil {
		return 0, err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return 0, err
	}
	return id, b.log(ctx, q, by, fmt.Sprintf("added IP pool %d: %s", id, described(f)))
}

// Edit changes what later allocations get; guests keep what they have. seen is Pool.Seen of the version that the
// administrator looked at: ErrChanged when the row is another one now. The type stays what it is.
func (b *Book) Edit(ctx context.Context, by, id int64, seen string, f ippool.Form) error {
	err := b.change(ctx, by, func(q *sqlx.Tx) error {
		old, err := locked(ctx, q, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if sealOf(old.Form()) != seen {
			return ErrChanged
		}
		return b.update(ctx, q, by, old, f)
	})
	return wrap(err, fmt.Sprintf("edit IP pool %d", id))
}

func (b *Book) update(ctx context.Context, q *sqlx.Tx, by int64, old addresses.PoolRow, f ippool.Form) error {
	f, stays := keepType(old.Form(), f)
	p, faults := f.Pool()
	if p.ID = old.ID; !stays {
		faults = append(faults, ippool.Fault{Field: ippool.FieldType, Text: "The type of a pool cannot be changed; add another pool."})
	}
	if len(faults) > 0 {
		return faults
	}
	if faults, err := refusals(ctx, q, p); err != nil || len(faults) > 0 {
		return orFaults(err, faults)
	}
	f = f.Tidy()
	changes := differences(old.Form(), f)
	if len(changes) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `UPDATE puq_proxmox_kvm_ip_pools SET server_id = ?, type = ?, bridge = ?, vlan = ?, gateway = ?, mask = ?,
		dns1 = ?, dns2 = ?, address_start = ?, address_stop = ? WHERE id = ?`,
		f.Server, f.Type, f.Bridge, f.VLAN, f.Gateway, f.Mask, f.DNS1, f.DNS2, f.Start, f.Stop, old.ID)
	if err != nil {
		return err
	}
	return b.log(ctx, q, by, fmt.Sprintf("changed IP pool %d: %s", old.ID, strings.Join(changes, ", ")))
}

// keepType gives f the type of the stored pool, where that has one; false when f wants another.
func keepType(old, f ippool.Form) (ippool.Form, bool) {
	kind := old.Family()
	if kind == 0 {
		return f, true
	}
	stored := fmt.Sprintf("ipv%d", kind)
	wanted := strings.TrimSpace(f.Type)
	f.Type = stored
	return f, wanted == "" || strings.EqualFold(wanted, stored)
}

// Delete ends a pool that no service uses, with the addresses kept back in it; InUseError else.
func (b *Book) Delete(ctx context.Context, by, id int64) error {
	err := b.change(ctx, by, func(q *sqlx.Tx) error {
		old, err := locked(ctx, q, id, "FOR UPDATE") // from here on nothing more is handed out from it
		if err != nil {
			return err
		}
		c, err := takeCensus(ctx, q)
		if err != nil {
			return err
		}
		if n := c.show(readRow(old)).Holders; n > 0 {
			return InUseError{id, n}
		}
		return b.remove(ctx, q, by, old, c)
	})
	return wrap(err, fmt.Sprintf("delete IP pool %d", id))
}

func (b *Book) remove(ctx context.Context, q *sqlx.Tx, by int64, old addresses.PoolRow, c *census) error {
	p, _ := old.Pool()
	var kept []int64
	for _, t := range c.taken(p) {
		if t.kind == Kept {
			kept = append(kept, t.row)
		}
	}
	if err := dropKept(ctx, q, kept); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, "DELETE FROM puq_proxmox_kvm_ip_pools WHERE id = ?", old.ID); err != nil {
		return err
	}
	return b.log(ctx, q, by, fmt.Sprintf("deleted IP pool %d: %s; addresses kept back in it: %d", old.ID, described(old.Form()), len(kept)))
}

func dropKept(ctx context.Context, q *sqlx.Tx, rows []int64) error {
	for part := range slices.Chunk(rows, 1000) {
		query, args, err := sqlx.In("DELETE FROM kvmbridge_ip_allocations WHERE service_id = 0 AND id IN (?)", part)
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}

// refusals are what only the database knows about a pool.
func refusals(ctx context.Context, q *sqlx.Tx, p ippool.Pool) (ippool.FormErrors, error) {
	var faults ippool.FormErrors
	var n int
	if err := q.GetContext(ctx, &n, "SELECT COUNT(*) FROM tblservers WHERE id = ? AND type = ?", p.ServerID, serverModule); err != nil {
		return nil, err
	}
	if n == 0 {
		faults = append(faults, ippool.Fault{Field: ippool.FieldServer, Text: noServer(p.ServerID)})
	}
	rows, err := readRows(ctx, q, addresses.SelectPools+" WHERE server_id = ? ORDER BY id", p.ServerID)
	if err != nil {
		return nil, err
	}
	if others := overlapping(p, rows); len(others) > 0 {
		faults = append(faults, ippool.Fault{Field: ippool.FieldStart, Text: overlapFault(others)})
	}
	return faults, nil
}

func overlapFault(others []string) string {
	return "The range overlaps " + strings.Join(others, ", ") + " on the same server, bridge and VLAN; choose addresses that are in no other pool."
}

func orFaults(err error, faults ippool.FormErrors) error {
	if err != nil {
		return err
	}
	return faults
}
