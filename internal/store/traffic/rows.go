package traffic

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// writeStates replaces rows as a whole.
func writeStates(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update) error {
	all := kept()
	t := newText("REPLACE INTO kvmbridge_traffic (service_id, node" + list(all, ", %s") + ", version) VALUES ")
	for _, u := range updates {
		t.row(func() { t.state(u, all) })
	}
	_, err := q.ExecContext(ctx, string(t.sql), t.args...)
	return err
}

//nolint:gosec // ids and versions are positive
func (t *text) state(u *traffic.Update, all []column) {
	t.number(uint64(u.ServiceID))
	t.value(u.Last.Node)
	for _, c := range all {
		t.cell(c, c.value(&u.State))
	}
	t.number(uint64(u.Version + 1))
}

// writeHours adds the closed hours.
func writeHours(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update, foreign []compat.Foreign) error {
	estimated := slices.ContainsFunc(updates, func(u *traffic.Update) bool {
		return slices.ContainsFunc(u.Closed, func(h traffic.Hour) bool { return h.Estimated > 0 })
	})
	t := newText("INSERT INTO puqProxmoxKVM_statistics (" + hourColumns(estimated, foreign) + ") VALUES ")
	head := len(t.sql)
	for _, u := range updates {
		for _, h := range u.Closed {
			t.row(func() { t.hour(u.ServiceID, h, estimated, foreign) })
		}
	}
	if len(t.sql) == head {
		return nil
	}
	_, err := q.ExecContext(ctx, string(t.sql), t.args...)
	return err
}

// hourColumns leaves estimated to its default where no hour has any.
func hourColumns(estimated bool, foreign []compat.Foreign) string {
	names := []string{"service_id, `date`, net_in, net_out"}
	if estimated {
		names = append(names, "estimated")
	}
	for _, f := range foreign {
		names = append(names, "`"+strings.ReplaceAll(f.Name, "`", "``")+"`")
	}
	return strings.Join(names, ", ")
}

func (t *text) hour(serviceID int64, h traffic.Hour, estimated bool, foreign []compat.Foreign) {
	t.number(uint64(serviceID)) //nolint:gosec // ids are positive
	t.moment(micros(h.Start))
	t.number(h.In)
	t.number(h.Out)
	if estimated {
		t.number(h.Estimated)
	}
	for _, f := range foreign {
		t.value(compat.Zero(f.Type))
	}
}
