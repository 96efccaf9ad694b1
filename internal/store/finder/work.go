package finder

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Work is what there is to do on machines.
type Work struct {
	Machines int // due now or later, or being worked on
	Failing  int // of them: the last try failed
	Failures []Failure
}

// Failure is a machine whose last try failed.
type Failure struct {
	ServiceID int64  `db:"service_id"`
	LastError string `db:"last_error"`
}

// Moving counts the machines that somebody works on, or will by then, and that do not fail.
func (f *Finder) Moving(ctx context.Context, by time.Time) (n int, err error) {
	err = f.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_vm WHERE wake_at IS NOT NULL AND (lease_holder IS NOT NULL OR failures = 0 AND wake_at <= ?)", tx.Moment(by))
	return n, wrapped(err)
}

// Neglected counts the machines that were due before that moment, if nobody works on any machine at all: one that waits its
// turn in a long queue is not forgotten. oldest is when the first of them was due.
func (f *Finder) Neglected(ctx context.Context, before time.Time) (n int, oldest time.Time, err error) {
	var row struct {
		N      int          `db:"n"`
		Oldest sql.NullTime `db:"oldest"`
		Held   int          `db:"held"`
	}
	err = f.sql.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(wake_at) AS oldest, (SELECT COUNT(*) FROM kvmbridge_vm WHERE lease_holder IS NOT NULL) AS held
		FROM kvmbridge_vm WHERE wake_at < ? AND lease_holder IS NULL`, tx.Moment(before))
	if err != nil || row.Held > 0 {
		return 0, time.Time{}, wrapped(err)
	}
	return row.N, row.Oldest.Time, nil
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("look at the work on machines: %w", err)
}

// AtWork counts the machines with work and lists up to limit of those that fail, by service.
func (f *Finder) AtWork(ctx context.Context, limit int) (Work, error) {
	var w Work
	err := f.sql.QueryRowxContext(ctx, "SELECT COUNT(*), COALESCE(SUM(failures > 0), 0) FROM kvmbridge_vm WHERE wake_at IS NOT NULL").Scan(&w.Machines, &w.Failing)
	if err == nil && w.Failing > 0 {
		err = f.sql.SelectContext(ctx, &w.Failures, `SELECT service_id, COALESCE(last_error, '') AS last_error FROM kvmbridge_vm
			WHERE wake_at IS NOT NULL AND failures > 0 ORDER BY service_id LIMIT ?`, limit)
	}
	return w, wrapped(err)
}
