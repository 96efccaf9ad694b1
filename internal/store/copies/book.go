package copies

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Book implements keeping.Book and keeping.Records. It is safe for concurrent use.
type Book struct {
	sql     *sqlx.DB
	webhook bool
}

var (
	_ keeping.Book    = (*Book)(nil)
	_ keeping.Records = (*Book)(nil)
)

// New keeps the book in the database behind db. webhook: alarms go to the operator's address, too.
func New(db *sqlx.DB, webhook bool) *Book { return &Book{db, webhook} }

// Ask implements keeping.Book.
func (b *Book) Ask(ctx context.Context, d keeping.Deed, entry string) (id int64, err error) {
	err = tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		at, err := lock(ctx, q, d.ServiceID, d.Asked)
		if err != nil {
			return err
		}
		if at.over() {
			return at.refused()
		}
		if err := makeWay(ctx, q, d); err != nil {
			return err
		}
		if id, err = insert(ctx, q, d); err != nil {
			return err
		}
		return enter(ctx, q, d.ServiceID, entry, d.Asked)
	})
	if tx.Number(err) == tx.Duplicate {
		return 0, keeping.ErrAsked
	}
	return id, wrap(err, "ask for a "+string(d.Kind), d.ServiceID)
}

// enter leaves an entry for WHMCS's activity log with the change that it tells of; none for "".
func enter(ctx context.Context, q *sqlx.Tx, serviceID int64, entry string, at time.Time) error {
	if entry == "" {
		return nil
	}
	return outbox.PutActivity(ctx, q, serviceID, entry, at)
}

// makeWay ends what waits of an earlier slot, and refuses what a person asks for twice.
func makeWay(ctx context.Context, q *sqlx.Tx, d keeping.Deed) error {
	if !d.Slot.IsZero() {
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_copies SET phase = ?, due_at = NULL, ended_at = ?, token = token + 1
			WHERE service_id = ? AND kind = ? AND slot < ? AND due_at IS NOT NULL AND running IS NULL`,
			string(keeping.Failed), tx.Moment(d.Asked), d.ServiceID, string(d.Kind), d.Slot.String())
		return err
	}
	var n int
	err := q.GetContext(ctx, &n, `SELECT COUNT(*) FROM kvmbridge_copies WHERE service_id = ? AND kind = ? AND slot IS NULL AND due_at IS NOT NULL
		AND (subject = ? OR kind NOT IN (?, ?))`, d.ServiceID, string(d.Kind), d.Subject, string(keeping.DropBackup), string(keeping.DropSnapshot))
	if err == nil && n > 0 {
		return keeping.ErrAsked
	}
	return err
}

func insert(ctx context.Context, q *sqlx.Tx, d keeping.Deed) (int64, error) {
	res, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_copies (service_id, kind, slot, subject, note, phase, task, asked_at, since, called_at, due_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, d.ServiceID, string(d.Kind), date(d.Slot), plain.Clean(d.Subject), plain.Text(d.Note), string(d.Phase), d.Task,
		tx.Moment(d.Asked), tx.Moment(d.Since), tx.Moment(d.Called), tx.Moment(d.Asked))
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func date(d retention.Day) sql.NullString {
	return sql.NullString{String: d.String(), Valid: !d.IsZero()}
}

// Due implements keeping.Book.
func (b *Book) Due(ctx context.Context, now time.Time, kinds ...keeping.Kind) (ids []int64, err error) {
	query, args := "SELECT id FROM kvmbridge_copies WHERE due_at <= ? ORDER BY id", []any{tx.Moment(now)}
	if len(kinds) > 0 {
		query, args, err = sqlx.In("SELECT id FROM kvmbridge_copies WHERE due_at <= ? AND kind IN (?) ORDER BY id", tx.Moment(now), kinds)
	}
	if err == nil {
		err = b.sql.SelectContext(ctx, &ids, query, args...)
	}
	if err != nil {
		return nil, fmt.Errorf("list what is to be done with snapshots and backups: %w", err)
	}
	return ids, nil
}

// row is a deed as the table holds it.
type row struct {
	ID        int64          `db:"id"`
	ServiceID int64          `db:"service_id"`
	Kind      string         `db:"kind"`
	Slot      sql.NullString `db:"slot"`
	Subject   string         `db:"subject"`
	Note      sql.NullString `db:"note"`
	Phase     string         `db:"phase"`
	Place     string         `db:"place"`
	Task      string         `db:"task"`
	Attempt   int            `db:"attempt"`
	Running   sql.NullBool   `db:"running"`
	Hold      int64          `db:"hold"`
	Asked     time.Time      `db:"asked_at"`
	Since     time.Time      `db:"since"`
	Called    sql.NullTime   `db:"called_at"`
	Failing   sql.NullTime   `db:"failing_since"`
	Failures  int            `db:"failures"`
	LastError sql.NullString `db:"last_error"`
	Token     int64          `db:"token"`
	Due       sql.NullTime   `db:"due_at"`
	Ended     sql.NullTime   `db:"ended_at"`
}

const columns = `id, service_id, kind, CAST(slot AS CHAR) AS slot, subject, note, phase, place, task, attempt, running, hold, asked_at, since, called_at,
	failing_since, failures, last_error, token, due_at, ended_at`

func (r row) deed() (keeping.Deed, error) {
	slot, err := retention.ParseDay(r.Slot.String)
	return keeping.Deed{
		ID: r.ID, ServiceID: r.ServiceID, Kind: keeping.Kind(r.Kind), Slot: slot, Subject: r.Subject, Note: r.Note.String, Phase: keeping.Phase(r.Phase),
		Place: r.Place, Task: r.Task, Attempt: r.Attempt, Running: r.Running.Bool, Hold: r.Hold, Asked: r.Asked, Since: r.Since, Called: r.Called.Time,
		Failing: r.Failing.Time, Failures: r.Failures, LastError: r.LastError.String, Token: r.Token,
		Due: r.Due.Time, Ended: r.Ended.Time,
	}, err
}

// Claim implements keeping.Book.
func (b *Book) Claim(ctx context.Context, id int64, now, until time.Time) (keeping.Deed, error) {
	var r row
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		n, err := tx.Affected(q.ExecContext(ctx, "UPDATE kvmbridge_copies SET due_at = ?, token = token + 1 WHERE id = ? AND due_at <= ?", tx.Moment(until), id, tx.Moment(now)))
		if err == nil && n == 0 {
			err = pipeline.ErrNotDue
		}
		if err != nil {
			return err
		}
		return q.GetContext(ctx, &r, "SELECT "+columns+" FROM kvmbridge_copies WHERE id = ?", id)
	})
	if err != nil {
		return keeping.Deed{}, fmt.Errorf("take up deed %d: %w", id, err)
	}
	return r.deed()
}

// History lists the deeds of a service up to limit: those that are not over, then the others, each newest first.
func (b *Book) History(ctx context.Context, serviceID int64, limit int) ([]keeping.Deed, error) {
	var rows []row
	err := b.sql.SelectContext(ctx, &rows, "SELECT "+columns+" FROM kvmbridge_copies WHERE service_id = ? ORDER BY due_at IS NULL, id DESC LIMIT ?", serviceID, limit)
	list := make([]keeping.Deed, 0, len(rows))
	for _, r := range rows {
		d, broken := r.deed()
		list, err = append(list, d), errors.Join(err, broken)
	}
	return list, wrap(err, "list snapshots and backups", serviceID)
}

// Crowd implements keeping.Book.
func (b *Book) Crowd(ctx context.Context, kind keeping.Kind, place string) (n int, err error) {
	err = b.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_copies WHERE running = 1 AND kind = ? AND place = ?", string(kind), place)
	if err != nil {
		return 0, fmt.Errorf("count the work at %s: %w", place, err)
	}
	return n, nil
}

// Forget implements keeping.Records.
func (b *Book) Forget(ctx context.Context, before time.Time) error {
	_, err := b.sql.ExecContext(ctx, "DELETE FROM kvmbridge_copies WHERE due_at IS NULL AND ended_at < ? LIMIT 10000", tx.Moment(before))
	if err != nil {
		return fmt.Errorf("forget old snapshots and backups: %w", err)
	}
	return nil
}

func wrap(err error, what string, serviceID int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of service %d: %w", what, serviceID, err)
}
