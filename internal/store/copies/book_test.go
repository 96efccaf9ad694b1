package copies_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/store/copies"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

type world struct {
	*testdb.DB
	store   *store.DB
	book    *copies.Book
	service int64
	now     time.Time
}

// newWorld connects as a user that has only what "kvmbridge grants" prints.
func newWorld(t *testing.T) *world {
	t.Helper()
	db := testdb.New(t)
	name := "c" + db.Name[len(db.Name)-12:]
	user := "'" + name + "'@'%'"
	db.Exec(t, "CREATE USER "+user+" IDENTIFIED BY 'word'")
	t.Cleanup(func() { _, _ = db.SQL.ExecContext(context.Background(), "DROP USER "+user) })
	for _, g := range store.Grants(db.Name, user) {
		db.Exec(t, g)
	}
	w := &world{DB: db, now: time.Now().UTC().Truncate(time.Second)}
	w.store = db.Store(t, func(c *store.Config) { c.User, c.Password = name, "word" })
	w.book = copies.New(w.store.Handle(), true)
	w.service = db.Service(t, db.Client(t, "Ada", "Byron"), db.Product(t, "{}"), db.Server(t, "pve"))
	// A machine of the reference product: no row of ours yet.
	db.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, 500, 'web', 'ready', '{}')", w.service)
	return w
}

func (w *world) ask(t *testing.T, kind keeping.Kind, day, subject string) (int64, error) {
	t.Helper()
	slot, err := retention.ParseDay(day)
	if err != nil {
		t.Fatal(err)
	}
	return w.book.Ask(t.Context(), keeping.Deed{ServiceID: w.service, Kind: kind, Slot: slot, Subject: subject, Phase: keeping.Queued, Asked: w.now, Since: w.now}, "")
}

func (w *world) claim(t *testing.T, id int64) keeping.Deed {
	t.Helper()
	d, err := w.book.Claim(t.Context(), id, w.now, w.now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestAsk_onceForASlotAndOnceForAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.ask(t, keeping.Backup, "2026-06-01", "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ask(t, keeping.Backup, "2026-06-01", ""); !errors.Is(err, keeping.ErrAsked) {
		t.Errorf("one slot twice: got %v", err)
	}
	if _, err := w.ask(t, keeping.Snapshot, "2026-06-01", ""); err != nil {
		t.Errorf("the same slot of snapshots: %v", err)
	}
	second, err := w.ask(t, keeping.Backup, "2026-06-02", "")
	if err != nil {
		t.Fatal(err)
	}
	if due, err := w.book.Due(t.Context(), w.now, keeping.Backup); err != nil || !slices.Equal(due, []int64{second}) {
		t.Errorf("due: %v, %v; want only the later slot %d, not %d", due, err, second, first)
	}
	for range 2 {
		_, err = w.ask(t, keeping.Restore, "", "a")
	}
	if !errors.Is(err, keeping.ErrAsked) {
		t.Errorf("a restore twice: got %v", err)
	}
	for _, subject := range []string{"a", "b"} {
		if _, err := w.ask(t, keeping.DropBackup, "", subject); err != nil {
			t.Errorf("removal of %s: %v", subject, err)
		}
	}
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'terminate'")
	if _, err := w.ask(t, keeping.Snapshot, "", ""); !errors.Is(err, vm.ErrRefused) {
		t.Errorf("of a machine that ends: got %v", err)
	}
}

func TestSave_onlyByWhoClaimedLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	id, err := w.ask(t, keeping.Backup, "2026-06-01", "")
	if err != nil {
		t.Fatal(err)
	}
	slow := w.claim(t, id)
	if _, err := w.book.Claim(ctx, id, w.now, w.now.Add(time.Minute)); !errors.Is(err, pipeline.ErrNotDue) {
		t.Errorf("claimed twice: %v", err)
	}
	w.now = w.now.Add(2 * time.Minute)
	quick := w.claim(t, id)
	if err := w.book.Save(ctx, &slow, keeping.Effects{Alarm: "x"}, w.now, w.now); !errors.Is(err, pipeline.ErrLost) {
		t.Errorf("the slow one wrote: %v", err)
	}
	if err := w.book.Hold(ctx, &slow, w.now, w.now.Add(time.Hour)); !errors.Is(err, pipeline.ErrLost) || slow.Running {
		t.Errorf("the slow one took the machine: %v", err)
	}
	quick.Phase = keeping.Done
	two := 2
	if err := w.book.Save(ctx, &quick, keeping.Effects{Alarm: "y", Backups: &two, Mails: []vm.Mail{{Template: "m"}}}, w.now, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if got := w.Text(t, "SELECT CONCAT_WS(' ', vm_backup_last, vm_backups) FROM puqProxmoxKVM_vm_info"); got != "2026-06-01 2" {
		t.Errorf("the record says %q", got)
	}
	if got := w.Text(t, "SELECT GROUP_CONCAT(kind, subject ORDER BY id) FROM kvmbridge_outbox"); got != "mailm,activityy,webhooky" {
		t.Errorf("outbox: %q", got)
	}
	if err := w.book.Forget(ctx, w.now.Add(time.Second)); err != nil || w.Text(t, "SELECT COUNT(*) FROM kvmbridge_copies") != "0" {
		t.Errorf("forget: %v", err)
	}
}

// While a deed has the machine the engine has not, whatever is ordered waits, and a termination ends the hold.
func TestHold_keepsTheEngineAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	hold := func(d *keeping.Deed) error { return w.book.Hold(ctx, d, w.now, w.now.Add(time.Hour)) }
	claim := func() error { _, _, err := w.store.Claim(ctx, w.service, w.now.Add(time.Minute)); return err }
	id, err := w.ask(t, keeping.Backup, "", "")
	if err != nil {
		t.Fatal(err)
	}
	d := w.claim(t, id)
	if err := hold(&d); err != nil || !d.Running {
		t.Fatal(err)
	}
	other, err := w.ask(t, keeping.Snapshot, "", "")
	if err != nil {
		t.Fatal(err)
	}
	rival := w.claim(t, other)
	if err := hold(&rival); !errors.Is(err, keeping.ErrBusy) {
		t.Errorf("a second deed: got %v", err)
	}
	if err := w.store.Wish(ctx, w.service, vm.ChangePackage); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Ask(ctx, w.service, vm.JobStop); err != nil {
		t.Fatal(err)
	}
	if err := claim(); !errors.Is(err, pipeline.ErrNotDue) {
		t.Errorf("the engine took a machine that is held: %v", err)
	}
	if settled, err := w.book.Settled(ctx, w.service); err != nil || settled {
		t.Errorf("settled %t, %v", settled, err)
	}
	d.Phase = keeping.Done
	if err := w.book.Save(ctx, &d, keeping.Effects{Release: true}, w.now, time.Time{}); err != nil || d.Running {
		t.Fatal(err)
	}
	if err := hold(&rival); !errors.Is(err, keeping.ErrBusy) {
		t.Errorf("before what was ordered meanwhile: got %v", err)
	}
	if err := claim(); err != nil || w.Text(t, "SELECT vm_status FROM puqProxmoxKVM_vm_info") != string(vm.ChangePackage) {
		t.Errorf("the wish is not taken up: %v", err)
	}
	w.Exec(t, "UPDATE kvmbridge_vm SET lease_holder = NULL, wake_at = NULL")
	w.Exec(t, "DELETE FROM kvmbridge_jobs")
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'ready'")
	if err := hold(&rival); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Move(ctx, w.service, vm.Terminate); err != nil {
		t.Fatal(err)
	}
	if err := hold(&rival); !errors.Is(err, vm.ErrRefused) {
		t.Errorf("after a termination was ordered: got %v", err)
	}
	if err := claim(); err != nil {
		t.Errorf("the termination does not get the machine: %v", err)
	}
}

// A hold that ran out is taken again, but not from somebody who works on the machine.
func TestHold_thatRanOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	id, err := w.ask(t, keeping.Restore, "", "v")
	if err != nil {
		t.Fatal(err)
	}
	d := w.claim(t, id)
	if err := w.book.Hold(ctx, &d, w.now, w.now.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(2 * time.Minute)
	l, _, err := w.store.Claim(ctx, w.service, w.now)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.book.Hold(ctx, &d, w.now, w.now.Add(time.Minute)); !errors.Is(err, keeping.ErrBusy) {
		t.Errorf("while the engine works: got %v", err)
	}
	if err := w.store.Release(ctx, l, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := w.book.Hold(ctx, &d, w.now, w.now.Add(time.Minute)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPlans_areThoseOfMachinesThatCanHaveCopies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	plans := func() []keeping.Planned {
		t.Helper()
		list, err := w.book.Plans(ctx, keeping.Backup)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for _, none := range []string{"", "{}", "[]", "null"} {
		if w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_schedule = ?", none); len(plans()) != 0 {
			t.Errorf("%q is a plan", none)
		}
	}
	w.Exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_backup_schedule = '{"1":"25:00"}', vm_backup_last = '2026-05-31'`)
	if p := plans(); len(p) != 1 || !errors.Is(p[0].Fault, retention.ErrPlan) || p[0].Plan.Last.String() != "2026-05-31" || !p[0].Plan.Since.IsZero() {
		t.Errorf("got %+v", p)
	}
	week, err := retention.ParseWeek(`{"1":"03:00"}`)
	if err == nil {
		err = w.book.SavePlan(ctx, w.service, keeping.Backup, week, w.now, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	if p := plans(); len(p) != 1 || p[0].Fault != nil || p[0].Plan.Week != week || !p[0].Plan.Since.Equal(w.now) {
		t.Errorf("got %+v", p)
	}
	if late, err := w.book.Overdue(ctx, w.now.Add(24*time.Hour), w.now.Add(time.Hour)); err != nil || len(late) != 1 || late[0].ServiceID != w.service || late[0].Name != "web" ||
		late[0].Last.Format(time.DateOnly) != "2026-05-31" || !late[0].Since.Equal(w.now) {
		t.Errorf("overdue: %+v, %v", late, err)
	}
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Suspended'")
	if p := plans(); len(p) != 0 {
		t.Errorf("of a suspended service: %+v", p)
	}
	if err := w.book.SavePlan(ctx, w.service, keeping.Restore, week, w.now, ""); err == nil {
		t.Error("a plan of restores was taken")
	}
	if ids, err := w.book.WithSnapshots(ctx); err != nil || len(ids) != 0 {
		t.Errorf("with snapshots: %v, %v", ids, err)
	}
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_now_utid = 'UPID:x'")
	if list, err := w.book.Watched(ctx); err != nil || len(list) != 1 || list[0].Backup != "UPID:x" {
		t.Errorf("watched: %+v, %v", list, err)
	}
	if err := w.book.Unwatch(ctx, w.service, "UPID:x"); err != nil {
		t.Fatal(err)
	}
	if list, err := w.book.Watched(ctx); err != nil || len(list) != 0 {
		t.Errorf("afterwards: %+v, %v", list, err)
	}
}
