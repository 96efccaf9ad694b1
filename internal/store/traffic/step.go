package traffic

import (
	"context"
	"errors"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// errMoved: some account is not as it was when its update was made.
var errMoved = errors.New("an account has moved on")

// steady tells whether an update moves a row on of which all but numbers and moments stays.
func steady(u *traffic.Update) bool {
	return u.Version > 0 && !u.Was.Last.At.IsZero() && u.Was.Last.Node == u.Last.Node
}

// step moves rows on by one statement that carries only what changed: a row of all columns costs the server twice as much. A
// row of another version stays as it is, and one that is gone is made; both count less than 2, and then all must be undone.
func step(ctx context.Context, q *sqlx.Tx, updates []*traffic.Update) error {
	n, err := tx.Affected(q.ExecContext(ctx, string(stepping(updates).sql)))
	if err == nil && n != 2*int64(len(updates)) {
		return errMoved
	}
	return err
}

func stepping(updates []*traffic.Update) *text {
	common, own := changes(updates)
	t := newText("INSERT INTO kvmbridge_traffic (service_id" + list(own, ", %s") + ", version) VALUES ")
	for _, u := range updates {
		t.row(func() { t.change(u, own) })
	}
	t.sql = append(t.sql, " ON DUPLICATE KEY UPDATE "+list(own, "%[1]s = IF(version + 1 = VALUES(version), VALUES(%[1]s), %[1]s), ")...)
	for _, c := range common {
		t.shared(c, c.value(&updates[0].State))
	}
	// Last, because it is what the others ask for.
	t.sql = append(t.sql, "version = IF(version + 1 = VALUES(version), VALUES(version), version)"...)
	return t
}

// shared gives a column the same value in all rows.
func (t *text) shared(c column, value uint64) {
	before, after := "", ""
	if c.moment {
		before, after = "CAST(", " AS DATETIME(6))"
	}
	t.sql = append(t.sql, c.name+" = IF(version + 1 = VALUES(version), "+before...)
	t.cell(c, value)
	t.sql = append(t.sql[:len(t.sql)-1], after+", "+c.name+"), "...) // without the comma of a row
}

//nolint:gosec // ids and versions are positive
func (t *text) change(u *traffic.Update, own []column) {
	t.number(uint64(u.ServiceID))
	for _, c := range own {
		t.cell(c, c.value(&u.State))
	}
	t.number(uint64(u.Version + 1))
}

// changes are the columns in which some update differs from the row that it moves on: those that get the same value
// everywhere, and those of which each row has its own.
func changes(updates []*traffic.Update) (common, own []column) {
	for _, c := range kept() {
		moved, same := false, true
		first := c.value(&updates[0].State)
		for _, u := range updates {
			v := c.value(&u.State)
			moved, same = moved || v != c.value(&u.Was), same && v == first
		}
		switch {
		case moved && same:
			common = append(common, c)
		case moved:
			own = append(own, c)
		}
	}
	return common, own
}
