package finder

import (
	"context"
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
	if err != nil {
		return 0, fmt.Errorf("look at the work on machines: %w", err)
	}
	return n, nil
}

// AtWork counts the machines with work and lists up to limit of those that fail, by service.
func (f *Finder) AtWork(ctx context.Context, limit int) (Work, error) {
	var w Work
	err := f.sql.QueryRowxContext(ctx, "SELECT COUNT(*), COALESCE(SUM(failures > 0), 0) FROM kvmbridge_vm WHERE wake_at IS NOT NULL").Scan(&w.Machines, &w.Failing)
	if err == nil && w.Failing > 0 {
		err = f.sql.SelectContext(ctx, &w.Failures, `SELECT service_id, COALESCE(last_error, '') AS last_error FROM kvmbridge_vm
			WHERE wake_at IS NOT NULL AND failures > 0 ORDER BY service_id LIMIT ?`, limit)
	}
	if err != nil {
		return Work{}, fmt.Errorf("look at the work on machines: %w", err)
	}
	return w, nil
}
