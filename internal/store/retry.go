package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Retry makes a machine due now; one that is being worked on is looked at again when its lease ends. Nothing that was
// ordered of it is lost. vm.ErrRefused where nothing is ever done by time.
func (d *DB) Retry(ctx context.Context, serviceID int64) error {
	err := d.order(ctx, serviceID, func(q *sqlx.Tx, w work, now time.Time) error {
		if w.Status == vm.Removed || w.Status == vm.ErrorTerminate {
			return w.refused()
		}
		return tx.ExactlyOne(q.ExecContext(ctx, `UPDATE kvmbridge_vm SET woken = 1, wake_at = CASE WHEN lease_holder IS NULL THEN ? ELSE wake_at END
			WHERE service_id = ?`, tx.Moment(now), serviceID))
	})
	return wrap(err, "make the machine due", serviceID)
}
