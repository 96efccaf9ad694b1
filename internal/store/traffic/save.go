package traffic

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Save writes updates down, some hundreds in one transaction. Those whose account has moved on since are dropped: somebody
// else counted the same bytes. saved holds the others; after an error, those that were written before it.
func (l *Ledger) Save(ctx context.Context, updates []traffic.Update, now time.Time) (saved []traffic.Update, err error) {
	foreign, err := l.required(ctx)
	if err != nil {
		return nil, err
	}
	for len(updates) > 0 {
		n := fitting(updates)
		var done []traffic.Update
		err := tx.Run(ctx, l.sql, func(q *sqlx.Tx) (err error) {
			done, err = save(ctx, q, updates[:n], foreign, now)
			return err
		})
		if err != nil {
			return saved, fmt.Errorf("write the traffic of services down: %w", err)
		}
		saved, updates = append(saved, done...), updates[n:]
	}
	return saved, nil
}

// fitting is how many updates go into one transaction, at least one.
func fitting(updates []traffic.Update) int {
	hours := 0
	for i, u := range updates {
		if hours += len(u.Closed); i > 0 && (i == mostAccounts || hours > mostHours) {
			return i
		}
	}
	return len(updates)
}

// required looks once at what the hours' table wants beside our columns.
func (l *Ledger) required(ctx context.Context) ([]compat.Foreign, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.looked {
		return l.foreign, nil
	}
	var err error
	l.foreign, err = compat.Required(ctx, l.sql, "puqProxmoxKVM_statistics", "id", "service_id", "date", "net_in", "net_out", "estimated")
	l.looked = err == nil
	return l.foreign, err
}

func save(ctx context.Context, q *sqlx.Tx, updates []traffic.Update, foreign []compat.Foreign, now time.Time) ([]traffic.Update, error) {
	if err := begin(ctx, q, updates); err != nil {
		return nil, err
	}
	current, err := unmoved(ctx, q, updates)
	if err != nil || len(current) == 0 {
		return nil, err
	}
	if err := write(ctx, q, current, foreign); err != nil {
		return nil, err
	}
	for _, u := range current {
		for _, e := range u.Entries {
			if err := outbox.PutActivity(ctx, q, u.ServiceID, e, now); err != nil {
				return nil, err
			}
		}
	}
	return current, nil
}

// write puts both halves of updates down: what is counted on, and what is over.
func write(ctx context.Context, q *sqlx.Tx, updates []traffic.Update, foreign []compat.Foreign) error {
	if err := writeStates(ctx, q, updates); err != nil {
		return err
	}
	return writeHours(ctx, q, updates, foreign)
}

// begin makes rows of services that have none, so that there is something to lock.
func begin(ctx context.Context, q *sqlx.Tx, updates []traffic.Update) error {
	var ids []any
	for _, u := range updates {
		if u.Version == 0 {
			ids = append(ids, u.ServiceID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, "INSERT IGNORE INTO kvmbridge_traffic (service_id) VALUES "+tuples(len(ids), 1), ids...)
	return err
}

// unmoved locks the rows and keeps the updates whose account is as it was when they were made.
func unmoved(ctx context.Context, q *sqlx.Tx, updates []traffic.Update) ([]traffic.Update, error) {
	ids := make([]int64, len(updates))
	for i, u := range updates {
		ids[i] = u.ServiceID
	}
	query, args, err := sqlx.In("SELECT service_id, version FROM kvmbridge_traffic WHERE service_id IN (?) ORDER BY service_id FOR UPDATE", ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ServiceID int64 `db:"service_id"`
		Version   int64 `db:"version"`
	}
	if err := q.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	versions := make(map[int64]int64, len(rows))
	for _, r := range rows {
		versions[r.ServiceID] = r.Version
	}
	current := make([]traffic.Update, 0, len(updates))
	for _, u := range updates {
		if v, ok := versions[u.ServiceID]; ok && v == u.Version {
			current = append(current, u)
		}
	}
	return current, nil
}

// stateColumns is how many there are in columns.
const stateColumns = 20

func writeStates(ctx context.Context, q *sqlx.Tx, updates []traffic.Update) error {
	args := make([]any, 0, len(updates)*stateColumns)
	for _, u := range updates {
		args = append(args, u.ServiceID, u.Last.Server, u.Last.VMID, u.Last.Node, tx.Moment(u.Last.At), int64(u.Last.Uptime/time.Second), u.Last.In, u.Last.Out,
			tx.Moment(u.Open.Start), u.Open.In, u.Open.Out, u.Open.Estimated, tx.Moment(u.Month.From), u.Month.In, u.Month.Out, u.Month.Estimated,
			tx.Moment(u.Standing.Period), u.Standing.Notice, u.Standing.Throttled, u.Version+1)
	}
	_, err := q.ExecContext(ctx, "INSERT INTO kvmbridge_traffic ("+columns+") VALUES "+tuples(len(updates), stateColumns)+" ON DUPLICATE KEY UPDATE "+replaced(), args...)
	return err
}

// replaced sets every column to its new value.
func replaced() string {
	var sets []string
	for _, c := range strings.FieldsFunc(columns, func(r rune) bool { return strings.ContainsRune(", \n\t", r) }) {
		sets = append(sets, c+" = VALUES("+c+")")
	}
	return strings.Join(sets, ", ")
}

func writeHours(ctx context.Context, q *sqlx.Tx, updates []traffic.Update, foreign []compat.Foreign) error {
	names := []string{"service_id", "`date`", "net_in", "net_out", "estimated"}
	var more []any
	for _, f := range foreign {
		names, more = append(names, "`"+strings.ReplaceAll(f.Name, "`", "``")+"`"), append(more, compat.Zero(f.Type))
	}
	var args []any
	rows := 0
	for _, u := range updates {
		for _, h := range u.Closed {
			args = append(append(args, u.ServiceID, h.Start, h.In, h.Out, h.Estimated), more...)
			rows++
		}
	}
	if rows == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, "INSERT INTO puqProxmoxKVM_statistics ("+strings.Join(names, ", ")+") VALUES "+tuples(rows, len(names)), args...)
	return err
}

// tuples is (?, ?), (?, ?) with so many rows and columns.
func tuples(rows, columns int) string {
	one := "(?" + strings.Repeat(", ?", columns-1) + ")"
	return one + strings.Repeat(", "+one, rows-1)
}
