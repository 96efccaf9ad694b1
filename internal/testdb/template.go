package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store"
	whmcsschema "github.com/kvmbridge/kvmbridge/schema/whmcs"
)

// template is the text that makes a database of one kind.
type template struct {
	create string // all statements
}

// template makes the first database of a kind in full and remembers its tables.
func (s *server) template(ctx context.Context, o options) (*template, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.templates[o.key()]; ok {
		return t, nil
	}
	name := freshName()
	if err := s.build(ctx, name, o); err != nil {
		return nil, fmt.Errorf("build the template database: %w", err)
	}
	db, err := s.open(name)
	if err != nil {
		return nil, err
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	t, err := readTemplate(ctx, db, name, o)
	if err != nil {
		return nil, err
	}
	if _, err := s.admin.ExecContext(ctx, "DROP DATABASE "+name); err != nil {
		return nil, err
	}
	s.templates[o.key()] = t
	return t, nil
}

// build applies the schema files in full.
func (s *server) build(ctx context.Context, name string, o options) error {
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci"); err != nil {
		return err
	}
	db, err := s.open(name)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	text, err := whmcsSQL()
	if err != nil {
		return err
	}
	if o.charset != "" {
		text = strings.ReplaceAll(text, "utf8mb4 COLLATE=utf8mb4_unicode_ci", o.charset)
	}
	if _, err := db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("create WHMCS's tables: %w", err)
	}
	if o.bare {
		return nil
	}
	d, err := store.Open(ctx, s.storeConfig(name))
	if err != nil {
		return err
	}
	defer d.Close() //nolint:errcheck // nothing is pending
	return d.Migrate(ctx)
}

func whmcsSQL() (string, error) {
	names, err := fs.Glob(whmcsschema.Files(), "*.sql")
	if err != nil {
		return "", err
	}
	slices.Sort(names)
	var text strings.Builder
	for _, name := range names {
		b, err := fs.ReadFile(whmcsschema.Files(), name)
		if err != nil {
			return "", err
		}
		text.Write(b)
	}
	return text.String(), nil
}

// readTemplate asks the server for its own wording, comments and all.
func readTemplate(ctx context.Context, db *sqlx.DB, name string, o options) (*template, error) {
	var tables []string
	if err := db.SelectContext(ctx, &tables, "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", name); err != nil {
		return nil, err
	}
	slices.Sort(tables)
	t := &template{}
	for _, table := range tables {
		var row struct {
			Table  string `db:"Table"`
			Create string `db:"Create Table"`
		}
		if err := db.GetContext(ctx, &row, "SHOW CREATE TABLE `"+table+"`"); err != nil {
			return nil, err
		}
		t.create += row.Create + ";\n"
	}
	if o.bare {
		return t, nil
	}
	return t, t.rememberVersions(ctx, db)
}

// rememberVersions copies the rows that say which migrations were applied.
func (t *template) rememberVersions(ctx context.Context, db *sqlx.DB) error {
	var versions []int64
	if err := db.SelectContext(ctx, &versions, "SELECT version_id FROM kvmbridge_migrations ORDER BY id"); err != nil {
		return err
	}
	for _, v := range versions {
		t.create += fmt.Sprintf("INSERT INTO kvmbridge_migrations (version_id, is_applied) VALUES (%d, 1);\n", v)
	}
	return nil
}

// copy makes a database of t in one round trip.
func (s *server) copy(ctx context.Context, t *template) (string, error) {
	name := freshName()
	_, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
	if err != nil {
		return "", err
	}
	db, err := s.open(name)
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // nothing is pending
	_, err = db.ExecContext(ctx, t.create)
	return name, err
}

func freshName() string { return "kvmbridge_test_" + strings.ToLower(rand.Text()[:12]) }

func (s *server) storeConfig(database string) store.Config {
	c := s.config
	return store.Config{Net: c.Net, Addr: c.Addr, User: c.User, Password: c.Passwd, Database: database, TLS: c.TLS}
}
