package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Due implements pipeline.Store. A leased machine's wake time is the end of its lease, so that one walk along one index
// answers both questions, however many machines are idle.
func (d *DB) Due(ctx context.Context, now time.Time, limit int) ([]int64, time.Time, error) {
	var rows []struct {
		ServiceID int64     `db:"service_id"`
		WakeAt    time.Time `db:"wake_at"`
	}
	err := d.sql.SelectContext(ctx, &rows, `SELECT service_id, wake_at FROM kvmbridge_vm
		WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT ?`, limit+1)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("list due machines: %w", err)
	}
	var ids []int64
	for _, r := range rows {
		if r.WakeAt.After(now) || len(ids) == limit {
			return ids, r.WakeAt, nil
		}
		ids = append(ids, r.ServiceID)
	}
	return ids, time.Time{}, nil
}

// Claim implements pipeline.Store. Only one process's UPDATE can find the wake time in the past.
func (d *DB) Claim(ctx context.Context, id int64, now time.Time) (pipeline.Lease, *vm.Machine, error) {
	n, err := tx.Affected(d.sql.ExecContext(ctx, `UPDATE kvmbridge_vm
		SET lease_holder = ?, lease_token = lease_token + 1, wake_at = ?, woken = 0
		WHERE service_id = ? AND wake_at <= ?`, d.holder, tx.Moment(now.Add(d.cfg.Lease)), id, tx.Moment(now)))
	if err != nil {
		d.abandon(id, true) // it may have been committed all the same
		return pipeline.Lease{}, nil, wrap(err, "claim the machine", id)
	}
	if n == 0 {
		return pipeline.Lease{}, nil, pipeline.ErrNotDue
	}
	d.abandon(id, false)
	lease, m, err := d.claimed(ctx, id)
	if err != nil {
		d.abandon(id, true)
		return pipeline.Lease{}, nil, wrap(err, "claim the machine", id)
	}
	return lease, m, nil
}

// claimed loads what was just claimed; a record that vanished gives the lease back and is never due again.
func (d *DB) claimed(ctx context.Context, id int64) (pipeline.Lease, *vm.Machine, error) {
	rec, err := d.load(ctx, id)
	switch {
	case errors.Is(err, vm.ErrNoMachine):
		_, err := d.sql.ExecContext(ctx, `UPDATE kvmbridge_vm SET lease_holder = NULL, wake_at = NULL
			WHERE service_id = ? AND lease_holder = ?`, id, d.holder)
		return pipeline.Lease{}, nil, errors.Join(pipeline.ErrNotDue, err)
	case err != nil:
		return pipeline.Lease{}, nil, err
	case rec.Holder.String != d.holder:
		return pipeline.Lease{}, nil, pipeline.ErrNotDue
	}
	if rec, err = d.freshen(ctx, rec); err != nil {
		return pipeline.Lease{}, nil, err
	}
	m := d.machine(rec)
	return pipeline.Lease{ID: id, Token: rec.Token.Int64}, &m, nil
}

// freshen takes up what was left at a machine that stands at ready: a wish, or a job that was asked for more than once.
func (d *DB) freshen(ctx context.Context, r record) (record, error) {
	switch {
	case !r.ready():
		return r, nil
	case !r.Wish.Valid:
		return d.refresh(ctx, r)
	}
	err := tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		err := tx.ExactlyOne(q.ExecContext(ctx, "UPDATE kvmbridge_vm SET woken = woken WHERE service_id = ? AND lease_token = ? AND lease_holder = ?",
			r.ServiceID, r.Token.Int64, d.holder))
		if err != nil {
			return err
		}
		return takeUp(ctx, q, r.ServiceID, d.cfg.Clock.Now())
	})
	if err != nil {
		return r, err
	}
	return d.load(ctx, r.ServiceID)
}

// Renew implements pipeline.Store. Leases that could not be given back are left to run out.
func (d *DB) Renew(ctx context.Context, now time.Time) error {
	query, args, err := d.renewal(tx.Moment(now.Add(d.cfg.Lease)))
	if err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	if _, err := d.sql.ExecContext(ctx, query, args...); err != nil {
		return fmt.Errorf("renew leases: %w", err)
	}
	return nil
}

func (d *DB) renewal(until any) (string, []any, error) {
	const query = "UPDATE kvmbridge_vm SET wake_at = ? WHERE lease_holder = ?"
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.abandoned) == 0 {
		return query, []any{until, d.holder}, nil
	}
	var ids []int64
	for id := range d.abandoned {
		ids = append(ids, id)
	}
	return sqlx.In(query+" AND service_id NOT IN (?)", until, d.holder, ids)
}

// abandon remembers a lease that this process lost track of; prolonging it would block the machine for ever.
func (d *DB) abandon(id int64, lost bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if lost {
		d.abandoned[id] = true
		return
	}
	delete(d.abandoned, id)
}

// Holds implements pipeline.Store.
func (d *DB) Holds(ctx context.Context, l pipeline.Lease) error {
	var n int
	err := d.sql.GetContext(ctx, &n, "SELECT COUNT(*) FROM kvmbridge_vm WHERE service_id = ? AND lease_token = ? AND lease_holder = ?", l.ID, l.Token, d.holder)
	if err == nil && n == 0 {
		return pipeline.ErrLost
	}
	return wrap(err, "look at the lease", l.ID)
}

// Release implements pipeline.Store. A machine that is given back for good stands where no step begins: a run of it that is
// still under way for the log ended with its last step.
func (d *DB) Release(ctx context.Context, l pipeline.Lease, wake time.Time) error {
	now := d.cfg.Clock.Now()
	if !wake.IsZero() {
		return d.parted(l, wrap(release(ctx, d.sql, d.holder, l, now, wake), "release the machine", l.ID))
	}
	s, err := d.recordShape(ctx)
	if err != nil {
		return d.parted(l, err)
	}
	err = tx.Run(ctx, d.sql, func(q *sqlx.Tx) error {
		if err := release(ctx, q, d.holder, l, now, wake); err != nil {
			return err
		}
		w := write{d: d, shape: s, lease: l, at: now}
		return w.closeLeftRun(ctx, q)
	})
	return d.parted(l, wrap(err, "release the machine", l.ID))
}

// release gives the lease back; an event that arrived meanwhile makes the machine due at once.
func release(ctx context.Context, e sqlx.ExecerContext, holder string, l pipeline.Lease, now, wake time.Time) error {
	return tx.ExactlyOne(e.ExecContext(ctx, `UPDATE kvmbridge_vm
		SET lease_holder = NULL, wake_at = CASE WHEN woken = 1 THEN ? ELSE ? END, woken = 0
		WHERE service_id = ? AND lease_token = ? AND lease_holder = ?`, tx.Moment(now), tx.Moment(wake), l.ID, l.Token, holder))
}

// parted notes that a lease ended, or that it could not be ended.
func (d *DB) parted(l pipeline.Lease, err error) error {
	if err != nil {
		d.abandon(l.ID, true)
	}
	return err
}
