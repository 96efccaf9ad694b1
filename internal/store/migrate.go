package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/schema"
)

// Names of the tables that the migrations themselves need.
const (
	versionTable = "kvmbridge_migrations"
	lockTable    = "kvmbridge_locks"
)

// Migrate brings our tables to this program's schema. Several processes may call it at once; it changes nothing when
// there is nothing to do. It never drops or retypes a column.
func (d *DB) Migrate(ctx context.Context) error {
	p, err := d.migrations()
	if err != nil {
		return err
	}
	if err := d.apply(ctx, p); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	if err := compat.Complete(ctx, d.sql, schema.Compat()); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	d.setShape(nil)
	return nil
}

// apply runs what is missing. A process that died behind a statement and before its note left columns and indexes that are there
// already: then only the note is missing.
func (d *DB) apply(ctx context.Context, p *goose.Provider) error {
	for {
		_, err := p.Up(ctx)
		failed, ok := errors.AsType[*goose.PartialError](err)
		if n := tx.Number(err); !ok || n != tx.DuplicateColumn && n != tx.DuplicateIndex {
			return err
		}
		_, err = d.sql.ExecContext(ctx, "INSERT INTO kvmbridge_migrations (version_id, is_applied) VALUES (?, 1)", failed.Failed.Source.Version)
		if err != nil {
			return err
		}
	}
}

// SchemaCurrent fails with a sentence when the database's schema is not exactly this program's.
func (d *DB) SchemaCurrent(ctx context.Context) error {
	have, want, err := d.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have == 0:
		return fmt.Errorf("the database %s has no kvmbridge tables yet; activate the addon in WHMCS, which makes them, or run: kvmbridge migrate", d.cfg.Database)
	case have < want:
		return fmt.Errorf("the database schema has version %d, this program needs %d; run: kvmbridge migrate", have, want)
	case have > want:
		return fmt.Errorf("the database schema has version %d and was made by a newer kvmbridge, this program knows %d; install the newer program", have, want)
	}
	return nil
}

// SchemaVersion is the version of the database's schema (0 = none) and the one this program needs.
func (d *DB) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	p, err := d.migrations()
	if err != nil {
		return 0, 0, err
	}
	sources := p.ListSources()
	want = sources[len(sources)-1].Version
	var highest sql.NullInt64
	err = d.sql.GetContext(ctx, &highest, "SELECT MAX(version_id) FROM kvmbridge_migrations")
	if err != nil && tx.Number(err) != tx.NoTable {
		return 0, want, fmt.Errorf("read the schema version: %w", err)
	}
	return highest.Int64, want, nil
}

func (d *DB) migrations() (*goose.Provider, error) {
	locker, err := lock.NewMySQLTableLocker(
		lock.WithTableName(lockTable),
		lock.WithTableLockTimeout(250*time.Millisecond, 480),
		lock.WithTableLogger(d.cfg.Log),
	)
	if err != nil {
		return nil, fmt.Errorf("set up migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectMySQL, d.sql.DB, schema.Files(),
		goose.WithTableName(versionTable), goose.WithLocker(locker), goose.WithSlog(d.cfg.Log),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("set up migrations: %w", err)
	}
	return p, nil
}
