package copies_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func (w *world) entries(t *testing.T) string {
	t.Helper()
	return w.Text(t, "SELECT COALESCE(GROUP_CONCAT(CONCAT_WS(' ', service_id, kind, subject) ORDER BY id SEPARATOR '; '), '') FROM kvmbridge_outbox")
}

// The entry of the activity log comes with what it tells of, and not without.
func TestAsk_tellsOfWhatWasOrdered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := keeping.Deed{ServiceID: w.service, Kind: keeping.Backup, Phase: keeping.Queued, Asked: w.now, Since: w.now}
	if _, err := w.book.Ask(t.Context(), d, "one by Ada"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.book.Ask(t.Context(), d, "another by Ada"); !errors.Is(err, keeping.ErrAsked) {
		t.Errorf("twice: %v", err)
	}
	week, err := retention.ParseWeek(`{"1":"03:00"}`)
	if err == nil {
		err = w.book.SavePlan(t.Context(), w.service, keeping.Snapshot, week, w.now, "a plan by Ada")
	}
	if err != nil {
		t.Fatal(err)
	}
	if got, want := w.entries(t), "1 activity one by Ada; 1 activity a plan by Ada"; got != want {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

func TestHistory_beginsWithWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []int64
	for _, kind := range []keeping.Kind{keeping.Backup, keeping.Restore, keeping.Snapshot} {
		id, err := w.ask(t, kind, "", "")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	d := w.claim(t, ids[2])
	d.Phase = keeping.Done
	if err := w.book.Save(t.Context(), &d, keeping.Effects{}, w.now, time.Time{}); err != nil {
		t.Fatal(err)
	}
	list, err := w.book.History(t.Context(), w.service, 10)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v, %v", list, err)
	}
	if got := []int64{list[0].ID, list[1].ID, list[2].ID}; !slices.Equal(got, []int64{ids[1], ids[0], ids[2]}) {
		t.Errorf("in the order %v of %v", got, ids)
	}
	if over := list[2]; !over.Due.IsZero() || !over.Ended.Equal(w.now) || list[0].Due.IsZero() || !list[0].Ended.IsZero() {
		t.Errorf("%+v", list)
	}
}

func TestLastGood_isADayOrAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := func() keeping.Good {
		t.Helper()
		g, err := w.book.LastGood(t.Context(), w.service)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	if g := good(); !g.At.IsZero() || !g.Day.IsZero() {
		t.Errorf("before the first: %+v", g)
	}
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_last = '2026-05-31'")
	if g := good(); !g.At.IsZero() || g.Day.String() != "2026-05-31" {
		t.Errorf("of the reference product: %+v", g)
	}
	for _, end := range []keeping.Phase{keeping.Done, keeping.Failed} {
		id, err := w.ask(t, keeping.Backup, "", "")
		if err != nil {
			t.Fatal(err)
		}
		d := w.claim(t, id)
		d.Phase = end
		if err := w.book.Save(t.Context(), &d, keeping.Effects{}, w.now, time.Time{}); err != nil {
			t.Fatal(err)
		}
		w.now = w.now.Add(time.Hour)
	}
	if g := good(); !g.At.Equal(w.now.Add(-2 * time.Hour)) {
		t.Errorf("after a good one and a failure: %+v, now is %s", g, w.now)
	}
	if _, err := w.book.LastGood(t.Context(), 4242); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestPlan_isReadWhateverTheStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_status = 'clone', vm_backup_schedule = '{"1":"03:00"}', vm_snapshot_schedule = 'x', vm_backup_last = '2026-05-31'`)
	if p, err := w.book.Plan(t.Context(), w.service, keeping.Backup); err != nil || p.Fault != nil || p.Plan.Week.Time(time.Monday) != "03:00" || p.Plan.Last.String() != "2026-05-31" {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err := w.book.Plan(t.Context(), w.service, keeping.Snapshot); err != nil || !errors.Is(p.Fault, retention.ErrPlan) {
		t.Errorf("a broken one: %+v, %v", p, err)
	}
	if _, err := w.book.Plan(t.Context(), 4242, keeping.Backup); !errors.Is(err, vm.ErrNoMachine) {
		t.Errorf("of nobody: %v", err)
	}
}
