package jobs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/jobs"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestPutAll_wakesWhatStandsAtReadyAndLeavesTheRestWaiting(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	now := time.Date(2031, 4, 5, 12, 0, 0, 0, time.UTC)
	var ids []int64
	for i, m := range []struct{ status, holder string }{
		{"ready", ""}, {"ready", "another process"}, {"cp_stop", ""}, {"terminate", ""}, {"error_terminate", ""}, {"remove", ""}, {"ready", ""},
	} {
		id := int64(100 + i)
		db.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, ?, ?)", id, id, m.status)
		db.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at, lease_holder) VALUES (?, 1, ?, NULLIF(?, ''))", id, now, m.holder)
		ids = append(ids, id)
	}
	put := func(some ...int64) {
		t.Helper()
		err := tx.Run(t.Context(), db.SQL, func(q *sqlx.Tx) error { return jobs.PutAll(t.Context(), q, some, vm.JobRate, now) })
		if err != nil {
			t.Fatal(err)
		}
	}
	put()
	put(ids[:6]...)
	put(ids[0])
	for query, want := range map[string]string{
		"SELECT GROUP_CONCAT(CONCAT(service_id, ' ', job, ' ', again) ORDER BY service_id) FROM kvmbridge_jobs": "100 rate 1,101 rate 0,102 rate 0,103 rate 0,104 rate 0",
		"SELECT GROUP_CONCAT(service_id ORDER BY service_id) FROM kvmbridge_vm WHERE wake_at IS NOT NULL":       "100",
		"SELECT GROUP_CONCAT(service_id ORDER BY service_id) FROM kvmbridge_vm WHERE woken = 1":                 "100,101",
	} {
		if got := db.Text(t, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	s := db.Store(t)
	if due, _, err := s.Due(t.Context(), now, 10); err != nil || !slices.Equal(due, ids[:1]) {
		t.Errorf("due: %v, %v; want %d alone", due, err, ids[0])
	}
}
