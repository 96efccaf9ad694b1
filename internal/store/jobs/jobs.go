package jobs

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// again is for a job that waits already: it may have begun, and looked before.
const again = " ON DUPLICATE KEY UPDATE again = 1"

// Put queues a job for a machine that the transaction has locked. Nobody is woken.
func Put(ctx context.Context, q *sqlx.Tx, serviceID int64, job vm.Job, now time.Time) error {
	_, err := q.ExecContext(ctx, "INSERT INTO kvmbridge_jobs (service_id, job, asked_at) VALUES (?, ?, ?)"+again, serviceID, string(job), tx.Moment(now))
	return err
}

// PutAll queues a job for many machines, which it locks, and makes those due that stand at ready; the others come to it when
// they do. One that is being terminated gets it, too, because that may be taken back; one that is removed does not.
func PutAll(ctx context.Context, q *sqlx.Tx, serviceIDs []int64, job vm.Job, now time.Time) error {
	if len(serviceIDs) == 0 {
		return nil
	}
	for _, s := range []struct {
		query string
		args  []any
	}{
		// What moves a machine has this row first, so that its status stands still from here on.
		{"UPDATE kvmbridge_vm SET woken = woken WHERE service_id IN (?)", []any{serviceIDs}},
		{`INSERT INTO kvmbridge_jobs (service_id, job, asked_at) SELECT i.service_id, ?, ? FROM puqProxmoxKVM_vm_info i
			WHERE i.service_id IN (?) AND i.vm_status <> ?` + again, []any{string(job), tx.Moment(now), serviceIDs, string(vm.Removed)}},
		{
			`UPDATE kvmbridge_vm SET woken = 1, wake_at = CASE WHEN lease_holder IS NULL THEN ? ELSE wake_at END WHERE service_id IN (?)
			AND EXISTS (SELECT 1 FROM puqProxmoxKVM_vm_info i WHERE i.service_id = kvmbridge_vm.service_id AND i.vm_status = ?)`,
			[]any{tx.Moment(now), serviceIDs, string(vm.Ready)},
		},
	} {
		query, args, err := sqlx.In(s.query, s.args...)
		if err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	return nil
}
