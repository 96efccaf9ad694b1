package taskrows

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
)

// Book implements tasks.Book; it is safe for concurrent use.
type Book struct{ sql *sqlx.DB }

var _ tasks.Book = (*Book)(nil)

// New keeps the rows in the database behind db.
func New(db *sqlx.DB) *Book { return &Book{db} }

const success = "success"

type row struct {
	ID        string         `db:"name"`
	Started   sql.NullTime   `db:"last_started_at"`
	Finished  sql.NullTime   `db:"last_finished_at"`
	Result    sql.NullString `db:"last_result"`
	Processed sql.NullInt64  `db:"last_processed"`
	Errors    sql.NullInt64  `db:"last_errors"`
	Details   sql.NullString `db:"last_details"`
	Holder    sql.NullString `db:"lease_holder"`
	Until     sql.NullTime   `db:"lease_until"`
	Token     int64          `db:"lease_token"`
}

func (r row) row() tasks.Row {
	out := tasks.Row{
		ID: r.ID, Started: r.Started.Time, Finished: r.Finished.Time, Holder: r.Holder.String, Until: r.Until.Time, Token: r.Token,
		Result: tasks.Result{Processed: int(r.Processed.Int64), Errors: int(r.Errors.Int64)},
	}
	if r.Result.String != success {
		out.Fault = r.Result.String
	}
	_ = json.Unmarshal([]byte(r.Details.String), &out.Result.Details) // without them the numbers still tell
	return out
}

// Rows implements tasks.Book.
func (b *Book) Rows(ctx context.Context) (map[string]tasks.Row, error) {
	var list []row
	err := b.sql.SelectContext(ctx, &list, `SELECT name, last_started_at, last_finished_at, last_result, last_processed, last_errors, last_details,
		lease_holder, lease_until, lease_token FROM kvmbridge_tasks`)
	if err != nil {
		return nil, fmt.Errorf("read the tasks: %w", err)
	}
	rows := map[string]tasks.Row{}
	for _, r := range list {
		rows[r.ID] = r.row()
	}
	return rows, nil
}

// Claim implements tasks.Book.
func (b *Book) Claim(ctx context.Context, read tasks.Row, holder string, now, until time.Time) (int64, error) {
	if read.Token == 0 { // it may never have run
		_, err := b.sql.ExecContext(ctx, "INSERT INTO kvmbridge_tasks (name) VALUES (?) ON DUPLICATE KEY UPDATE lease_token = lease_token", read.ID)
		if err != nil {
			return 0, fmt.Errorf("enter the task %s: %w", read.ID, err)
		}
	}
	err := taken(b.sql.ExecContext(ctx, `UPDATE kvmbridge_tasks SET lease_holder = ?, lease_until = ?, lease_token = lease_token + 1, last_started_at = ?
		WHERE name = ? AND lease_token = ?`, holder, tx.Moment(until), tx.Moment(now), read.ID, read.Token))
	return read.Token + 1, err
}

// Holds implements tasks.Book.
func (b *Book) Holds(ctx context.Context, id string, token int64) error {
	var n int
	err := b.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_tasks WHERE name = ? AND lease_token = ?", id, token)
	if err == nil && n == 0 {
		return tasks.ErrTaken
	}
	return err
}

// Finish implements tasks.Book.
func (b *Book) Finish(ctx context.Context, id string, token int64, at time.Time, fault string, r tasks.Result) error {
	result := success
	if fault != "" {
		result = plain.Clean(fault)
	}
	details := make([]string, len(r.Details))
	for i, d := range r.Details {
		details[i] = plain.Clean(d)
	}
	return taken(b.sql.ExecContext(ctx, `UPDATE kvmbridge_tasks SET last_finished_at = ?, last_result = ?, last_processed = ?, last_errors = ?, last_details = ?,
		lease_holder = NULL, lease_until = NULL WHERE name = ? AND lease_token = ?`,
		tx.Moment(at), result, r.Processed, r.Errors, plain.JSON(details), id, token))
}

// Release frees the lock of the run with that token, with an entry for WHMCS's activity log; whatever that run still wants to
// write is refused. ErrTaken: it has ended, or somebody else released it.
func (b *Book) Release(ctx context.Context, id string, token int64, entry string, now time.Time) error {
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		err := taken(q.ExecContext(ctx, `UPDATE kvmbridge_tasks SET lease_holder = NULL, lease_until = NULL, lease_token = lease_token + 1
			WHERE name = ? AND lease_token = ? AND lease_holder IS NOT NULL`, id, token))
		if err != nil {
			return err
		}
		return outbox.PutActivity(ctx, q, 0, entry, now)
	})
	if err != nil {
		return fmt.Errorf("release the lock of %s: %w", id, err)
	}
	return nil
}

// taken turns a compare-and-set that found nothing into tasks.ErrTaken.
func taken(res sql.Result, err error) error {
	err = tx.ExactlyOne(res, err)
	if errors.Is(err, pipeline.ErrLost) {
		return tasks.ErrTaken
	}
	return err
}
