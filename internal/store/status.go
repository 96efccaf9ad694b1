package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// RunLog is one run with its lines.
type RunLog struct {
	ID       int64
	Action   string
	From, To pipeline.State
	Result   string // running, success, waiting, or error of one that gave up
	Error    string // why it waits or gave up
	Repeats  int    // further runs that failed in the same way at once
	Started  time.Time
	Finished time.Time // zero while running
	Steps    []StepLog
}

// StepLog is one line of a run.
type StepLog struct {
	N        int
	Label    string
	From, To pipeline.State
	Result   string // success or the error's text
	Skip     string // reason; "" = done
	Started  time.Time
	Took     time.Duration
	Details  []string // lines, such as the DNS records
}

type runRow struct {
	ID       int64          `db:"id"`
	Action   string         `db:"action"`
	From     string         `db:"from_status"`
	To       string         `db:"to_status"`
	Result   string         `db:"result"`
	Error    sql.NullString `db:"error"`
	Repeats  int            `db:"repeats"`
	Started  time.Time      `db:"started_at"`
	Finished sql.NullTime   `db:"finished_at"`
}

// Runs lists up to limit runs of a service, newest first; none is no error.
func (d *DB) Runs(ctx context.Context, serviceID int64, limit int) ([]RunLog, error) {
	var rows []runRow
	err := d.sql.SelectContext(ctx, &rows, `SELECT id, action, from_status, to_status, result, error, repeats, started_at, finished_at
		FROM kvmbridge_runs WHERE service_id = ? ORDER BY id DESC LIMIT ?`, serviceID, limit)
	if err != nil || len(rows) == 0 {
		return nil, wrap(err, "list the runs", serviceID)
	}
	runs := make([]RunLog, len(rows))
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
		runs[i] = RunLog{
			ID: r.ID, Action: r.Action, From: pipeline.State(r.From), To: pipeline.State(r.To), Result: r.Result, Error: r.Error.String,
			Repeats: r.Repeats, Started: r.Started, Finished: r.Finished.Time,
		}
	}
	return runs, wrap(d.addSteps(ctx, runs, ids), "list the runs", serviceID)
}

func (d *DB) addSteps(ctx context.Context, runs []RunLog, ids []int64) error {
	query, args, err := sqlx.In(`SELECT run_id, n, label, from_status, to_status, result, skip, details, started_at, took_us
		FROM kvmbridge_run_steps WHERE run_id IN (?) ORDER BY run_id, n`, ids)
	if err != nil {
		return err
	}
	var rows []struct {
		RunID int64 `db:"run_id"`
		step
	}
	if err := d.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	at := make(map[int64]*RunLog, len(runs))
	for i := range runs {
		at[runs[i].ID] = &runs[i]
	}
	for _, r := range rows {
		run := at[r.RunID]
		run.Steps = append(run.Steps, r.log())
	}
	return nil
}

func (s step) log() StepLog {
	return StepLog{
		N: s.N, Label: s.Label, From: pipeline.State(s.From), To: pipeline.State(s.To), Result: s.Result, Skip: s.Skip.String,
		Started: s.Started, Took: time.Duration(s.TookUS) * time.Microsecond, Details: strings.FieldsFunc(s.Details.String, func(r rune) bool { return r == '\n' }),
	}
}

// LastRun is the newest run of a service; ok is false when it never had one.
func (d *DB) LastRun(ctx context.Context, serviceID int64) (run RunLog, ok bool, err error) {
	runs, err := d.Runs(ctx, serviceID, 1)
	if err != nil || len(runs) == 0 {
		return RunLog{}, false, err
	}
	return runs[0], true, nil
}
