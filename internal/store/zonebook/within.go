package zonebook

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Within keeps zones in the caller's transaction.
type Within struct {
	book *Book
	q    *sqlx.Tx
}

// In is a book that reads and writes through q; box seals the secrets.
func In(q *sqlx.Tx, box *seal.Box) Within { return Within{&Book{box: box}, q} }

// Alone keeps others from writing a zone until the transaction ends.
func (w Within) Alone(ctx context.Context, now time.Time) error {
	return tx.Alone(ctx, w.q, deciding, now)
}

// List reads the zones by id, as DNSZones does.
func (w Within) List(ctx context.Context) ([]zones.Zone, error) {
	return w.book.list(ctx, w.q, " ORDER BY id")
}

// Put writes a new zone that was checked.
func (w Within) Put(ctx context.Context, z zones.Zone) (int64, error) {
	return w.book.save(ctx, w.q, z)
}
