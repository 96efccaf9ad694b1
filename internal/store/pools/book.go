package pools

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/addresses"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Book is safe for concurrent use.
type Book struct {
	sql     *sqlx.DB
	clock   clock.Clock
	changed func()
}

// New works on the database behind db. changed is called after every change, so that whoever keeps lists of free
// addresses looks again.
func New(db *sqlx.DB, c clock.Clock, changed func()) *Book { return &Book{db, c, changed} }

// Errors for the person who asked.
var (
	ErrNoPool  = errors.New("there is no such IP pool: it may have been deleted meanwhile")
	ErrChanged = errors.New("somebody else has changed this IP pool meanwhile: look at it again, then repeat your change")
)

// InUseError refuses the end of a pool.
type InUseError struct {
	PoolID int64
	Count  int // addresses that services hold or show
}

func (e InUseError) Error() string {
	if e.Count == 1 {
		return fmt.Sprintf("IP pool %d cannot be deleted: 1 of its addresses is in use by a service. Its list of addresses says which.", e.PoolID)
	}
	return fmt.Sprintf("IP pool %d cannot be deleted: %d of its addresses are in use by services. Its list of addresses says which.", e.PoolID, e.Count)
}

// serverModule is tblservers.type of our servers.
const serverModule = "puqProxmoxKVM"

// Server is a Proxmox server in WHMCS.
type Server struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
}

// Servers lists the servers that a pool can be for, by name.
func (b *Book) Servers(ctx context.Context) ([]Server, error) {
	var list []Server
	err := b.sql.SelectContext(ctx, &list, "SELECT id, name FROM tblservers WHERE type = ? ORDER BY name, id", serverModule)
	if err != nil {
		return nil, fmt.Errorf("list the Proxmox servers: %w", err)
	}
	return list, nil
}

// change runs fn alone among all changes of pools; lists are read anew afterwards.
func (b *Book) change(ctx context.Context, by int64, fn func(q *sqlx.Tx) error) error {
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		// The row is the lock: whoever comes second waits here until the first has ended.
		_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES ('ip_pools_changed_by', ?, ?)
			ON DUPLICATE KEY UPDATE value = VALUES(value), changed_at = VALUES(changed_at)`, strconv.FormatInt(by, 10), tx.Moment(b.clock.Now()))
		if err != nil {
			return err
		}
		return fn(q)
	})
	b.changed()
	return err
}

// locked reads one pool; how ends the statement with the kind of lock. Allocations from the pool that are under way are over
// when an exclusive lock is had.
func locked(ctx context.Context, q *sqlx.Tx, id int64, how string) (addresses.PoolRow, error) {
	var r addresses.PoolRow
	err := q.GetContext(ctx, &r, addresses.SelectPools+" WHERE id = ? "+how, id)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrNoPool
	}
	return r, err
}

// seal identifies the contents of a row.
func sealOf(f ippool.Form) string {
	var all []string
	for _, field := range ippool.Fields() {
		all = append(all, f.Get(field))
	}
	sum := sha256.Sum256([]byte(strings.Join(all, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func wrap(err error, operation string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
