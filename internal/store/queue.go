package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/jobs"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Ask implements vm.Registry. What is asked for while it runs is done once more, because the run may have looked already
// at what changed.
func (d *DB) Ask(ctx context.Context, serviceID int64, job vm.Job) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		if w.over() {
			return w.refused()
		}
		if err := jobs.Put(ctx, q, serviceID, job, now); err != nil || w.Status != vm.Ready {
			return err
		}
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_vm SET woken = 1, wake_at = CASE WHEN lease_holder IS NULL THEN ? ELSE wake_at END
			WHERE service_id = ?`, tx.Moment(now), serviceID)
		return err
	})
	return wrap(err, "queue a job", serviceID)
}

// Restore implements desk.Reprieves. Who works on the machine may be past the point of return, and is not cut short.
func (d *DB) Restore(ctx context.Context, serviceID int64, since time.Time) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		switch {
		case w.Status != vm.Terminate || !w.EndedAt.Time.After(since):
			return w.refused()
		case w.Holder.Valid && w.WakeAt.Time.After(now):
			return vm.ErrBusy
		}
		w.Jobs = true
		if err := move(ctx, q, serviceID, w, vm.Ready, now); err != nil {
			return err
		}
		return jobs.Put(ctx, q, serviceID, vm.JobPower, now)
	})
	return wrap(err, "take the termination back", serviceID)
}

// refresh reads a record again whose job was asked for more than once: everything asked so far is what this run does.
func (d *DB) refresh(ctx context.Context, r record) (record, error) {
	if !r.Again.Bool {
		return r, nil
	}
	_, err := d.sql.ExecContext(ctx, "UPDATE kvmbridge_jobs SET again = 0 WHERE service_id = ? AND job = ?", r.ServiceID, r.Job.String)
	if err != nil {
		return r, err
	}
	return d.load(ctx, r.ServiceID)
}

// settleJob takes the job off the queue, unless it failed or was asked for again while it ran. One that waits for an event
// is done with: a machine at ready waits only for its service to be unsuspended, and that brings a job of its own.
func (w *write) settleJob(ctx context.Context, q *sqlx.Tx, keep bool) error {
	job := string(w.machine.Job)
	if !keep {
		n, err := tx.Affected(q.ExecContext(ctx, "DELETE FROM kvmbridge_jobs WHERE service_id = ? AND job = ? AND again = 0", w.lease.ID, job))
		if err != nil || n > 0 {
			return err
		}
	}
	return tx.ExactlyOne(q.ExecContext(ctx, "UPDATE kvmbridge_jobs SET again = 0 WHERE service_id = ? AND job = ?", w.lease.ID, job))
}

func dropJobs(ctx context.Context, q *sqlx.Tx, serviceID int64) error {
	_, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_jobs WHERE service_id = ?", serviceID)
	return err
}

// standing is the vm_status behind the pseudo-status of a job.
func standing(s pipeline.State) pipeline.State {
	if vm.IsJob(s) {
		return vm.Ready
	}
	return s
}
