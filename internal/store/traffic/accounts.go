package traffic

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// state selects the columns of r, which may be absent: then all is NULL, and node says so.
const state = `r.node, r.server_id, r.vm_id, r.taken_at, r.uptime, r.net_in, r.net_out, r.hour_at, r.hour_in, r.hour_out, r.hour_estimated,
	r.month_at, r.month_in, r.month_out, r.month_estimated, r.notice_at, r.notice, r.throttled, r.version`

// Accounts lists the services that have a guest, by id. found, if given, gets each as soon as it is read. All of them are
// shown as they were before the first was found: the statement looks at one moment.
func (l *Ledger) Accounts(ctx context.Context, found func(*traffic.Account)) ([]traffic.Account, error) {
	return accounts(ctx, l.sql, found, `SELECT i.service_id, v.server_id, i.vm_id, v.created_at, h.regdate, h.nextduedate, `+state+`
		FROM puqProxmoxKVM_vm_info i JOIN kvmbridge_vm v ON v.service_id = i.service_id
		LEFT JOIN tblhosting h ON h.id = i.service_id LEFT JOIN kvmbridge_traffic r ON r.service_id = i.service_id
		WHERE i.vm_id > 0 ORDER BY i.service_id`)
}

// counted selects services of which something is counted, whether or not they have a guest still.
const counted = `SELECT r.service_id, r.server_id, r.vm_id, NULL, h.regdate, h.nextduedate, ` + state + `
	FROM kvmbridge_traffic r JOIN tblhosting h ON h.id = r.service_id WHERE r.month_at IS NOT NULL `

// Counted lists the services at a server of which something is counted, by id.
func (l *Ledger) Counted(ctx context.Context, serverID int64) ([]traffic.Account, error) {
	return accounts(ctx, l.sql, nil, counted+"AND h.server = ? ORDER BY r.service_id", serverID)
}

// CountedOf is Counted for one service, whatever its server; ok = false: nothing is counted of it.
func (l *Ledger) CountedOf(ctx context.Context, serviceID int64) (_ traffic.Account, ok bool, err error) {
	found, err := accounts(ctx, l.sql, nil, counted+"AND r.service_id = ?", serviceID)
	if err != nil || len(found) == 0 {
		return traffic.Account{}, false, err
	}
	return found[0], true, nil
}

func accounts(ctx context.Context, q sqlx.QueryerContext, found func(*traffic.Account), query string, args ...any) ([]traffic.Account, error) {
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
		// The reference product's table may hold a service twice; its bytes must not be.
		if n := len(all); n > 0 && all[n-1].ServiceID == a.ServiceID {
			continue
		}
		if all = append(all, a); found != nil {
			found(&all[len(all)-1])
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the traffic of services: %w", err)
	}
	return all, nil
}

// number takes NULL for 0, at less cost than the standard library's types.
type number uint64

// Scan implements sql.Scanner.
func (n *number) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		*n = 0
	case []byte:
		var u uint64
		u, err = strconv.ParseUint(string(v), 10, 64)
		*n = number(u)
	case int64:
		*n = number(v) //nolint:gosec // the columns are unsigned
	case uint64:
		*n = number(v)
	default:
		err = fmt.Errorf("%T is no number", v)
	}
	return err
}

//nolint:gosec // what was stored fitted
func scan(rows *sql.Rows) (a traffic.Account, err error) {
	var ordered, registered, due, taken, hour, month, notice sql.NullTime
	var node sql.NullString
	var c struct {
		server, vmid, lastServer, lastVMID, uptime, in, out, hourIn, hourOut, hourEst, monthIn, monthOut, monthEst, notice, throttled, version number
	}
	err = rows.Scan(&a.ServiceID, &c.server, &c.vmid, &ordered, &registered, &due,
		&node, &c.lastServer, &c.lastVMID, &taken, &c.uptime, &c.in, &c.out, &hour, &c.hourIn, &c.hourOut, &c.hourEst,
		&month, &c.monthIn, &c.monthOut, &c.monthEst, &notice, &c.notice, &c.throttled, &c.version)
	a.Guest = traffic.Guest{Server: int64(c.server), VMID: int(c.vmid)}
	a.Ordered, a.Registered, a.Due, a.Version = ordered.Time, registered.Time, due.Time, int64(c.version)
	a.Last = traffic.Reading{
		Guest: traffic.Guest{Server: int64(c.lastServer), VMID: int(c.lastVMID)}, Node: node.String, At: taken.Time,
		Uptime: time.Duration(c.uptime) * time.Second, Volume: traffic.Volume{In: uint64(c.in), Out: uint64(c.out)},
	}
	a.Open = traffic.Hour{Start: hour.Time, Volume: traffic.Volume{In: uint64(c.hourIn), Out: uint64(c.hourOut)}, Estimated: uint64(c.hourEst)}
	a.Month = traffic.Month{From: month.Time, Volume: traffic.Volume{In: uint64(c.monthIn), Out: uint64(c.monthOut)}, Estimated: uint64(c.monthEst)}
	a.Standing = traffic.Standing{Period: notice.Time, Notice: int(c.notice), Throttled: c.throttled == 1}
	return a, err
}
