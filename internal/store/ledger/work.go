package ledger

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// DueDNSZones lists the zones that have rows to work on at now; next is the earliest later moment, zero when there is none.
func (l *Ledger) DueDNSZones(ctx context.Context, now time.Time) (ids []int64, next time.Time, err error) {
	var rows []struct {
		ZoneID int64     `db:"zone_id"`
		Due    time.Time `db:"due_at"`
	}
	err = l.sql.SelectContext(ctx, &rows, "SELECT zone_id, MIN(due_at) AS due_at FROM kvmbridge_dns_records WHERE due_at IS NOT NULL GROUP BY zone_id ORDER BY zone_id")
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("look for DNS records to write: %w", err)
	}
	for _, r := range rows {
		switch {
		case !r.Due.After(now):
			ids = append(ids, r.ZoneID)
		case next.IsZero() || r.Due.Before(next):
			next = r.Due
		}
	}
	return ids, next, nil
}

// Begin announces a try: it marks the due rows of a zone (of all entries that lead to it) as tried, before anybody is called, and returns all rows of their
// record sets, whosever they are, by id. At most limit rows are begun.
func (l *Ledger) Begin(ctx context.Context, zoneIDs []int64, now time.Time, limit int) ([]Row, error) {
	var rows []Row
	err := tx.Run(ctx, l.sql, func(q *sqlx.Tx) (err error) {
		if rows, err = list(ctx, q, "WHERE zone_id IN (?) AND due_at <= ? ORDER BY id LIMIT ? FOR UPDATE", zoneIDs, tx.Moment(now), limit); err != nil || len(rows) == 0 {
			return err
		}
		var ids []int64
		var names []string
		for _, r := range rows {
			ids, names = append(ids, r.ID), append(names, r.Name)
		}
		query, args, err := sqlx.In("UPDATE kvmbridge_dns_records SET tried = 1, attempts = attempts + 1 WHERE id IN (?)", ids)
		if err != nil {
			return err
		}
		if rows, err = list(ctx, q, "WHERE zone_id IN (?) AND name IN (?) ORDER BY id", zoneIDs, names); err != nil {
			return err
		}
		_, err = q.ExecContext(ctx, query, args...) // what Settle reads is how the rows were before this try
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin to write the DNS records of zones %v: %w", zoneIDs, err)
	}
	return rows, nil
}

// Failure is what a try that failed leaves on a row.
type Failure struct {
	Row  Row
	Text string
	Due  time.Time // of the next try; zero = none
	// Note goes into WHMCS's module log; "" = nothing new to say.
	Note string
}

// Settle writes down how a try went. A row that somebody decided about meanwhile keeps what was decided, and stays due; that
// a value was there before us counts all the same.
func (l *Ledger) Settle(ctx context.Context, s dns.Settled, rows map[int64]Row, failures []Failure, now time.Time) error {
	err := tx.Run(ctx, l.sql, func(q *sqlx.Tx) error {
		for _, e := range s.Gone {
			if err := late(tx.ExactlyOne(q.ExecContext(ctx, "DELETE FROM kvmbridge_dns_records WHERE id = ? AND version = ?", e.ID, rows[e.ID].Version))); err != nil {
				return err
			}
		}
		for _, e := range append(append([]dns.Entry(nil), s.Live...), s.Foreign...) {
			if err := settle(ctx, q, e, rows[e.ID].Version, now); err != nil {
				return err
			}
		}
		for _, f := range failures {
			if err := fail(ctx, q, f, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write down how the DNS records went: %w", err)
	}
	return nil
}

func settle(ctx context.Context, q *sqlx.Tx, e dns.Entry, version int, now time.Time) error {
	if !e.Ours {
		if _, err := q.ExecContext(ctx, "UPDATE kvmbridge_dns_records SET ours = 0 WHERE id = ?", e.ID); err != nil {
			return err
		}
	}
	if e.State != dns.Live {
		return nil
	}
	return late(tx.ExactlyOne(q.ExecContext(ctx, `UPDATE kvmbridge_dns_records SET state = ?, ours = ?, attempts = 0, last_error = NULL, due_at = NULL,
		changed_at = ? WHERE id = ? AND version = ?`, string(e.State), e.Ours, tx.Moment(now), e.ID, version)))
}

func fail(ctx context.Context, q *sqlx.Tx, f Failure, now time.Time) error {
	err := tx.ExactlyOne(q.ExecContext(ctx, "UPDATE kvmbridge_dns_records SET last_error = ?, due_at = ?, changed_at = ? WHERE id = ? AND version = ?",
		plain.Text(f.Text), tx.Moment(f.Due), tx.Moment(now), f.Row.ID, f.Row.Version))
	if err != nil || f.Note == "" {
		return late(err)
	}
	return outbox.PutNote(ctx, q, f.Row.ServiceID, vm.Note{Action: "dns", Text: f.Note}, now)
}

// late passes over a row that was decided about meanwhile.
func late(err error) error {
	if errors.Is(err, pipeline.ErrLost) {
		return nil
	}
	return err
}
