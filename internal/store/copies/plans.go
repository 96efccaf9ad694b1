package copies

import (
	"context"
	"database/sql"
	"errors"
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
	var rows []planRow
	err := b.sql.SelectContext(ctx, &rows, p.columns()+fmt.Sprintf(planned, p.week)+" ORDER BY i.service_id", string(vm.Ready))
	if err != nil {
		return nil, fmt.Errorf("list the weekly plans: %w", err)
	}
	list := make([]keeping.Planned, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.planned())
	}
	return list, nil
}

// planRow is a plan as the tables hold it.
type planRow struct {
	ServiceID int64          `db:"service_id"`
	Week      sql.NullString `db:"plan_text"`
	Last      sql.NullString `db:"plan_last"`
	Saved     sql.NullTime   `db:"plan_saved"`
}

func (p plan) columns() string {
	return fmt.Sprintf("SELECT i.service_id, CAST(i.%s AS CHAR) AS plan_text, CAST(i.%s AS CHAR) AS plan_last, v.%s AS plan_saved", p.week, p.last, p.saved)
}

func (r planRow) planned() keeping.Planned {
	one := keeping.Planned{ServiceID: r.ServiceID}
	one.Plan.Since, one.Plan.Last = r.Saved.Time, dayOf(r.Last)
	one.Plan.Week, one.Fault = retention.ParseWeek(r.Week.String)
	return one
}

// dayOf reads a date of the records; one of another kind is none.
func dayOf(text sql.NullString) retention.Day {
	d, _ := retention.ParseDay(text.String[:min(len(text.String), len(time.DateOnly))])
	return d
}

// Plan is that of one machine, whatever its status; vm.ErrNoMachine when the service has none.
func (b *Book) Plan(ctx context.Context, serviceID int64, kind keeping.Kind) (keeping.Planned, error) {
	var r planRow
	err := b.sql.GetContext(ctx, &r, plans[kind].columns()+` FROM puqProxmoxKVM_vm_info i LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id
		WHERE i.service_id = ? LIMIT 1`, serviceID)
	if errors.Is(err, sql.ErrNoRows) {
		err = vm.ErrNoMachine
	}
	return r.planned(), wrap(err, "read the weekly plan", serviceID)
}

// SavePlan implements keeping.Records.
func (b *Book) SavePlan(ctx context.Context, serviceID int64, kind keeping.Kind, w retention.Week, at time.Time, entry string) error {
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
		if _, err := q.ExecContext(ctx, "UPDATE puqProxmoxKVM_vm_info SET "+p.week+" = ? WHERE service_id = ?", w.String(), serviceID); err != nil {
			return err
		}
		return enter(ctx, q, serviceID, entry, at)
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
