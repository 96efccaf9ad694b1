package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Count is how the rows of one zone stand.
type Count struct {
	Live    int `db:"live"`    // as they should be
	Pending int `db:"pending"` // the others
	Failed  int `db:"failed"`  // of the pending: the last try failed
	Ours    int `db:"ours"`    // values that we wrote, or may have written
}

// How a row stands: the column standing, which the database derives from the others.
const (
	standsRight  = 0
	standsFailed = 2
)

// authored is a row whose value we wrote, or may have written; it takes the state "pending_create" as a parameter.
const authored = "(ours AND (state <> ? OR tried))"

// tally is how many rows of one zone entry stand in one way. It is read from one index alone, in the index's order: a zone can
// have hundreds of thousands of rows.
type tally struct {
	ZoneID   int64 `db:"zone_id"`
	Standing int   `db:"standing"`
	Rows     int   `db:"n"`
	Ours     int   `db:"ours"`
}

const (
	tallies  = "SELECT zone_id, standing, COUNT(*) AS n, SUM(" + authored + ") AS ours FROM kvmbridge_dns_records "
	grouping = " GROUP BY standing, zone_id"
)

func (c Count) plus(t tally) Count {
	switch t.Standing {
	case standsRight:
		c.Live += t.Rows
	case standsFailed:
		c.Failed += t.Rows
		c.Pending += t.Rows
	default:
		c.Pending += t.Rows
	}
	c.Ours += t.Ours
	return c
}

// DNSCounts counts the rows by zone entry, also those whose entry was removed.
func (l *Ledger) DNSCounts(ctx context.Context) (map[int64]Count, error) {
	var list []tally
	if err := l.sql.SelectContext(ctx, &list, tallies+grouping, string(dns.PendingCreate)); err != nil {
		return nil, fmt.Errorf("count the DNS records by zone: %w", err)
	}
	counts := map[int64]Count{}
	for _, t := range list {
		counts[t.ZoneID] = counts[t.ZoneID].plus(t)
	}
	return counts, nil
}

// DNSCount counts the rows of one zone entry.
func (l *Ledger) DNSCount(ctx context.Context, zoneID int64) (n Count, err error) {
	var list []tally
	err = l.sql.SelectContext(ctx, &list, tallies+"WHERE standing IN (0, 1, 2) AND zone_id = ?"+grouping, string(dns.PendingCreate), zoneID)
	if err != nil {
		return n, fmt.Errorf("count the DNS records of zone %d: %w", zoneID, err)
	}
	for _, t := range list {
		n = n.plus(t)
	}
	return n, nil
}

// NewestDNSError is why the last try failed of whatever failed last; "" = nothing is failed.
func (l *Ledger) NewestDNSError(ctx context.Context) (string, error) {
	var text string
	err := l.sql.GetContext(ctx, &text, "SELECT last_error FROM kvmbridge_dns_records WHERE standing = 2 ORDER BY changed_at DESC, id DESC LIMIT 1")
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for failed DNS records: %w", err)
	}
	return text, nil
}
