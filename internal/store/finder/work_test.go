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
	db.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, wake_at, failures, lease_holder) VALUES (6, 1, '2099-01-01', 1, 'copies'), (7, 1, '2026-01-02', 1, 'died')")
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	if n, err := f.Moving(t.Context(), now, now); err != nil || n != 2 {
		t.Errorf("%d are moving, %v; want the one that is due and the one that is leased", n, err)
	}
	if n, _, err := f.Neglected(t.Context(), now, now); err != nil || n != 0 {
		t.Errorf("%d are neglected, %v; somebody works on one", n, err)
	}
	db.Exec(t, "UPDATE kvmbridge_vm SET lease_holder = NULL WHERE service_id = 3")
	if n, oldest, err := f.Neglected(t.Context(), now, now); err != nil || n != 2 || oldest.Day() != 1 {
		t.Errorf("%d are neglected since %s, %v; want the one that is due and the one whose process died", n, oldest, err)
	}
	db.Exec(t, "DELETE FROM kvmbridge_vm WHERE service_id = 7")
	db.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_status) VALUES (3, 'clone')")
	got, err := f.AtWork(t.Context(), 2)
	want := finder.Work{Machines: 4, Failing: 3, Failures: []finder.Failure{{ServiceID: 3, LastError: "no space", Status: "clone"}, {ServiceID: 4}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("(-want +got)\n%s%v", d, err)
	}
}
