package finder

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/store/copies"
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
	Status    string `db:"status"`
	LastError string `db:"last_error"`
}

// engine picks the machines that the engine has or may take; a backup or a restore holds one for as long as it lasts.
const engine = "(lease_holder IS NULL OR lease_holder <> '" + copies.Holder + "')"

// Moving counts the machines that the engine works on at now, or will by then, and that do not fail.
func (f *Finder) Moving(ctx context.Context, now, by time.Time) (n int, err error) {
	err = f.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_vm WHERE "+engine+` AND wake_at IS NOT NULL
		AND (lease_holder IS NOT NULL AND wake_at > ? OR failures = 0 AND wake_at <= ?)`, tx.Moment(now), tx.Moment(by))
	return n, wrapped(err)
}

// Neglected counts the machines that were due before that moment, if nobody works on any machine at all at now: one that waits
// its turn in a long queue is not forgotten. oldest is when the first of them was due, or when a process that died with it would
// have had to be done.
func (f *Finder) Neglected(ctx context.Context, now, before time.Time) (n int, oldest time.Time, err error) {
	var row struct {
		N      int          `db:"n"`
		Oldest sql.NullTime `db:"oldest"`
		Held   int          `db:"held"`
	}
	err = f.sql.GetContext(ctx, &row, `SELECT COUNT(*) AS n, MIN(wake_at) AS oldest, (SELECT COUNT(*) FROM kvmbridge_vm WHERE lease_holder IS NOT NULL
		AND `+engine+` AND wake_at > ?) AS held FROM kvmbridge_vm WHERE wake_at < ?`, tx.Moment(now), tx.Moment(before))
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
	err := f.sql.QueryRowxContext(ctx, "SELECT COUNT(*), COALESCE(SUM(failures > 0), 0) FROM kvmbridge_vm WHERE wake_at IS NOT NULL AND "+engine).Scan(&w.Machines, &w.Failing)
	if err == nil && w.Failing > 0 {
		err = f.sql.SelectContext(ctx, &w.Failures, `SELECT v.service_id, COALESCE(v.last_error, '') AS last_error,
			COALESCE((SELECT MAX(i.vm_status) FROM puqProxmoxKVM_vm_info i WHERE i.service_id = v.service_id), '') AS status FROM kvmbridge_vm v
			WHERE v.wake_at IS NOT NULL AND v.failures > 0 AND `+engine+` ORDER BY v.service_id LIMIT ?`, limit)
	}
	return w, wrapped(err)
}
