package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Ledger reads and writes the rows; it is safe for concurrent use, also by other processes.
type Ledger struct {
	sql    *sqlx.DB
	holder string // this process, for turns
}

// New keeps the rows in the database behind db; holder names this process.
func New(db *sqlx.DB, holder string) *Ledger { return &Ledger{db, holder} }

// Row is an entry with what happened to it so far.
type Row struct {
	dns.Entry
	Version   int // of what is wanted
	Attempts  int // of the present change
	LastError string
	Due       time.Time // zero = nothing to do, or nothing that another try would change
	Changed   time.Time
}

// Pending tells a row that is not as it should be yet.
func (r Row) Pending() bool { return r.State != dns.Live || !r.Due.IsZero() || r.LastError != "" }

type tableRow struct {
	ID        int64        `db:"id"`
	ServiceID int64        `db:"service_id"`
	ZoneID    int64        `db:"zone_id"`
	Name      string       `db:"name"`
	Type      string       `db:"type"`
	Content   string       `db:"content"`
	State     string       `db:"state"`
	Ours      bool         `db:"ours"`
	Tried     bool         `db:"tried"`
	Version   int          `db:"version"`
	Attempts  int          `db:"attempts"`
	LastError string       `db:"last_error"`
	Due       sql.NullTime `db:"due_at"`
	Changed   sql.NullTime `db:"changed_at"`
}

const selectRows = `SELECT id, service_id, zone_id, name, type, content, state, ours, tried, version, attempts,
	COALESCE(last_error, '') AS last_error, due_at, changed_at FROM kvmbridge_dns_records `

func (r tableRow) row() Row {
	return Row{
		Entry: dns.Entry{
			ID: r.ID, ServiceID: r.ServiceID, ZoneID: r.ZoneID, Record: dns.Record{Name: r.Name, Type: dns.Type(r.Type), Content: r.Content},
			Ours: r.Ours, Tried: r.Tried, State: dns.State(r.State),
		},
		Version: r.Version, Attempts: r.Attempts, LastError: r.LastError, Due: r.Due.Time, Changed: r.Changed.Time,
	}
}

func list(ctx context.Context, q sqlx.QueryerContext, where string, args ...any) ([]Row, error) {
	query, args, err := sqlx.In(selectRows+where, args...)
	if err != nil {
		return nil, err
	}
	var rows []tableRow
	if err := sqlx.SelectContext(ctx, q, &rows, query, args...); err != nil {
		return nil, err
	}
	result := make([]Row, 0, len(rows))
	for _, r := range rows {
		result = append(result, r.row())
	}
	return result, nil
}

// DNSRecords lists a service's rows in the order in which they were made.
func (l *Ledger) DNSRecords(ctx context.Context, serviceID int64) ([]Row, error) {
	rows, err := list(ctx, l.sql, "WHERE service_id = ? ORDER BY id", serviceID)
	if err != nil {
		return nil, fmt.Errorf("list the DNS records of service %d: %w", serviceID, err)
	}
	return rows, nil
}

// AllDNSRecords lists every row, by id.
func (l *Ledger) AllDNSRecords(ctx context.Context) ([]Row, error) {
	rows, err := list(ctx, l.sql, "ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("list the DNS records: %w", err)
	}
	return rows, nil
}

// Turn lets this process be the only one at something until the given time, or longer when it is asked again; false = another
// process has the turn.
func (l *Ledger) Turn(ctx context.Context, name string, now, until time.Time) (bool, error) {
	key := hashed(name)
	n, err := tx.Affected(l.sql.ExecContext(ctx, "UPDATE kvmbridge_turns SET holder = ?, until = ? WHERE name = ? AND (holder = ? OR until <= ?)",
		l.holder, tx.Moment(until), key, l.holder, tx.Moment(now)))
	if err == nil && n == 0 {
		_, err = l.sql.ExecContext(ctx, "INSERT INTO kvmbridge_turns (name, holder, until) VALUES (?, ?, ?)", key, l.holder, tx.Moment(until))
		if tx.Number(err) == tx.Duplicate {
			return false, nil
		}
	}
	if err != nil {
		return false, fmt.Errorf("take a turn: %w", err)
	}
	return true, nil
}

// Leave ends a turn.
func (l *Ledger) Leave(ctx context.Context, name string) error {
	_, err := l.sql.ExecContext(ctx, "DELETE FROM kvmbridge_turns WHERE name = ? AND holder = ?", hashed(name), l.holder)
	if err != nil {
		return fmt.Errorf("end a turn: %w", err)
	}
	return nil
}

func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}
