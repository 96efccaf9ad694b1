package traffic

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// text is a statement with thousands of rows. Numbers and moments are written into it as they are, because a parameter for
// each costs more than all the rest; texts stay parameters.
type text struct {
	sql  []byte
	args []any
}

func (t *text) row(write func()) {
	if t.sql[len(t.sql)-1] == ')' {
		t.sql = append(t.sql, ',')
	}
	t.sql = append(t.sql, '(')
	write()
	t.sql[len(t.sql)-1] = ')' // in place of the last comma
}

func (t *text) numbers(list ...uint64) {
	for _, n := range list {
		t.sql = append(strconv.AppendUint(t.sql, n, 10), ',')
	}
}

// moment is NULL for the zero time.
func (t *text) moment(at time.Time) {
	if at.IsZero() {
		t.sql = append(t.sql, "NULL,"...)
		return
	}
	t.sql = append(at.UTC().AppendFormat(append(t.sql, '\''), "2006-01-02 15:04:05.000000"), "',"...)
}

func (t *text) value(v any) { t.sql, t.args = append(t.sql, "?,"...), append(t.args, v) }

// writeStates replaces rows as a whole.
func writeStates(ctx context.Context, q *sqlx.Tx, updates []traffic.Update) error {
	t := text{sql: []byte("REPLACE INTO kvmbridge_traffic (" + columns + ") VALUES ")}
	for _, u := range updates {
		t.row(func() { t.state(u) })
	}
	_, err := q.ExecContext(ctx, string(t.sql), t.args...)
	return err
}

//nolint:gosec // ids and versions are positive, a throttle is 0 or 1
func (t *text) state(u traffic.Update) {
	t.numbers(uint64(u.ServiceID), uint64(u.Last.Server), uint64(u.Last.VMID))
	t.value(u.Last.Node)
	t.moment(u.Last.At.Truncate(time.Microsecond))
	t.numbers(uint64(u.Last.Uptime/time.Second), u.Last.In, u.Last.Out)
	t.moment(u.Open.Start)
	t.numbers(u.Open.In, u.Open.Out, u.Open.Estimated)
	t.moment(u.Month.From)
	t.numbers(u.Month.In, u.Month.Out, u.Month.Estimated)
	t.moment(u.Standing.Period)
	throttled := uint64(0)
	if u.Standing.Throttled {
		throttled = 1
	}
	t.numbers(uint64(u.Standing.Notice), throttled, uint64(u.Version+1))
}

// writeHours adds the closed hours.
func writeHours(ctx context.Context, q *sqlx.Tx, updates []traffic.Update, foreign []compat.Foreign) error {
	names := []string{"service_id", "`date`", "net_in", "net_out", "estimated"}
	for _, f := range foreign {
		names = append(names, "`"+strings.ReplaceAll(f.Name, "`", "``")+"`")
	}
	t := text{sql: []byte("INSERT INTO puqProxmoxKVM_statistics (" + strings.Join(names, ", ") + ") VALUES ")}
	head := len(t.sql)
	for _, u := range updates {
		for _, h := range u.Closed {
			t.row(func() { t.hour(u.ServiceID, h, foreign) })
		}
	}
	if len(t.sql) == head {
		return nil
	}
	_, err := q.ExecContext(ctx, string(t.sql), t.args...)
	return err
}

func (t *text) hour(serviceID int64, h traffic.Hour, foreign []compat.Foreign) {
	t.numbers(uint64(serviceID)) //nolint:gosec // ids are positive
	t.moment(h.Start)
	t.numbers(h.In, h.Out, h.Estimated)
	for _, f := range foreign {
		t.value(compat.Zero(f.Type))
	}
}
