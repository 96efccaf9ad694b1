package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Results of a run.
const (
	resultRunning = "running"
	resultSuccess = "success"
	resultWaiting = "waiting"
	resultError   = "error"
)

// keepRuns is how many runs of one machine are kept (product-spec §10.7).
const keepRuns = 50

// saveEntry adds a log line; the first one makes the run durable.
func (w *write) saveEntry(ctx context.Context, q *sqlx.Tx, result string) error {
	if err := w.saveRun(ctx, q, result); err != nil {
		return err
	}
	e := w.entry
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_run_steps
		(run_id, n, label, from_status, to_status, result, skip, details, started_at, took_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.run.ID, e.N, e.Label, string(standing(e.From)), string(standing(e.To)), plain.Clean(e.Result), plain.Text(e.Skip),
		plain.Text(strings.Join(w.machine.Details, "\n")), tx.Moment(e.Started), e.Took.Microseconds())
	return err
}

func (w *write) saveRun(ctx context.Context, q *sqlx.Tx, result string) error {
	e := w.entry
	var cause sql.NullString
	var finished sql.NullTime
	if result == resultWaiting {
		cause, finished = plain.Text(e.Result), tx.Moment(w.at)
	}
	if w.run.ID != 0 {
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_runs SET to_status = ?, result = ?, error = ?, steps = ?, finished_at = ?
			WHERE id = ?`, string(standing(e.To)), result, cause, e.N, finished, w.run.ID)
		return err
	}
	if err := w.closeOlderRuns(ctx, q); err != nil {
		return err
	}
	res, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_runs
		(service_id, action, from_status, to_status, result, error, steps, started_at, finished_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.lease.ID, w.run.Action, string(standing(w.run.From)), string(standing(e.To)), result, cause, e.N, tx.Moment(w.run.Started), finished)
	if err != nil {
		return err
	}
	w.run.ID, err = res.LastInsertId()
	return err
}

// closeOlderRuns ends runs whose process died or stopped in the middle, and forgets the oldest ones.
func (w *write) closeOlderRuns(ctx context.Context, q *sqlx.Tx) error {
	_, err := q.ExecContext(ctx, `UPDATE kvmbridge_runs SET result = ?, error = ?, finished_at = ? WHERE service_id = ? AND result = ?`,
		resultWaiting, "interrupted: the process that worked on it stopped; another run went on", tx.Moment(w.run.Started), w.lease.ID, resultRunning)
	if err != nil {
		return err
	}
	var oldest int64
	err = q.GetContext(ctx, &oldest, `SELECT id FROM kvmbridge_runs WHERE service_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?`, w.lease.ID, keepRuns-1)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `DELETE s FROM kvmbridge_run_steps s JOIN kvmbridge_runs r ON r.id = s.run_id
		WHERE r.service_id = ? AND r.id <= ?`, w.lease.ID, oldest)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `DELETE FROM kvmbridge_runs WHERE service_id = ? AND id <= ?`, w.lease.ID, oldest)
	return err
}

// closeRun writes down how a run ended.
func (w *write) closeRun(ctx context.Context, q *sqlx.Tx) error {
	result := resultSuccess
	if w.run.Failed != "" {
		result = resultError
	}
	_, err := q.ExecContext(ctx, `UPDATE kvmbridge_runs SET result = ?, error = ?, finished_at = ? WHERE id = ?`,
		result, plain.Text(w.run.Failed), tx.Moment(w.at), w.run.ID)
	if err != nil {
		return err
	}
	return w.saveHistory(ctx, q)
}

// closeLeftRun ends a run whose last step was settled by a process that did not come to say so.
func (w *write) closeLeftRun(ctx context.Context, q *sqlx.Tx) error {
	var left struct {
		ID      int64     `db:"id"`
		Action  string    `db:"action"`
		From    string    `db:"from_status"`
		Started time.Time `db:"started_at"`
		Last    string    `db:"last"`
	}
	err := q.GetContext(ctx, &left, `SELECT r.id, r.action, r.from_status, r.started_at, s.result AS last FROM kvmbridge_runs r
		JOIN kvmbridge_run_steps s ON s.run_id = r.id WHERE r.service_id = ? AND r.result = ? ORDER BY r.id DESC, s.n DESC LIMIT 1`, w.lease.ID, resultRunning)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	w.run = pipeline.Run{ID: left.ID, Action: left.Action, From: pipeline.State(left.From), Started: left.Started}
	if left.Last != resultSuccess {
		w.run.Failed = left.Last
	}
	return w.closeRun(ctx, q)
}

// dropRuns forgets every run of a service.
func dropRuns(ctx context.Context, q *sqlx.Tx, serviceID int64) error {
	_, err := q.ExecContext(ctx, "DELETE s FROM kvmbridge_run_steps s JOIN kvmbridge_runs r ON r.id = s.run_id WHERE r.service_id = ?", serviceID)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, "DELETE FROM kvmbridge_runs WHERE service_id = ?", serviceID)
	return err
}

// countRepeat counts a run that failed at its first step exactly as the run before it ended.
func (w *write) countRepeat(ctx context.Context, q *sqlx.Tx) (bool, error) {
	if w.run.ID != 0 {
		return false, nil
	}
	var last struct {
		ID     int64          `db:"id"`
		Action string         `db:"action"`
		Status string         `db:"to_status"`
		Result string         `db:"result"`
		Error  sql.NullString `db:"error"`
	}
	err := q.GetContext(ctx, &last, `SELECT id, action, to_status, result, error FROM kvmbridge_runs
		WHERE service_id = ? ORDER BY id DESC LIMIT 1`, w.lease.ID)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	same := last.Action == w.run.Action && last.Status == string(standing(w.entry.From)) && last.Result == resultWaiting && last.Error.String == plain.Clean(w.entry.Result)
	if err != nil || !same {
		return false, err
	}
	_, err = q.ExecContext(ctx, `UPDATE kvmbridge_runs SET repeats = repeats + 1, finished_at = ? WHERE id = ?`, tx.Moment(w.at), last.ID)
	return err == nil, err
}

// step is a log line as the tables hold it.
type step struct {
	N       int            `db:"n"`
	Label   string         `db:"label"`
	From    string         `db:"from_status"`
	To      string         `db:"to_status"`
	Result  string         `db:"result"`
	Skip    sql.NullString `db:"skip"`
	Details sql.NullString `db:"details"` // lines
	Started time.Time      `db:"started_at"`
	TookUS  int64          `db:"took_us"`
}

func stepsOf(ctx context.Context, q sqlx.QueryerContext, runID int64) ([]step, error) {
	var steps []step
	err := sqlx.SelectContext(ctx, q, &steps, `SELECT n, label, from_status, to_status, result, skip, details, started_at, took_us
		FROM kvmbridge_run_steps WHERE run_id = ? ORDER BY n`, runID)
	return steps, err
}
