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

// settled is a row as it should be.
const settled = "(state = ? AND due_at IS NULL AND last_error IS NULL)"

// authored is a row whose value we wrote, or may have written; it takes the state "pending_create" as a parameter.
const authored = "(ours AND (state <> ? OR tried))"

// counted are the columns of Count; counting are their parameters.
const counted = "SUM(" + settled + ") AS live, SUM(NOT " + settled + ") AS pending, SUM(last_error IS NOT NULL) AS failed, SUM(" + authored + ") AS ours"

func counting() []any { return []any{string(dns.Live), string(dns.Live), string(dns.PendingCreate)} }

// DNSCounts counts the rows by zone entry, also those whose entry was removed.
func (l *Ledger) DNSCounts(ctx context.Context) (map[int64]Count, error) {
	var rows []struct {
		ZoneID int64 `db:"zone_id"`
		Count
	}
	err := l.sql.SelectContext(ctx, &rows, "SELECT zone_id, "+counted+" FROM kvmbridge_dns_records GROUP BY zone_id", counting()...)
	if err != nil {
		return nil, fmt.Errorf("count the DNS records by zone: %w", err)
	}
	counts := make(map[int64]Count, len(rows))
	for _, r := range rows {
		counts[r.ZoneID] = r.Count
	}
	return counts, nil
}

// DNSCount counts the rows of one zone entry.
func (l *Ledger) DNSCount(ctx context.Context, zoneID int64) (n Count, err error) {
	err = l.sql.GetContext(ctx, &n, "SELECT "+counted+" FROM kvmbridge_dns_records WHERE zone_id = ? GROUP BY zone_id", append(counting(), zoneID)...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return n, fmt.Errorf("count the DNS records of zone %d: %w", zoneID, err)
	}
	return n, nil
}

// NewestDNSError is why the last try failed of whatever failed last; "" = nothing is failed.
func (l *Ledger) NewestDNSError(ctx context.Context) (string, error) {
	var text string
	err := l.sql.GetContext(ctx, &text, "SELECT last_error FROM kvmbridge_dns_records WHERE last_error IS NOT NULL ORDER BY changed_at DESC, id DESC LIMIT 1")
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for failed DNS records: %w", err)
	}
	return text, nil
}
