package testdb

import (
	"context"
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/mariadb"
	"github.com/kvmbridge/kvmbridge/internal/seal"
	"github.com/kvmbridge/kvmbridge/internal/store"
)

// DB is a fresh database. SQL connects as WHMCS does: with a lax sql_mode, so that zero dates can be written.
type DB struct {
	SQL    *sqlx.DB
	Name   string
	server *server
}

// Option asks for another kind of database.
type Option func(*options)

type options struct {
	charset string
	bare    bool
}

func (o options) key() string {
	if o.bare {
		return o.charset + "/bare"
	}
	return o.charset
}

// Latin1 makes WHMCS's tables as old installations have them.
func Latin1() Option { return func(o *options) { o.charset = "latin1 COLLATE=latin1_swedish_ci" } }

// UTF8MB3 makes WHMCS's tables in the three-byte form of UTF-8.
func UTF8MB3() Option { return func(o *options) { o.charset = "utf8 COLLATE=utf8_general_ci" } }

// Bare leaves our own tables out.
func Bare() Option { return func(o *options) { o.bare = true } }

// New makes a database that is gone when the test ends.
func New(tb testing.TB, opts ...Option) *DB {
	tb.Helper()
	var o options
	for _, set := range opts {
		set(&o)
	}
	s, err := shared()
	if errors.Is(err, mariadb.ErrMissing) {
		tb.Skipf("needs a database server: %v; or set %s", err, dsnVariable)
	}
	if err != nil {
		tb.Fatal(err)
	}
	kind, err := s.template(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	name, err := s.copy(tb.Context(), kind)
	if err != nil {
		tb.Fatal(err)
	}
	db, err := s.open(name)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_, dropped := s.admin.ExecContext(context.Background(), "DROP DATABASE "+name)
		if err := errors.Join(db.Close(), dropped); err != nil {
			tb.Errorf("remove the database: %v", err)
		}
	})
	return &DB{SQL: db, Name: name, server: s}
}

// Config is how a program connects to the database, with a key for secrets.
func (db *DB) Config(tb testing.TB) store.Config {
	tb.Helper()
	cfg := db.server.storeConfig(db.Name)
	box, err := seal.New([]byte("key material for tests, 32 bytes"))
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Box = box
	return cfg
}

// Store opens the database as kvmbridge does; change may adapt the configuration.
func (db *DB) Store(tb testing.TB, change ...func(*store.Config)) *store.DB {
	tb.Helper()
	cfg := db.Config(tb)
	for _, c := range change {
		c(&cfg)
	}
	d, err := store.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := d.Close(); err != nil {
			tb.Errorf("close the store: %v", err)
		}
	})
	return d
}

// Exec runs a statement or fails the test; it returns the new row's id, if any.
func (db *DB) Exec(tb testing.TB, query string, args ...any) int64 {
	tb.Helper()
	res, err := db.SQL.ExecContext(tb.Context(), query, args...)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	return id
}

// Text reads one value as text; NULL reads as "".
func (db *DB) Text(tb testing.TB, query string, args ...any) string {
	tb.Helper()
	var v *string
	if err := db.SQL.GetContext(tb.Context(), &v, query, args...); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	if v == nil {
		return ""
	}
	return *v
}
