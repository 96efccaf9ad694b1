package copies

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// plan names the columns of a weekly plan.
type plan struct{ week, last, saved string }

//nolint:gochecknoglobals // immutable table
var plans = map[keeping.Kind]plan{
	keeping.Backup:   {"vm_backup_schedule", "vm_backup_last", "backup_plan_at"},
	keeping.Snapshot: {"vm_snapshot_schedule", "vm_snapshot_last", "snapshot_plan_at"},
}

// planned is a machine at ready of an active service that has a plan.
const planned = ` FROM puqProxmoxKVM_vm_info i JOIN tblhosting h ON h.id = i.service_id LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id
	WHERE i.vm_status = ? AND h.domainstatus = 'Active' AND i.%s IS NOT NULL AND CAST(i.%[1]s AS CHAR) NOT IN ('', '{}', '[]', 'null')`

// Plans implements keeping.Records.
func (b *Book) Plans(ctx context.Context, kind keeping.Kind) ([]keeping.Planned, error) {
	p := plans[kind]
	var rows []struct {
		ServiceID int64          `db:"service_id"`
		Week      string         `db:"plan_text"`
		Last      sql.NullString `db:"plan_last"`
		Saved     sql.NullTime   `db:"plan_saved"`
	}
	err := b.sql.SelectContext(ctx, &rows, fmt.Sprintf("SELECT i.service_id, CAST(i.%s AS CHAR) AS plan_text, CAST(i.%s AS CHAR) AS plan_last, v.%s AS plan_saved", p.week, p.last, p.saved)+
		fmt.Sprintf(planned, p.week)+" ORDER BY i.service_id", string(vm.Ready))
	if err != nil {
		return nil, fmt.Errorf("list the weekly plans: %w", err)
	}
	list := make([]keeping.Planned, 0, len(rows))
	for _, r := range rows {
		one := keeping.Planned{ServiceID: r.ServiceID}
		one.Plan.Since = r.Saved.Time
		one.Plan.Week, one.Fault = retention.ParseWeek(r.Week)
		one.Plan.Last, _ = retention.ParseDay(r.Last.String[:min(len(r.Last.String), len(time.DateOnly))]) // a date of another kind is none
		list = append(list, one)
	}
	return list, nil
}

// SavePlan implements keeping.Records.
func (b *Book) SavePlan(ctx context.Context, serviceID int64, kind keeping.Kind, w retention.Week, at time.Time) error {
	p, known := plans[kind]
	if !known {
		return fmt.Errorf("there are no weekly plans for a %s", kind)
	}
	err := tx.Run(ctx, b.sql, func(q *sqlx.Tx) error {
		if _, err := lock(ctx, q, serviceID, at); err != nil {
			return err
		}
		if _, err := q.ExecContext(ctx, "UPDATE kvmbridge_vm SET "+p.saved+" = ? WHERE service_id = ?", tx.Moment(at), serviceID); err != nil {
			return err
		}
		_, err := q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET "+p.week+" = ? WHERE service_id = ?", w.String(), serviceID)
		return err
	})
	return wrap(err, "save the weekly plan", serviceID)
}

// WithSnapshots implements keeping.Records.
func (b *Book) WithSnapshots(ctx context.Context) (ids []int64, err error) {
	err = b.sql.SelectContext(ctx, &ids, "SELECT service_id FROM puqProxmoxKVM_vm_info WHERE vm_status = ? AND vm_snapshots > 0 ORDER BY service_id", string(vm.Ready))
	if err != nil {
		return nil, fmt.Errorf("list the machines with snapshots: %w", err)
	}
	return ids, nil
}

// Watched implements keeping.Records.
func (b *Book) Watched(ctx context.Context) ([]keeping.Watched, error) {
	var rows []struct {
		ServiceID int64  `db:"service_id"`
		ServerID  int64  `db:"server_id"`
		Backup    string `db:"backup_task"`
		Restore   string `db:"restore_task"`
	}
	err := b.sql.SelectContext(ctx, &rows, `SELECT i.service_id, COALESCE(v.server_id, h.server, 0) AS server_id,
		COALESCE(i.vm_backup_now_utid, '') AS backup_task, COALESCE(i.vm_backup_restore_utid, '') AS restore_task
		FROM puqProxmoxKVM_vm_info i LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id LEFT JOIN tblhosting h ON h.id = i.service_id
		WHERE (COALESCE(i.vm_backup_now_utid, '') <> '' OR COALESCE(i.vm_backup_restore_utid, '') <> '') AND i.vm_status = ?
		AND NOT EXISTS (SELECT 1 FROM kvmbridge_copies c WHERE c.service_id = i.service_id AND c.due_at IS NOT NULL AND c.kind IN (?, ?))`,
		string(vm.Ready), string(keeping.Backup), string(keeping.Restore))
	if err != nil {
		return nil, fmt.Errorf("list the tasks in the records: %w", err)
	}
	list := make([]keeping.Watched, 0, len(rows))
	for _, r := range rows {
		list = append(list, keeping.Watched(r))
	}
	return list, nil
}

// Unwatch implements keeping.Records.
func (b *Book) Unwatch(ctx context.Context, serviceID int64, upid string) error {
	_, err := b.sql.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_now_utid = '' WHERE service_id = ? AND vm_backup_now_utid = ?", serviceID, upid)
	return wrap(err, "clear the task of a backup", serviceID)
}

// Overdue implements keeping.Records.
func (b *Book) Overdue(ctx context.Context, before time.Time) (ids []int64, err error) {
	p := plans[keeping.Backup]
	err = b.sql.SelectContext(ctx, &ids, "SELECT i.service_id"+fmt.Sprintf(planned, p.week)+` AND (v.backup_plan_at IS NULL OR v.backup_plan_at < ?)
		AND (i.vm_backup_last IS NULL OR i.vm_backup_last < ?) AND NOT EXISTS (SELECT 1 FROM kvmbridge_copies c WHERE c.service_id = i.service_id
		AND c.kind = ? AND c.phase = ? AND c.ended_at >= ?) ORDER BY i.service_id`, string(vm.Ready), tx.Moment(before), before.UTC().Format(time.DateOnly),
		string(keeping.Backup), string(keeping.Done), tx.Moment(before))
	if err != nil {
		return nil, fmt.Errorf("list the services without a new backup: %w", err)
	}
	return ids, nil
}
