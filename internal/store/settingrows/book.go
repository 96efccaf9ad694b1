package settingrows

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Book reads and writes the settings of a sheet; it is safe for concurrent use.
type Book struct {
	sql   *sqlx.DB
	sheet settings.Sheet
}

var _ settings.Source = (*Book)(nil)

// New keeps the settings of sheet in the database behind db.
func New(db *sqlx.DB, sheet settings.Sheet) *Book { return &Book{db, sheet} }

// Saved implements settings.Source.
func (b *Book) Saved(ctx context.Context) (map[string]string, error) {
	saved, err := b.read(ctx, b.sql, "")
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return saved, nil
}

func (b *Book) read(ctx context.Context, q sqlx.QueryerContext, lock string) (map[string]string, error) {
	names := make([]string, len(b.sheet))
	for i, f := range b.sheet {
		names[i] = f.Name
	}
	query, args, err := sqlx.In("SELECT name, value FROM kvmbridge_settings WHERE name IN (?)"+lock, names)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Name  string `db:"name"`
		Value string `db:"value"`
	}
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	saved := map[string]string{}
	for _, r := range rows {
		saved[r.Name] = r.Value
	}
	return saved, nil
}

// ConflictError names the settings that somebody else changed meanwhile, with what they are now. Nothing was saved.
type ConflictError map[string]string

func (ConflictError) Error() string { return "somebody else changed the same settings meanwhile" }

// Save makes all changes, or none with a ConflictError, and leaves entry for the activity log. A change to what the
// setting already is, is none.
func (b *Book) Save(ctx context.Context, changes []settings.Change, entry string, now time.Time) error {
	if len(changes) == 0 {
		return nil
	}
	err := b.retried(ctx, func(q *sqlx.Tx) error { return b.change(ctx, q, changes, entry, now) })
	if err != nil {
		return fmt.Errorf("save the settings: %w", err)
	}
	return nil
}

// retried repeats what met somebody who entered the same setting for the first time.
func (b *Book) retried(ctx context.Context, do func(*sqlx.Tx) error) error {
	err := tx.Run(ctx, b.sql, do)
	if tx.Number(err) == tx.Duplicate {
		err = tx.Run(ctx, b.sql, do)
	}
	return err
}

func (b *Book) change(ctx context.Context, q *sqlx.Tx, changes []settings.Change, entry string, now time.Time) error {
	saved, err := b.read(ctx, q, " FOR UPDATE")
	if err != nil {
		return err
	}
	is, conflict := b.sheet.Effective(saved), ConflictError{}
	for _, c := range changes {
		if is[c.Field.Name] != c.Before && is[c.Field.Name] != c.After {
			conflict[c.Field.Name] = is[c.Field.Name]
		}
	}
	if len(conflict) > 0 {
		return conflict
	}
	for _, c := range changes {
		if err := put(ctx, q, c, saved, now); err != nil {
			return err
		}
	}
	return outbox.PutActivity(ctx, q, 0, entry, now)
}

// put writes one setting: a row that is locked, or a new one, which fails when somebody else just entered it.
func put(ctx context.Context, q *sqlx.Tx, c settings.Change, saved map[string]string, now time.Time) (err error) {
	if _, ok := saved[c.Field.Name]; ok {
		_, err = q.ExecContext(ctx, "UPDATE kvmbridge_settings SET value = ?, changed_at = ? WHERE name = ?", c.After, tx.Moment(now), c.Field.Name)
		return err
	}
	_, err = q.ExecContext(ctx, "INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES (?, ?, ?)", c.Field.Name, c.After, tx.Moment(now))
	return err
}

// IsConflict tells a save that met another one, and what the settings are now.
func IsConflict(err error) (ConflictError, bool) { return errors.AsType[ConflictError](err) }
