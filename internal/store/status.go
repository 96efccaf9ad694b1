package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Counts says how many machines stand at each status.
func (d *DB) Counts(ctx context.Context) (map[pipeline.State]int, error) {
	var rows []struct {
		Status string `db:"vm_status"`
		N      int    `db:"n"`
	}
	err := d.sql.SelectContext(ctx, &rows, "SELECT vm_status, COUNT(*) AS n FROM puqProxmoxKVM_vm_info GROUP BY vm_status")
	if err != nil {
		return nil, fmt.Errorf("count machines: %w", err)
	}
	counts := map[pipeline.State]int{}
	for _, r := range rows {
		counts[pipeline.State(r.Status)] += r.N
	}
	return counts, nil
}

// Worry is a machine that a person should look at.
type Worry struct {
	ServiceID int64     `db:"service_id"`
	ServerID  int64     `db:"server_id"`
	Name      string    `db:"vm_name"`
	Status    string    `db:"vm_status"`
	Attention string    `db:"attention"`
	LastError string    `db:"last_error"`
	Failures  int       `db:"failures"`
	Since     time.Time `db:"attention_at"`
}

// Worries lists up to limit machines with the attention flag, longest waiting first.
func (d *DB) Worries(ctx context.Context, limit int) ([]Worry, error) {
	var list []Worry
	err := d.sql.SelectContext(ctx, &list, `SELECT v.service_id, v.server_id, COALESCE(i.vm_name, '') AS vm_name, i.vm_status,
		v.attention, COALESCE(v.last_error, '') AS last_error, v.failures, v.attention_at
		FROM kvmbridge_vm v JOIN puqProxmoxKVM_vm_info i ON i.service_id = v.service_id
		WHERE v.attention_at IS NOT NULL ORDER BY v.attention_at LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("list machines that need a person: %w", err)
	}
	return list, nil
}

// RunLog is one run with its lines.
type RunLog struct {
	ID       int64
	Action   string
	From, To pipeline.State
	Result   string // running, success or waiting
	Error    string // why it waits
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
	query, args, err := sqlx.In(`SELECT run_id, n, label, from_status, to_status, result, skip, started_at, took_us
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
		Started: s.Started, Took: time.Duration(s.TookUS) * time.Microsecond,
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
