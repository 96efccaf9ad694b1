package ledger

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/store/plain"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Intend writes down what has to become of a service's records, all or nothing: decide gets the rows of the service and of
// the record sets named, and says what they become. verify makes also those due that stay as they are. Nobody else decides
// meanwhile, so two services never judge one record set by rows that the other is about to change. decide may be called
// more than once and changes nothing.
func (l *Ledger) Intend(ctx context.Context, serviceID int64, names []string, verify bool, now time.Time, decide func([]dns.Entry) (dns.Decision, error)) (dns.Decision, error) {
	var d dns.Decision
	err := tx.Run(ctx, l.sql, func(q *sqlx.Tx) error {
		rows, err := concerned(ctx, q, serviceID, names, now)
		if err != nil {
			return err
		}
		if d, err = decide(entries(rows)); err != nil {
			return err
		}
		return store(ctx, q, d, verify, now)
	})
	if err != nil {
		return d, fmt.Errorf("write down the DNS records of service %d: %w", serviceID, err)
	}
	return d, nil
}

// deciding is the row that everybody locks who decides.
const deciding = "dns_deciding"

// concerned locks the rows of a service and of the record sets that it has or wants.
func concerned(ctx context.Context, q *sqlx.Tx, serviceID int64, names []string, now time.Time) ([]Row, error) {
	if err := tx.Alone(ctx, q, deciding, now); err != nil {
		return nil, err
	}
	own, err := list(ctx, q, "WHERE service_id = ? ORDER BY id FOR UPDATE", serviceID)
	if err != nil {
		return nil, err
	}
	for _, r := range own {
		names = append(names, r.Name)
	}
	if len(names) == 0 {
		return own, nil
	}
	return list(ctx, q, "WHERE service_id = ? OR name IN (?) ORDER BY id FOR UPDATE", serviceID, names)
}

func entries(rows []Row) []dns.Entry {
	result := make([]dns.Entry, len(rows))
	for i, r := range rows {
		result[i] = r.Entry
	}
	return result
}

func store(ctx context.Context, q *sqlx.Tx, d dns.Decision, verify bool, now time.Time) error {
	for _, e := range d.Drop {
		if _, err := q.ExecContext(ctx, "DELETE FROM kvmbridge_dns_records WHERE id = ?", e.ID); err != nil {
			return err
		}
	}
	for _, e := range d.Claim {
		if _, err := q.ExecContext(ctx, "UPDATE kvmbridge_dns_records SET ours = ?, tried = ? WHERE id = ?", e.Ours, e.Tried, e.ID); err != nil {
			return err
		}
	}
	due := append(append([]dns.Entry(nil), d.Revive...), d.Retire...)
	if verify {
		due = append(due, d.Verify...)
	}
	for _, e := range due {
		_, err := q.ExecContext(ctx, `UPDATE kvmbridge_dns_records SET state = ?, ours = ?, tried = ?, version = version + 1, attempts = 0, last_error = NULL,
			due_at = ?, changed_at = ? WHERE id = ?`, string(e.State), e.Ours, e.Tried, tx.Moment(now), tx.Moment(now), e.ID)
		if err != nil {
			return err
		}
	}
	return insert(ctx, q, d.Add, now)
}

func insert(ctx context.Context, q *sqlx.Tx, add []dns.Entry, now time.Time) error {
	for _, e := range add {
		_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_dns_records (service_id, zone_id, name, type, content, state, ours, tried, due_at, changed_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, e.ServiceID, e.ZoneID, e.Name, string(e.Type), plain.Clean(e.Content), string(e.State), e.Ours, e.Tried,
			tx.Moment(now), tx.Moment(now))
		if err != nil {
			return err
		}
	}
	return nil
}
