package keeping_test

import (
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
)

// Who ordered something stands in the activity log; what nobody is named for does not.
func TestOrder_namesWhoGaveIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 2, "server", ""))
	k := w.keeper()
	for _, o := range []keeping.Order{
		{ServiceID: id, Kind: keeping.Backup, Note: "before\nthe update", By: "admin #1"},
		{ServiceID: id, Kind: keeping.DropSnapshot, Subject: "manual_1", By: "admin #2"},
		{ServiceID: id, Kind: keeping.Rollback, Subject: "manual_1"},
	} {
		if _, err := k.Ask(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	var week retention.Week
	if err := week.Set(time.Sunday, "3:30"); err != nil {
		t.Fatal(err)
	}
	for by, plan := range map[string]retention.Week{"admin #1": week, "": {}} {
		if err := k.SavePlan(t.Context(), id, keeping.Snapshot, plan, by); err != nil {
			t.Fatal(err)
		}
	}
	want := `kvmbridge: a backup of service 1 was ordered by admin #1: "before the update"; kvmbridge: the removal of the snapshot manual_1 of service 1 was ordered by admin #2; ` +
		`kvmbridge: the weekly plan of snapshots of service 1 was changed by admin #1: Sunday 03:30`
	if got := w.text("SELECT GROUP_CONCAT(subject ORDER BY id SEPARATOR '; ') FROM kvmbridge_outbox WHERE kind = 'activity'"); got != want {
		t.Errorf("the log says %q", got)
	}
}

// What is refused at once is what the deed would be refused for.
func TestTerms_refuseAsTheDeedDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.machine(product(2, 0, "server", `,"snapshot_lifetime_days":4`))
	terms, err := w.keeper().Terms(t.Context(), id)
	if err != nil || terms != (keeping.Terms{Backups: 2, Storage: "server", LifetimeDays: 4}) {
		t.Fatalf("%+v, %v", terms, err)
	}
	if err := terms.Refusal(keeping.Backup, 1); err != nil {
		t.Error(err)
	}
	if err := terms.Refusal(keeping.Backup, 2); !isRefusal(err, "All 2 backups are taken") {
		t.Errorf("at the quota: %v", err)
	}
	if err := terms.Refusal(keeping.Snapshot, 0); !isRefusal(err, "has no snapshots") {
		t.Errorf("without a quota: %v", err)
	}
	terms.Storage = ""
	if err := terms.Refusal(keeping.Backup, 0); !isRefusal(err, "no storage for backups") {
		t.Errorf("without a storage: %v", err)
	}
}
