package traffic

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// columns of the state, in the order in which scan reads them and Save writes them.
const columns = `service_id, server_id, vm_id, node, taken_at, uptime, net_in, net_out, hour_at, hour_in, hour_out, hour_estimated,
	month_at, month_in, month_out, month_estimated, notice_at, notice, throttled, version`

// state selects them of r, which may be absent.
const state = `COALESCE(r.server_id, 0), COALESCE(r.vm_id, 0), COALESCE(r.node, ''), r.taken_at, COALESCE(r.uptime, 0), COALESCE(r.net_in, 0), COALESCE(r.net_out, 0),
	r.hour_at, COALESCE(r.hour_in, 0), COALESCE(r.hour_out, 0), COALESCE(r.hour_estimated, 0),
	r.month_at, COALESCE(r.month_in, 0), COALESCE(r.month_out, 0), COALESCE(r.month_estimated, 0),
	r.notice_at, COALESCE(r.notice, 0), COALESCE(r.throttled, 0), COALESCE(r.version, 0)`

// Accounts lists the services that have a guest, by id.
func (l *Ledger) Accounts(ctx context.Context) ([]traffic.Account, error) {
	return list(ctx, l.sql, `SELECT i.service_id, v.server_id, i.vm_id, v.created_at, h.regdate, h.nextduedate, `+state+`
		FROM puqProxmoxKVM_vm_info i JOIN kvmbridge_vm v ON v.service_id = i.service_id
		LEFT JOIN tblhosting h ON h.id = i.service_id LEFT JOIN kvmbridge_traffic r ON r.service_id = i.service_id
		WHERE i.vm_id > 0 ORDER BY i.service_id`)
}

// counted selects services of which something is counted, whether or not they have a guest still.
const counted = `SELECT r.service_id, r.server_id, r.vm_id, NULL, h.regdate, h.nextduedate, ` + state + `
	FROM kvmbridge_traffic r JOIN tblhosting h ON h.id = r.service_id WHERE r.month_at IS NOT NULL `

// Counted lists the services at a server of which something is counted, by id.
func (l *Ledger) Counted(ctx context.Context, serverID int64) ([]traffic.Account, error) {
	return list(ctx, l.sql, counted+"AND h.server = ? ORDER BY r.service_id", serverID)
}

// CountedOf is Counted for one service, whatever its server; ok = false: nothing is counted of it.
func (l *Ledger) CountedOf(ctx context.Context, serviceID int64) (_ traffic.Account, ok bool, err error) {
	found, err := list(ctx, l.sql, counted+"AND r.service_id = ?", serviceID)
	if err != nil || len(found) == 0 {
		return traffic.Account{}, false, err
	}
	return found[0], true, nil
}

func list(ctx context.Context, q sqlx.QueryerContext, query string, args ...any) ([]traffic.Account, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list the traffic of services: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []traffic.Account
	for rows.Next() {
		a, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("list the traffic of services: %w", err)
		}
		all = append(all, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the traffic of services: %w", err)
	}
	return all, nil
}

func scan(rows *sql.Rows) (a traffic.Account, err error) {
	var ordered, registered, due, taken, hour, month, notice sql.NullTime
	var uptime int64
	last, open, m, s := &a.Last, &a.Open, &a.Month, &a.Standing
	err = rows.Scan(&a.ServiceID, &a.Server, &a.VMID, &ordered, &registered, &due,
		&last.Server, &last.VMID, &last.Node, &taken, &uptime, &last.In, &last.Out,
		&hour, &open.In, &open.Out, &open.Estimated, &month, &m.In, &m.Out, &m.Estimated,
		&notice, &s.Notice, &s.Throttled, &a.Version)
	a.Ordered, a.Registered, a.Due = ordered.Time, registered.Time, due.Time
	last.At, last.Uptime, open.Start, m.From, s.Period = taken.Time, time.Duration(uptime)*time.Second, hour.Time, month.Time, notice.Time
	return a, err
}
