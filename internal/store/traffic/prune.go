package traffic

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

const (
	batch   = 10_000 // rows that one statement deletes at most
	batches = 50     // statements of one call; what is left waits for the next
)

// Prune deletes hours, and states of services that were not read since, from before a moment.
func (l *Ledger) Prune(ctx context.Context, before time.Time) (deleted int64, err error) {
	moment := tx.Moment(before) // with nanoseconds the server would leave the index unused
	for range batches {
		n, err := tx.Affected(l.sql.ExecContext(ctx, "DELETE FROM puqProxmoxKVM_statistics WHERE `date` < ? ORDER BY `date` LIMIT ?", moment, batch))
		if err != nil {
			return deleted, fmt.Errorf("delete old traffic: %w", err)
		}
		if deleted += n; n < batch {
			break
		}
	}
	some, err := l.any(ctx, "taken_at", before)
	if err == nil && some {
		_, err = l.sql.ExecContext(ctx, "DELETE FROM kvmbridge_traffic WHERE taken_at < ? ORDER BY service_id LIMIT ?", tx.Moment(before), batch)
	}
	if err != nil {
		return deleted, fmt.Errorf("delete old readings: %w", err)
	}
	return deleted, nil
}

// any tells whether a moment of some state is before another. It locks nothing, where the statement that it saves would lock
// every row to look at it.
func (l *Ledger) any(ctx context.Context, column string, before time.Time) (some bool, err error) {
	err = l.sql.GetContext(ctx, &some, "SELECT EXISTS (SELECT 1 FROM kvmbridge_traffic WHERE "+column+" < ?)", tx.Moment(before))
	return some, err
}

// Rest closes open hours that began before a moment: their guests are gone or out of reach, nobody will add to them soon.
func (l *Ledger) Rest(ctx context.Context, before time.Time) error {
	some, err := l.any(ctx, "hour_at", before)
	if err != nil {
		return fmt.Errorf("look for hours of traffic to close: %w", err)
	}
	foreign, err := l.required(ctx)
	if err != nil || !some {
		return err
	}
	for range batches {
		n := 0
		err := tx.Run(ctx, l.sql, func(q *sqlx.Tx) (err error) {
			n, err = rest(ctx, q, before, foreign)
			return err
		})
		if err != nil {
			return fmt.Errorf("close hours of traffic: %w", err)
		}
		if n < mostAccounts {
			break
		}
	}
	return nil
}

func rest(ctx context.Context, q *sqlx.Tx, before time.Time, foreign []compat.Foreign) (int, error) {
	list, err := accounts(ctx, q, nil, `SELECT r.service_id, r.server_id, r.vm_id, NULL, NULL, NULL, `+state+`
		FROM kvmbridge_traffic r WHERE r.hour_at < ? ORDER BY r.service_id LIMIT ? FOR UPDATE`, tx.Moment(before), mostAccounts)
	if err != nil || len(list) == 0 {
		return 0, err
	}
	updates := make([]*traffic.Update, len(list))
	for i, a := range list {
		updates[i] = &traffic.Update{Account: a, Closed: []traffic.Hour{a.Open}}
		updates[i].Open = traffic.Hour{}
	}
	return len(updates), write(ctx, q, updates, foreign)
}

// Sum adds up the closed hours of services since a moment.
func (l *Ledger) Sum(ctx context.Context, ids []int64, from time.Time) (map[int64]traffic.Month, error) {
	sums := make(map[int64]traffic.Month, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), mostAccounts)
		if err := l.sum(ctx, sums, ids[:n], from); err != nil {
			return nil, fmt.Errorf("sum up the traffic of services: %w", err)
		}
		ids = ids[n:]
	}
	return sums, nil
}

func (l *Ledger) sum(ctx context.Context, sums map[int64]traffic.Month, ids []int64, from time.Time) error {
	query, args, err := sqlx.In(`SELECT service_id, CAST(SUM(net_in) AS UNSIGNED) AS net_in, CAST(SUM(net_out) AS UNSIGNED) AS net_out,
		CAST(SUM(estimated) AS UNSIGNED) AS estimated FROM puqProxmoxKVM_statistics WHERE service_id IN (?) AND `+"`date`"+` >= ? GROUP BY service_id`, ids, tx.Moment(from))
	if err != nil {
		return err
	}
	var rows []struct {
		ServiceID int64  `db:"service_id"`
		In        uint64 `db:"net_in"`
		Out       uint64 `db:"net_out"`
		Estimated uint64 `db:"estimated"`
	}
	if err := l.sql.SelectContext(ctx, &rows, query, args...); err != nil {
		return err
	}
	for _, r := range rows {
		sums[r.ServiceID] = traffic.Month{From: from, Volume: traffic.Volume{In: r.In, Out: r.Out}, Estimated: r.Estimated}
	}
	return nil
}
