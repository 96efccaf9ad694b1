package zonebook

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/seal"
)

// Within keeps zones in the caller's transaction.
type Within struct {
	book *Book
	q    *sqlx.Tx
}

// In is a book that reads and writes through q; box seals the secrets.
func In(q *sqlx.Tx, box *seal.Box) Within { return Within{&Book{box: box}, q} }

// List reads the zones by id, as DNSZones does.
func (w Within) List(ctx context.Context) ([]zones.Zone, error) { return w.book.list(ctx, w.q) }

// Put writes a new zone that was checked.
func (w Within) Put(ctx context.Context, z zones.Zone) (int64, error) { return w.book.put(ctx, w.q, z) }
