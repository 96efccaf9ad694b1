package finder_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestAtWork_countsWhatIsDueAndNamesWhatFails(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	f := finder.New(db.SQL)
	if w, err := f.AtWork(t.Context(), 2); err != nil || w.Machines != 0 || w.Failing != 0 {
		t.Errorf("nothing: %+v, %v", w, err)
	}
	db.Exec(t, `INSERT INTO kvmbridge_vm (service_id, server_id, wake_at, failures, last_error) VALUES
		(1, 1, NULL, 3, 'given up'), (2, 1, '2026-01-01', 0, NULL), (3, 1, '2099-01-01', 2, 'no space'), (4, 1, '2099-01-01', 1, NULL), (5, 1, '2099-01-01', 1, 'down')`)
	db.Exec(t, "UPDATE kvmbridge_vm SET lease_holder = 'x' WHERE service_id = 3")
	if n, err := f.Moving(t.Context(), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)); err != nil || n != 2 {
		t.Errorf("%d are moving, %v; want the one that is due and the one that is leased", n, err)
	}
	got, err := f.AtWork(t.Context(), 2)
	want := finder.Work{Machines: 4, Failing: 3, Failures: []finder.Failure{{ServiceID: 3, LastError: "no space"}, {ServiceID: 4}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("(-want +got)\n%s%v", d, err)
	}
}
