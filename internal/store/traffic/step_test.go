package traffic_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store"
	ledger "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// begun are the accounts of a world after a first poll of all services.
func (w world) begun(t *testing.T, l *ledger.Ledger) []traffic.Account {
	t.Helper()
	var first []traffic.Update
	for _, a := range w.accounts(t, l) {
		first = append(first, counted(a, 2, 10))
	}
	if saved, err := l.Save(t.Context(), first, noon()); err != nil || len(saved) != len(first) {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	return w.accounts(t, l)
}

// Whatever of a state changes, for one service or for all of them alike, is what the next run reads.
func TestSave_everyPartOfAStateThatChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	l := w.ledger(t)
	day := func(n int) time.Time { return noon().AddDate(0, 0, n) }
	parts := map[string]func(s *traffic.State, n int){
		"guest":           func(s *traffic.State, n int) { s.Last.Server, s.Last.VMID = int64(50+n), 500+n },
		"node":            func(s *traffic.State, n int) { s.Last.Node = fmt.Sprint("pve", 5+n) },
		"reading":         func(s *traffic.State, n int) { s.Last.At = day(n).Add(1234567 * time.Microsecond) },
		"uptime":          func(s *traffic.State, n int) { s.Last.Uptime = time.Duration(n+7) * time.Hour },
		"counters":        func(s *traffic.State, n int) { s.Last.In, s.Last.Out = uint64(1<<62+n), uint64(70+n) },
		"hour":            func(s *traffic.State, n int) { s.Open = traffic.Hour{Start: day(n), Estimated: uint64(80 + n)} },
		"bytes of hour":   func(s *traffic.State, n int) { s.Open.In, s.Open.Out = uint64(81+n), 1<<64-9+uint64(n) },
		"no hour":         func(s *traffic.State, _ int) { s.Open = traffic.Hour{} },
		"month":           func(s *traffic.State, n int) { s.Month = traffic.Month{From: day(n), Estimated: uint64(90 + n)} },
		"bytes of month":  func(s *traffic.State, n int) { s.Month.In, s.Month.Out = uint64(91+n), uint64(92+n) },
		"notice":          func(s *traffic.State, n int) { s.Standing = traffic.Standing{Period: day(n), Notice: 50 + n} },
		"throttle is off": func(s *traffic.State, _ int) { s.Standing.Throttled = false },
		"nothing":         func(*traffic.State, int) {},
	}
	w.begun(t, l)
	for name, change := range parts {
		for _, apart := range []int{0, 1} {
			want := w.accounts(t, l)
			var updates []traffic.Update
			for i := range want {
				u := traffic.Update{Account: want[i], Was: want[i].State}
				change(&u.State, i*apart)
				want[i].State, want[i].Version = u.State, u.Version+1
				updates = append(updates, u)
			}
			if saved, err := l.Save(t.Context(), updates, noon()); err != nil || len(saved) != 2 {
				t.Fatalf("%s: saved %d, %v", name, len(saved), err)
			}
			if got := w.accounts(t, l); !cmp.Equal(got, want) {
				t.Errorf("%s, apart %d: %s", name, apart, cmp.Diff(want, got))
			}
		}
	}
}

// One account that has moved on, or is gone, costs the others nothing, and gets nothing.
func TestSave_oneThatMovedOnAmongSteadyOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 4)
	l := w.ledger(t)
	accounts := w.begun(t, l)
	if saved, err := l.Save(t.Context(), []traffic.Update{counted(accounts[1], 3, 20)}, noon()); err != nil || len(saved) != 1 {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	w.Exec(t, "DELETE FROM kvmbridge_traffic WHERE service_id = ?", w.ids[2])
	var updates []traffic.Update
	for _, a := range accounts {
		u := counted(a, 3, 30)
		u.Entries = []string{fmt.Sprint("Traffic: of ", a.ServiceID)}
		updates = append(updates, u)
	}
	saved, err := l.Save(t.Context(), updates, noon())
	if err != nil || len(saved) != 2 || saved[0].ServiceID != w.ids[0] || saved[1].ServiceID != w.ids[3] {
		t.Errorf("saved %d, %v", len(saved), err)
	}
	if got, want := w.Text(t, "SELECT GROUP_CONCAT(CONCAT(service_id, ' ', version, ' ', hour_in) ORDER BY service_id) FROM kvmbridge_traffic"),
		fmt.Sprintf("%d 2 31,%d 2 21,%d 2 31", w.ids[0], w.ids[1], w.ids[3]); got != want {
		t.Errorf("states %q, want %q", got, want)
	}
	if got, want := w.Text(t, "SELECT GROUP_CONCAT(CONCAT(service_id, ' ', net_in) ORDER BY service_id) FROM puqProxmoxKVM_statistics WHERE net_in > 10"),
		fmt.Sprintf("%d 30,%d 20,%d 30", w.ids[0], w.ids[1], w.ids[3]); got != want {
		t.Errorf("hours %q, want %q", got, want)
	}
	if got, want := w.Text(t, "SELECT GROUP_CONCAT(subject ORDER BY id SEPARATOR ', ') FROM kvmbridge_outbox"), fmt.Sprintf("Traffic: of %d, Traffic: of %d", w.ids[0], w.ids[3]); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}

// Steady accounts that die between the state and its hours leave neither.
func TestSave_aSteadyRunThatDiesBooksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	l := w.ledger(t)
	accounts := w.begun(t, l)
	w.Exec(t, "CREATE TRIGGER broken BEFORE INSERT ON puqProxmoxKVM_statistics FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'died here'")
	updates := []traffic.Update{counted(accounts[0], 3, 20), counted(accounts[1], 3, 20)}
	if saved, err := l.Save(t.Context(), updates, noon()); err == nil || len(saved) != 0 {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	if got := w.accounts(t, l); !cmp.Equal(got, accounts) {
		t.Error(cmp.Diff(accounts, got))
	}
	w.Exec(t, "DROP TRIGGER broken")
	if saved, err := l.Save(t.Context(), updates, noon()); err != nil || len(saved) != 2 {
		t.Errorf("saved %d, %v", len(saved), err)
	}
}

// A cluster is asked as soon as the first account is found; no later one may be newer than that.
func TestAccounts_showOneMoment(t *testing.T) {
	t.Parallel()
	const all = 8192
	w := newWorld(t, 1)
	for n := 1; n < all; n *= 2 {
		w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) SELECT service_id + ?, vm_id + ?, vm_status FROM puqProxmoxKVM_vm_info", n, n)
		w.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) SELECT service_id + ?, server_id, created_at FROM kvmbridge_vm", n)
	}
	w.Exec(t, "INSERT INTO kvmbridge_traffic (service_id, version) SELECT service_id, 1 FROM kvmbridge_vm")
	found := 0
	list, err := w.ledger(t).Accounts(t.Context(), func(*traffic.Account) {
		if found++; found == 1 {
			w.Exec(t, "UPDATE kvmbridge_traffic SET version = 2")
		}
	})
	if err != nil || len(list) != all || found != all {
		t.Fatalf("%d accounts, %d found, %v", len(list), found, err)
	}
	for _, a := range list {
		if a.Version != 1 {
			t.Fatalf("service %d has version %d", a.ServiceID, a.Version)
		}
	}
}

// Hours are found by their index: weeks of them are not looked through to learn that none is old.
func TestPrune_looksOnlyAtWhatIsOld(t *testing.T) {
	t.Parallel()
	const services = 100
	w := newWorld(t, services)
	db := w.Store(t, func(c *store.Config) { c.MaxConns = 1 }).Handle() // counts are a connection's
	l := ledger.New(db)
	w.begun(t, l)
	for range 4 {
		w.Exec(t, "INSERT INTO puqProxmoxKVM_statistics (service_id, `date`) SELECT service_id, `date` FROM puqProxmoxKVM_statistics")
	}
	looked := func() (rows int) {
		var all []struct {
			Name  string `db:"Variable_name"`
			Value int    `db:"Value"`
		}
		if err := db.SelectContext(t.Context(), &all, "SHOW SESSION STATUS LIKE 'Handler_read%'"); err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			rows += v.Value
		}
		return rows
	}
	before := looked()
	if n, err := l.Prune(t.Context(), noon().Add(-traffic.Retention+time.Nanosecond)); err != nil || n != 0 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if rows := looked() - before; rows > 4*services { // each state once, none of the hours
		t.Errorf("looked at %d rows, of %d hours", rows, 16*services)
	}
}
