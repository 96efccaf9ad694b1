package traffic_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/store"
	ledger "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

func noon() time.Time { return time.Date(2031, 4, 5, 12, 0, 0, 0, time.UTC) }

// world is a server with services that have guests.
type world struct {
	*testdb.DB
	server int64
	ids    []int64
}

func newWorld(t *testing.T, services int) world {
	t.Helper()
	w := world{DB: testdb.New(t)}
	w.server = w.Server(t, "pve")
	client, product := w.Client(t, "Ada", "Byron"), w.Product(t, "{}")
	for i := range services {
		id := w.Service(t, client, product, w.server)
		w.Exec(t, "UPDATE tblhosting SET regdate = '2031-01-31', nextduedate = '2031-04-30' WHERE id = ?", id)
		w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_status) VALUES (?, ?, 'ready')", id, 100+i)
		w.Exec(t, "INSERT INTO kvmbridge_vm (service_id, server_id, created_at) VALUES (?, ?, '2031-03-01 10:00:00')", id, w.server)
		w.ids = append(w.ids, id)
	}
	return w
}

func (w world) ledger(t *testing.T) *ledger.Ledger {
	t.Helper()
	return ledger.New(w.Store(t).Handle())
}

func (w world) accounts(t *testing.T, l *ledger.Ledger) []traffic.Account {
	t.Helper()
	list, err := l.Accounts(t.Context(), nil)
	if err != nil || len(list) != len(w.ids) {
		t.Fatalf("%d accounts, %v", len(list), err)
	}
	return list
}

func (w world) hours(t *testing.T) string {
	t.Helper()
	return w.Text(t, "SELECT GROUP_CONCAT(CONCAT_WS(' ', service_id, DATE_FORMAT(`date`, '%d-%H'), net_in, net_out, estimated) ORDER BY service_id, `date`, id SEPARATOR ', ') FROM puqProxmoxKVM_statistics")
}

// counted is an account after a poll at that many hours past noon, with one closed hour.
func counted(a traffic.Account, hours int, in uint64) traffic.Update {
	at := noon().Add(time.Duration(hours) * time.Hour)
	hour := func(h int) time.Time { return noon().Add(time.Duration(h) * time.Hour) }
	u := traffic.Update{Account: a, Was: a.State, Closed: []traffic.Hour{{Start: hour(hours - 2), Volume: traffic.Volume{In: in, Out: 1}, Estimated: 2}}}
	u.State = traffic.State{
		Last:     traffic.Reading{Guest: a.Guest, Node: "pve1", At: at.Add(7 * time.Microsecond), Uptime: 90 * time.Second, Volume: traffic.Volume{In: 1<<64 - 1, Out: 5}},
		Open:     traffic.Hour{Start: hour(hours - 1), Volume: traffic.Volume{In: in + 1, Out: 6}, Estimated: 3},
		Month:    traffic.Month{From: time.Date(2031, 4, 1, 0, 0, 0, 0, time.UTC), Volume: traffic.Volume{In: 8, Out: 9}, Estimated: 4},
		Standing: traffic.Standing{Period: time.Date(2031, 4, 1, 0, 0, 0, 0, time.UTC), Notice: 80, Throttled: true},
	}
	return u
}

func TestSave_keepsTheStateAndItsHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	l := w.ledger(t)
	first := w.accounts(t, l)
	day := func(text string) time.Time {
		d, _ := time.Parse(time.DateTime, text)
		return d
	}
	want := traffic.Account{
		ServiceID: w.ids[0], Guest: traffic.Guest{Server: w.server, VMID: 100}, Ordered: day("2031-03-01 10:00:00"),
		Registered: day("2031-01-31 00:00:00"), Due: day("2031-04-30 00:00:00"),
	}
	if !cmp.Equal(first[0], want) {
		t.Errorf("a service that was never read: %s", cmp.Diff(want, first[0]))
	}
	u := counted(first[0], 2, 10)
	u.Entries = []string{"Traffic: something"}
	if saved, err := l.Save(t.Context(), []traffic.Update{u}, noon()); err != nil || len(saved) != 1 {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	want.State, want.Version = u.State, 1
	if got := w.accounts(t, l)[0]; !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
	if got, want := w.hours(t), fmt.Sprintf("%d 05-12 10 1 2", w.ids[0]); got != want {
		t.Errorf("hours %q, want %q", got, want)
	}
	if got := w.Text(t, "SELECT subject FROM kvmbridge_outbox"); got != "Traffic: something" {
		t.Errorf("entry %q", got)
	}
}

func TestSave_anOldStateIsDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	l := w.ledger(t)
	old := w.accounts(t, l)
	for round, hours := range []int{2, 3} {
		accounts := w.accounts(t, l)
		if saved, err := l.Save(t.Context(), []traffic.Update{counted(accounts[1], hours, 10)}, noon()); err != nil || len(saved) != 1 {
			t.Fatalf("round %d: saved %d, %v", round, len(saved), err)
		}
		both := []traffic.Update{counted(old[0], 2, 10), counted(accounts[1], hours, 10)}
		saved, err := l.Save(t.Context(), both, noon())
		if want := 1 - round; err != nil || len(saved) != want { // the first service is new in the first round only
			t.Fatalf("round %d: saved %d, %v; want %d", round, len(saved), err, want)
		}
	}
	if got, want := w.hours(t), fmt.Sprintf("%d 05-12 10 1 2, %[2]d 05-12 10 1 2, %[2]d 05-13 10 1 2", w.ids[0], w.ids[1]); got != want {
		t.Errorf("hours %q, want %q", got, want)
	}
}

// A table of somebody else takes smaller numbers: one service's trouble is not the others'.
func TestSave_whatTheDatabaseDoesNotTakeIsOneServicesTrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 5)
	l := w.ledger(t)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_statistics MODIFY net_in SMALLINT UNSIGNED NOT NULL")
	var updates []traffic.Update
	for i, a := range w.accounts(t, l) {
		updates = append(updates, counted(a, 2, []uint64{10, 10, 70_000, 10, 10}[i]))
	}
	saved, err := l.Save(t.Context(), updates, noon())
	if want := fmt.Sprintf("service %d: ", w.ids[2]); len(saved) != 4 || err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("saved %d, %v; want four, and %q", len(saved), err, want)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', COUNT(*), MAX(net_in)) FROM puqProxmoxKVM_statistics"); got != "4 10" {
		t.Errorf("hours: %s", got)
	}
}

func TestAccounts_aServiceWithTwoRecordsCountsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	w.Exec(t, "ALTER TABLE puqProxmoxKVM_vm_info DROP PRIMARY KEY, ADD KEY (service_id)")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id) SELECT service_id, vm_id FROM puqProxmoxKVM_vm_info WHERE service_id = ?", w.ids[0])
	if all := w.accounts(t, w.ledger(t)); len(all) != 2 || all[0].ServiceID == all[1].ServiceID {
		t.Errorf("accounts: %+v", all)
	}
}

// Whoever runs at the same time, one of them books.
func TestSave_runsAtOnceBookOnce(t *testing.T) {
	t.Parallel()
	const services, runs = 300, 6
	w := newWorld(t, services)
	for round := range 3 {
		accounts := w.accounts(t, w.ledger(t))
		var updates []traffic.Update
		for _, a := range accounts {
			updates = append(updates, counted(a, 2+round, 10))
		}
		var saved atomic.Int64
		var wait sync.WaitGroup
		for range runs {
			l := w.ledger(t)
			wait.Go(func() {
				done, err := l.Save(context.Background(), updates, noon())
				if err != nil {
					t.Error(err)
				}
				saved.Add(int64(len(done)))
			})
		}
		wait.Wait()
		if rows := w.Text(t, "SELECT COUNT(*) FROM puqProxmoxKVM_statistics"); saved.Load() != services || rows != strconv.Itoa((round+1)*services) {
			t.Fatalf("round %d: %d saved, %s rows", round, saved.Load(), rows)
		}
	}
}

// A run that dies between the state and its hours leaves neither, and the next one books both.
func TestSave_aRunThatDiesBooksNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1500) // two transactions
	l := w.ledger(t)
	updates := func() (list []traffic.Update) {
		for _, a := range w.accounts(t, l) {
			if a.Last.At.IsZero() {
				list = append(list, counted(a, 2, 10))
			}
		}
		return list
	}
	w.Exec(t, fmt.Sprintf(`CREATE TRIGGER broken BEFORE INSERT ON puqProxmoxKVM_statistics FOR EACH ROW
		BEGIN IF NEW.service_id = %d THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'died here'; END IF; END`, w.ids[1400]))
	saved, err := l.Save(t.Context(), updates(), noon())
	if err == nil || len(saved) != 1000 {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', (SELECT COUNT(*) FROM kvmbridge_traffic), (SELECT COUNT(*) FROM puqProxmoxKVM_statistics))"); got != "1000 1000" {
		t.Errorf("states and hours after the death: %s", got)
	}
	w.Exec(t, "DROP TRIGGER broken")
	if saved, err = l.Save(t.Context(), updates(), noon()); err != nil || len(saved) != 500 {
		t.Fatalf("saved %d, %v", len(saved), err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', COUNT(*), COUNT(DISTINCT service_id)) FROM puqProxmoxKVM_statistics"); got != "1500 1500" {
		t.Errorf("hours and services: %s", got)
	}
}

func TestPrune_deletesWhatIsOldOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	l := w.ledger(t)
	accounts := w.accounts(t, l)
	if _, err := l.Save(t.Context(), []traffic.Update{counted(accounts[0], 2, 10), counted(accounts[1], 40*24, 10)}, noon()); err != nil {
		t.Fatal(err)
	}
	n, err := l.Prune(t.Context(), noon().AddDate(0, 0, 40).Add(-traffic.Retention))
	if err != nil || n != 1 {
		t.Errorf("deleted %d, %v", n, err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', (SELECT GROUP_CONCAT(service_id) FROM puqProxmoxKVM_statistics), (SELECT GROUP_CONCAT(service_id) FROM kvmbridge_traffic))"); got != fmt.Sprintf("%d %[1]d", w.ids[1]) {
		t.Errorf("left: %s", got)
	}
}

func TestRest_closesHoursThatNobodyContinues(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	l := w.ledger(t)
	accounts := w.accounts(t, l)
	if _, err := l.Save(t.Context(), []traffic.Update{counted(accounts[0], 2, 10), counted(accounts[1], 9, 10)}, noon()); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, "DELETE FROM puqProxmoxKVM_vm_info WHERE service_id = ?", w.ids[0]) // terminated meanwhile
	for range 2 {
		if err := l.Rest(t.Context(), noon().Add(7*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprintf("%[1]d 05-12 10 1 2, %[1]d 05-13 11 6 3, %d 05-19 10 1 2", w.ids[0], w.ids[1])
	if got := w.hours(t); got != want {
		t.Errorf("hours %q, want %q", got, want)
	}
	a, ok, err := l.CountedOf(t.Context(), w.ids[0])
	if err != nil || !ok || !a.Open.Start.IsZero() || a.Month.In != 8 || a.Version != 2 {
		t.Errorf("%+v, %t, %v", a, ok, err)
	}
}

func TestSum_addsClosedHoursUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	l := w.ledger(t)
	for _, hours := range []int{2, 5, 8} {
		accounts := w.accounts(t, l)
		if _, err := l.Save(t.Context(), []traffic.Update{counted(accounts[0], hours, 10), counted(accounts[1], hours, 1<<62)}, noon()); err != nil {
			t.Fatal(err)
		}
	}
	from := noon().Add(time.Hour)
	got, err := l.Sum(t.Context(), w.ids, from)
	want := map[int64]traffic.Month{
		w.ids[0]: {From: from, Volume: traffic.Volume{In: 20, Out: 2}, Estimated: 4}, w.ids[1]: {From: from, Volume: traffic.Volume{In: 1 << 63, Out: 2}, Estimated: 4},
	}
	if err != nil || !cmp.Equal(got, want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
}

func TestCounted_servicesOfAServerOfWhichSomethingIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3)
	l := w.ledger(t)
	u := counted(w.accounts(t, l)[1], 2, 10)
	if _, err := l.Save(t.Context(), []traffic.Update{u}, noon()); err != nil {
		t.Fatal(err)
	}
	list, err := l.Counted(t.Context(), w.server)
	if err != nil || len(list) != 1 || list[0].ServiceID != w.ids[1] || list[0].Month != u.Month || list[0].Due.Day() != 30 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err := l.Counted(t.Context(), w.server+1); err != nil || len(list) != 0 {
		t.Errorf("another server: %+v, %v", list, err)
	}
	if _, ok, err := l.CountedOf(t.Context(), w.ids[0]); ok || err != nil {
		t.Errorf("a service that was never read: %t, %v", ok, err)
	}
}

// A table of hours that somebody else made may want more than we know; what is missing is added.
func TestSave_intoATableOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.Exec(t, "DROP TABLE puqProxmoxKVM_statistics")
	w.Exec(t, "CREATE TABLE puqProxmoxKVM_statistics (id INT AUTO_INCREMENT PRIMARY KEY, service_id INT NOT NULL, `date` DATETIME NOT NULL, net_in BIGINT NOT NULL, net_out BIGINT NOT NULL, `da``y` DATE NOT NULL, unit VARCHAR(9) NOT NULL)")
	w.Exec(t, "INSERT INTO puqProxmoxKVM_statistics (service_id, `date`, net_in, net_out, `da``y`, unit) VALUES (1, '2031-04-05', 5, 6, '2031-04-05', 'B')")
	if err := w.Store(t).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := w.ledger(t)
	if _, err := l.Save(t.Context(), []traffic.Update{counted(w.accounts(t, l)[0], 2, 10)}, noon()); err != nil {
		t.Fatal(err)
	}
	if got := w.Text(t, "SELECT GROUP_CONCAT(CONCAT_WS(' ', net_in, estimated, unit) ORDER BY id) FROM puqProxmoxKVM_statistics"); got != "5 0 B,10 2 " {
		t.Errorf("rows: %q", got)
	}
	if got := w.Text(t, `SELECT GROUP_CONCAT(column_name ORDER BY index_name, seq_in_index) FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = 'puqProxmoxKVM_statistics'`); got != "date,service_id,date,id" {
		t.Errorf("indexes: %s", got)
	}
}

func TestLedger_needsNoMoreThanTheGrants(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	name := "u" + w.Name[len(w.Name)-12:]
	user := "'" + name + "'@'%'"
	w.Exec(t, "CREATE USER "+user+" IDENTIFIED BY 'x'")
	t.Cleanup(func() { _, _ = w.SQL.ExecContext(context.Background(), "DROP USER "+user) })
	for _, g := range store.Grants(w.Name, user) {
		w.Exec(t, g)
	}
	l := ledger.New(w.Store(t, func(c *store.Config) { c.User, c.Password = name, "x" }).Handle())
	u := counted(w.accounts(t, l)[0], 2, 10)
	for what, do := range map[string]func() error{
		"save":    func() error { _, err := l.Save(t.Context(), []traffic.Update{u}, noon()); return err },
		"sum":     func() error { _, err := l.Sum(t.Context(), w.ids, noon()); return err },
		"rest":    func() error { return l.Rest(t.Context(), noon().Add(9*time.Hour)) },
		"prune":   func() error { _, err := l.Prune(t.Context(), noon()); return err },
		"counted": func() error { _, err := l.Counted(t.Context(), w.server); return err },
		"domains": func() error { _, err := l.Domains(t.Context(), w.server, "x"); return err },
		"show":    func() error { return l.Show(t.Context(), map[int64]ledger.Shown{w.ids[0]: {Used: 1}}, noon()) },
	} {
		if err := do(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
