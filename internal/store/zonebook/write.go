package zonebook

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Write is what becomes of one zone, and what WHMCS's activity log says about it.
type Write struct {
	Zone  zones.Zone // as it was checked; ID 0 = a new one
	Erase bool       // the entry of Zone.ID goes; records that are ours stay where they are, and in the ledger
	// Entry is the line of the log; it is given the id, which a new zone has only then.
	Entry func(id int64) string
}

// deciding is the row that everybody locks who writes a zone.
const deciding = "dns_zones_deciding"

// DecideDNSZone lets decide say what is written, by the zones as they are saved now; nobody else writes one meanwhile. The line
// for the log is in the outbox when the zone is written, and only then. It returns the zone's id, or decide's error as it is;
// nothing was written then. decide may be called more than once, reads no table and changes nothing.
func (b *Book) DecideDNSZone(ctx context.Context, now time.Time, decide func(saved []zones.Zone) (Write, error)) (int64, error) {
	var w Write
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		if err := tx.Alone(ctx, q, deciding, now); err != nil {
			return fmt.Errorf("wait for the turn at the DNS zones: %w", err)
		}
		saved, err := b.list(ctx, q, " ORDER BY id FOR UPDATE")
		if err != nil {
			return fmt.Errorf("list the DNS zones: %w", err)
		}
		if w, err = decide(saved); err != nil {
			return err
		}
		if w.Zone.ID, err = b.write(ctx, q, w); err != nil {
			return fmt.Errorf("save DNS zone %s: %w", w.Zone.Name, err)
		}
		return outbox.PutActivity(ctx, q, 0, w.Entry(w.Zone.ID), now)
	})
	return w.Zone.ID, err
}

func (b *Book) write(ctx context.Context, q *sqlx.Tx, w Write) (int64, error) {
	if !w.Erase {
		return b.save(ctx, q, w.Zone)
	}
	return w.Zone.ID, found(tx.Affected(q.ExecContext(ctx, "DELETE FROM puq_proxmox_kvm_dns_zones WHERE id = ?", w.Zone.ID)))
}

// SaveDNSZone writes a zone that was checked, without a line in the log: for those that a program makes. ID 0 = a new one.
// It returns the id.
func (b *Book) SaveDNSZone(ctx context.Context, z zones.Zone) (id int64, err error) {
	err = tx.Run(ctx, b.sql, func(q *sqlx.Tx) (err error) {
		id, err = b.save(ctx, q, z)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("save DNS zone %s: %w", z.Name, err)
	}
	return id, nil
}

func (b *Book) save(ctx context.Context, q *sqlx.Tx, z zones.Zone) (int64, error) {
	id, err := enter(ctx, q, z)
	if err != nil {
		return 0, err
	}
	return id, found(tx.Affected(q.ExecContext(ctx, "UPDATE puq_proxmox_kvm_dns_zones SET zone = ?, type = ?, ttl = ?, config = ? WHERE id = ?",
		z.Name, z.Provider, z.TTL, b.config(id, z), id)))
}

// enter gives a new zone its id, which its secrets are bound to.
func enter(ctx context.Context, q *sqlx.Tx, z zones.Zone) (int64, error) {
	if z.ID != 0 {
		return z.ID, nil
	}
	res, err := q.ExecContext(ctx, "INSERT INTO puq_proxmox_kvm_dns_zones (zone, type, ttl, config) VALUES (?, ?, ?, '{}')", z.Name, z.Provider, z.TTL)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// found makes ErrNoZone of no row.
func found(rows int64, err error) error {
	if err == nil && rows == 0 {
		return ErrNoZone
	}
	return err
}
