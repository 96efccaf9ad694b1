package settingrows_test

import (
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/settingrows"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func sheet() settings.Sheet {
	return settings.New(settings.Configured{Migrate: true, MigrationTimeout: 5 * time.Minute})
}

// change is one that the sheet knows.
func change(name, before, after string) settings.Change {
	for _, f := range sheet() {
		if f.Name == name {
			return settings.Change{Field: f, Before: before, After: after}
		}
	}
	panic(name)
}

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func TestSave_keepsAFormAndTellsWhatChanged(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	book := settingrows.New(db.SQL, sheet())
	db.Exec(t, "INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES ('instance', 'abc', '2026-01-01')")
	changes := []settings.Change{change(settings.DefaultTimeout, "10", "20"), change(settings.Migrate, "on", "off")}
	if err := book.Save(t.Context(), changes, settings.Tell("admin 1", changes), now); err != nil {
		t.Fatal(err)
	}
	saved, err := book.Saved(t.Context())
	if d := cmp.Diff(map[string]string{settings.DefaultTimeout: "20", settings.Migrate: "off"}, saved); d != "" || err != nil {
		t.Errorf("saved (-want +got)\n%s%v", d, err)
	}
	const want = "1 activity kvmbridge: settings changed by admin 1: Default Timeout: 10 seconds -> 20 seconds; Enable post-clone migration: on -> off"
	if got := db.Text(t, "SELECT CONCAT(COUNT(*), ' ', MAX(kind), ' ', MAX(subject)) FROM kvmbridge_outbox"); got != want {
		t.Errorf("outbox: %s\nwant    %s", got, want)
	}
	if err := book.Save(t.Context(), nil, "nothing", now); err != nil {
		t.Error(err)
	}
	if n := db.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox"); n != "1" {
		t.Errorf("a form without a change left %s entries", n)
	}
}

// All or nothing: one setting that somebody else changed keeps the whole form from being saved.
func TestSave_undoesNobodysChange(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	book := settingrows.New(db.SQL, sheet())
	save := func(changes ...settings.Change) error { return book.Save(t.Context(), changes, "entry", now) }
	for _, c := range []settings.Change{change(settings.DefaultTimeout, "10", "20"), change(settings.HeavyTimeout, "60", "90")} {
		if err := save(c); err != nil {
			t.Fatalf("two people, two settings: %v", err)
		}
	}
	err := save(change(settings.MigrationTimeout, "300", "400"), change(settings.DefaultTimeout, "10", "30"))
	conflict, ok := settingrows.IsConflict(err)
	if d := cmp.Diff(settingrows.ConflictError{settings.DefaultTimeout: "20"}, conflict); !ok || d != "" {
		t.Errorf("the same setting (-want +got)\n%s%v", d, err)
	}
	if err := save(change(settings.DefaultTimeout, "10", "20")); err != nil {
		t.Errorf("the same change by two people: %v", err)
	}
	saved, err := book.Saved(t.Context())
	if d := cmp.Diff(map[string]string{settings.DefaultTimeout: "20", settings.HeavyTimeout: "90"}, saved); d != "" || err != nil {
		t.Errorf("saved (-want +got)\n%s%v", d, err)
	}
}

// Two forms at the same moment, also for a setting that was never saved: one wins, the other hears of it.
func TestSave_atOnceIsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	for round := range 20 {
		book := settingrows.New(db.SQL, sheet())
		before := sheet().Effective(must(book.Saved(t.Context())))[settings.LockTimeout]
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs {
			after := strconv.Itoa(1000 + 10*round + i)
			wg.Go(func() {
				errs[i] = book.Save(t.Context(), []settings.Change{change(settings.LockTimeout, before, after)}, "entry", now)
			})
		}
		wg.Wait()
		_, first := settingrows.IsConflict(errs[0])
		_, second := settingrows.IsConflict(errs[1])
		if first == second || errs[0] != nil && errs[1] != nil {
			t.Fatalf("round %d: %v", round, errors.Join(errs...))
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
