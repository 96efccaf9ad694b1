package copies

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// newest is the end of the newest good backup of a record i.
const newest = "(SELECT MAX(c.ended_at) FROM kvmbridge_copies c WHERE c.service_id = i.service_id AND c.kind = ? AND c.phase = ?)"

// goodRow is what records and deeds know of the newest good backup.
type goodRow struct {
	ServiceID int64          `db:"service_id"`
	Name      string         `db:"vm_name"`
	Ended     sql.NullTime   `db:"ended_at"`
	Day       sql.NullString `db:"last_day"`
	Saved     sql.NullTime   `db:"plan_saved"`
}

const goodColumns = "SELECT i.service_id, COALESCE(i.vm_name, '') AS vm_name, CAST(i.vm_backup_last AS CHAR) AS last_day, v.backup_plan_at AS plan_saved, " + newest + " AS ended_at"

// LastGood is the newest backup of a service that ended well; a deed that was forgotten leaves its day. vm.ErrNoMachine when the
// service has no machine.
func (b *Book) LastGood(ctx context.Context, serviceID int64) (keeping.Good, error) {
	var r goodRow
	err := b.sql.GetContext(ctx, &r, goodColumns+` FROM puqProxmoxKVM_vm_info i LEFT JOIN kvmbridge_vm v ON v.service_id = i.service_id WHERE i.service_id = ? LIMIT 1`,
		string(keeping.Backup), string(keeping.Done), serviceID)
	if errors.Is(err, sql.ErrNoRows) {
		err = vm.ErrNoMachine
	}
	return keeping.Good{At: r.Ended.Time, Day: dayOf(r.Day)}, wrap(err, "look for the last good backup", serviceID)
}

// Overdue implements keeping.Records.
func (b *Book) Overdue(ctx context.Context, now, before time.Time) ([]keeping.Late, error) {
	tomorrow := now.Add(24 * time.Hour) // a day beyond it cannot be believed
	p := plans[keeping.Backup]
	var rows []goodRow
	err := b.sql.SelectContext(ctx, &rows, goodColumns+fmt.Sprintf(planned, p.week)+` AND (v.backup_plan_at IS NULL OR v.backup_plan_at < ?)
		AND (i.vm_backup_last IS NULL OR i.vm_backup_last < ? OR i.vm_backup_last > ?) AND NOT EXISTS (SELECT 1 FROM kvmbridge_copies c WHERE c.service_id = i.service_id
		AND c.kind = ? AND c.phase = ? AND c.ended_at >= ?) ORDER BY i.service_id`, string(keeping.Backup), string(keeping.Done),
		string(vm.Ready), tx.Moment(before), before.Format(time.DateOnly), tomorrow.Format(time.DateOnly), string(keeping.Backup), string(keeping.Done), tx.Moment(before))
	if err != nil {
		return nil, fmt.Errorf("list the services without a new backup: %w", err)
	}
	list := make([]keeping.Late, 0, len(rows))
	for _, r := range rows {
		list = append(list, r.late())
	}
	return list, nil
}

func (r goodRow) late() keeping.Late {
	late := keeping.Late{ServiceID: r.ServiceID, Name: r.Name, Last: r.Ended.Time}
	if d := dayOf(r.Day); late.Last.IsZero() && !d.IsZero() {
		late.Last = time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	}
	late.Since = late.Last
	if r.Saved.Time.After(late.Since) {
		late.Since = r.Saved.Time
	}
	return late
}
