package ledger

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// PendingDNS counts rows that are not as they should be yet, and those of them that failed.
func (l *Ledger) PendingDNS(ctx context.Context) (pending, failed int, err error) {
	var n struct {
		Pending int `db:"pending"`
		Failed  int `db:"failed"`
	}
	err = l.sql.GetContext(ctx, &n, "SELECT COUNT(*) AS pending, COALESCE(SUM(standing = 2), 0) AS failed FROM kvmbridge_dns_records WHERE standing > 0")
	if err != nil {
		return 0, 0, fmt.Errorf("count pending DNS records: %w", err)
	}
	return n.Pending, n.Failed, nil
}

// Question asks for pending rows of one zone entry.
type Question struct {
	ZoneID int64
	Failed bool   // only those whose last try failed
	Search string // in names and values, or a service's id; "" = all
	Offset int
	Limit  int
}

// PendingDNSRecords lists rows that are not as they should be yet, failed ones first, and counts all that the question means.
func (l *Ledger) PendingDNSRecords(ctx context.Context, q Question) (rows []Row, count int, err error) {
	where, args := q.where()
	if err = l.sql.GetContext(ctx, &count, "SELECT COUNT(*) FROM kvmbridge_dns_records "+where, args...); err != nil {
		return nil, 0, fmt.Errorf("count the pending DNS records of zone %d: %w", q.ZoneID, err)
	}
	if rows, err = list(ctx, l.sql, where+" ORDER BY standing DESC, id LIMIT ? OFFSET ?", append(args, q.Limit, q.Offset)...); err != nil {
		return nil, 0, fmt.Errorf("list the pending DNS records of zone %d: %w", q.ZoneID, err)
	}
	return rows, count, nil
}

func (q Question) where() (where string, args []any) {
	where, args = "WHERE zone_id = ? AND standing > 0", []any{q.ZoneID}
	if q.Failed {
		where = "WHERE zone_id = ? AND standing = 2"
	}
	if q.Search != "" {
		service, _ := strconv.ParseInt(q.Search, 10, 64) // no service has the id 0
		where += " AND (service_id = ? OR LOCATE(?, name) > 0 OR LOCATE(?, content) > 0)"
		args = append(args, service, q.Search, q.Search)
	}
	return where, args
}

// RetryDNS makes what failed due at once: of one service, or of one zone, 0 = any. It returns how many rows.
func (l *Ledger) RetryDNS(ctx context.Context, serviceID, zoneID int64, now time.Time) (int64, error) {
	n, err := tx.Affected(l.sql.ExecContext(ctx, `UPDATE kvmbridge_dns_records SET due_at = ? WHERE standing = 2
		AND (? = 0 OR service_id = ?) AND (? = 0 OR zone_id = ?)`, tx.Moment(now), serviceID, serviceID, zoneID, zoneID))
	if err != nil {
		return 0, fmt.Errorf("try the DNS records again: %w", err)
	}
	return n, nil
}

// RetryDNSRecord makes one row of a zone entry due at once; false = there is no such row, or it is as it should be meanwhile.
func (l *Ledger) RetryDNSRecord(ctx context.Context, zoneID, id int64, now time.Time) (bool, error) {
	n, err := tx.Affected(l.sql.ExecContext(ctx, "UPDATE kvmbridge_dns_records SET due_at = ? WHERE id = ? AND zone_id = ? AND standing > 0",
		tx.Moment(now), id, zoneID))
	if err != nil {
		return false, fmt.Errorf("try DNS record %d again: %w", id, err)
	}
	return n > 0, nil
}
