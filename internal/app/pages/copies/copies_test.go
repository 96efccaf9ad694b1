package copies

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	rows "github.com/kvmbridge/kvmbridge/internal/store/copies"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/web"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// cluster holds lists, or has an error instead.
type cluster struct {
	backups   []hypervisor.Backup
	snapshots []hypervisor.Snapshot
	err       error
}

func (c cluster) Backups(context.Context, int64) ([]hypervisor.Backup, error) {
	return c.backups, c.err
}

func (c cluster) Snapshots(context.Context, int64) ([]hypervisor.Snapshot, error) {
	return c.snapshots, c.err
}

type world struct {
	*testdb.DB
	page    *Page
	service int64
	ordered int
	now     time.Time
}

const granting = `{"vm":{"template":9000,"backups":2,"snapshots":2,"snapshot_lifetime_days":1},"integrations":{"backup_storage":"pbs"}}`

func newWorld(t *testing.T, c cluster) *world {
	t.Helper()
	texts, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{DB: testdb.New(t), now: time.Now()}
	w.service = w.Service(t, w.Client(t, "Ada", "Byron"), w.Product(t, granting), w.Server(t, "pve"))
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status, vm_rev_dns) VALUES (?, 500, 'web', 'ready', '{}')", w.service)
	store := w.Store(t)
	book := rows.New(store.Handle(), false)
	keeper := &keeping.Keeper{Book: book, Records: book, Machines: store, Catalogue: whmcs.New(store.Handle()), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)}
	zone := func(context.Context) (*time.Location, error) { return time.LoadLocation("Asia/Kolkata") }
	w.page = &Page{
		Keeper: keeper, Lists: c, Book: book, Machines: store, Clock: clock.System{}, Zone: zone,
		Limit: func(context.Context) time.Duration { return time.Minute }, Ordered: func() { w.ordered++ }, Web: texts,
	}
	return w
}

// ask sends a request, whose query and form are written like the former.
func (w *world) ask(t *testing.T, query, form string) (pages.Answer, error) {
	t.Helper()
	q, err1 := url.ParseQuery(query + "&id=" + strconv.FormatInt(w.service, 10))
	f, err2 := url.ParseQuery(form)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	r := &pages.Request{Site: web.Site{Link: "a.php?module=x", Token: "T", Page: "machines"}, Part: q.Get("part"), Query: q, Form: f, Post: form != "", Bare: q.Has("bare"), Admin: 7}
	handlers := w.page.Parts().Show
	if r.Post {
		handlers = w.page.Parts().Do
	}
	if handlers[r.Part] == nil {
		t.Fatalf("no handler for %q", r.Part)
	}
	return handlers[r.Part](t.Context(), r)
}

// reads looks for parts of an answer.
func (w *world) reads(t *testing.T, query, form string, parts ...string) string {
	t.Helper()
	a, err := w.ask(t, query, form)
	if err != nil {
		t.Fatalf("%s, %s: %v", query, form, err)
	}
	for _, p := range parts {
		if !strings.Contains(a.HTML, p) {
			t.Errorf("%s, %s: the answer lacks %q:\n%s", query, form, p, a.HTML)
		}
	}
	return a.HTML
}

func TestShow_marksWhatIsSpecial(t *testing.T) {
	t.Parallel()
	made := time.Date(2026, 6, 1, 20, 0, 0, 0, time.UTC)
	now := time.Now()
	w := newWorld(t, cluster{
		backups: []hypervisor.Backup{
			{Volume: "pbs:backup/a", Made: made, Size: 3 << 30, Notes: "first #3-1 kvmbridge:x:1", Protected: true, Verified: hypervisor.VerifiedGood},
			{Volume: "pbs:backup/b", Made: made, Verified: hypervisor.Unverified},
		},
		snapshots: []hypervisor.Snapshot{{Name: "manual_1", Description: "before", Taken: now.Add(-time.Second)}, {Name: "manual_2", Taken: now.AddDate(0, 0, -2), Unfinished: "prepare"}},
	})
	html := w.reads(t, "part=copies", "", "02-06-2026 01:30:00", "Asia/Kolkata", ">first<", "3 GiB", "PROTECTED", "VERIFIED", "BEING WRITTEN", "All 2 backups are taken. Remove one first.",
		">before<", "0 days 23:59:5", ">manual_2<", "0 days 00:00:00", "BEING MADE", "All 2 snapshots are taken.", "subject=pbs%3Abackup%2Fa")
	if strings.Contains(html, "part=restore&amp;id=1&amp;subject=pbs%3Abackup%2Fb") || strings.Contains(html, "part=drop_backup&amp;id=1&amp;subject=pbs%3Abackup%2Fa") {
		t.Errorf("offers what will be refused: %s", html)
	}
	w.Exec(t, "UPDATE tblproducts SET configoption1 = ?", strings.Replace(granting, `"snapshot_lifetime_days":1`, `"snapshot_schedule":true`, 1))
	w.reads(t, "part=copies", "", "until the plan needs its place", "Scheduled automatic snapshots")
}

func TestQuestion_isAboutWhatThereIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{backups: []hypervisor.Backup{{Volume: "pbs:backup/a", Made: time.Date(2026, 6, 1, 20, 0, 0, 0, time.UTC), Size: 1}}})
	w.reads(t, "part=restore&subject=pbs:backup/a", "", "02-06-2026 01:30:00", "pbs:backup/a", "All its snapshots are deleted.")
	for query, says := range map[string]string{"part=drop_backup&subject=pbs:backup/z": "no such backup", "part=rollback&subject=": "no such snapshot"} {
		_, err := w.ask(t, query, "")
		if said, ok := errors.AsType[desk.Sentence](err); !ok || !strings.Contains(said.Error(), says) {
			t.Errorf("%s: %v", query, err)
		}
	}
	if _, err := w.ask(t, "part=restore", "x=1"); err == nil || w.ordered > 0 {
		t.Errorf("a restore of nothing: %v", err)
	}
}

// The pieces that are looked at again say so while something is done to them, and only then.
func TestShow_looksAgainAtWhatChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{})
	again := func() string {
		t.Helper()
		html := w.reads(t, "part=copies", "", "kb-copy-doings")
		var which []string
		for _, piece := range []string{"doings", "backup", "snapshot"} {
			if strings.Contains(html, "piece="+piece+`"`) {
				which = append(which, piece)
			}
		}
		return strings.Join(which, " ")
	}
	for _, c := range []struct{ query, want string }{{"part=backup", "doings backup"}, {"part=drop_backup&subject=v", "doings backup"}, {"part=rollback&subject=s", "doings snapshot"}, {"part=restore&subject=v", "doings backup snapshot"}} {
		w.Exec(t, "DELETE FROM kvmbridge_copies")
		if got := again(); got != "" {
			t.Errorf("at rest: %s", got)
		}
		if a, err := w.ask(t, c.query, "note=n"); err != nil || !strings.Contains(a.Next, "part=copies") {
			t.Fatalf("%s: %+v, %v", c.query, a, err)
		}
		if got := again(); got != c.want {
			t.Errorf("%s: looks again at %q, want %q", c.query, got, c.want)
		}
	}
	if html := w.reads(t, "part=copies&bare=1&piece=doings", "", `id="kb-copy-doings"`, "Restore of a backup", "waits for its turn"); strings.Contains(html, "kb-copy-backup") {
		t.Errorf("more than the piece: %s", html)
	}
	w.reads(t, "part=copies&bare=1&piece=snapshot", "", `id="kb-copy-snapshot"`, `data-kb-refresh="2"`)
	w.Exec(t, "UPDATE kvmbridge_copies SET last_error = 'no route', due_at = ?", w.now.Add(time.Hour).UTC())
	w.reads(t, "part=copies&bare=1&piece=doings", "", `data-kb-refresh="10"`, "no route")
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE subject LIKE '%ordered by admin #7%'"); n != "4" || w.ordered != 4 {
		t.Errorf("%s entries, told %d times", n, w.ordered)
	}
}

func TestOrder_saysWhyNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{})
	for range 2 {
		if _, err := w.ask(t, "part=restore&subject=v", "x=1"); err != nil {
			t.Fatal(err)
		}
	}
	w.reads(t, "part=restore&subject=v", "x=1", "This was asked for already and is under way.", "All its snapshots are deleted.")
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'terminate'")
	w.reads(t, "part=snapshot", "note=mine", "ends or has ended", `value="mine"`)
	w.Exec(t, "DELETE FROM puqProxmoxKVM_vm_info")
	for _, query := range []string{"part=copies", "part=backup", "part=plan&kind=backup"} {
		form := ""
		if query != "part=copies" {
			form = "x=1"
		}
		_, err := w.ask(t, query, form)
		if said, ok := errors.AsType[desk.Sentence](err); !ok || !strings.Contains(said.Error(), "has no VM") {
			t.Errorf("%s of no machine: %v", query, err)
		}
	}
}

func TestPlan_savesWhatCanComeTrue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{err: errors.New("the cluster is away")})
	saved := func() string {
		return w.Text(t, "SELECT CONCAT_WS(' ', vm_backup_schedule, vm_snapshot_schedule) FROM puqProxmoxKVM_vm_info")
	}
	if _, err := w.ask(t, "part=plan&kind=backup", "day_1=on&time_1=03:30&time_2=04:00"); err != nil || !strings.HasPrefix(saved(), `{"1":"03:30"}`) {
		t.Errorf("%v, saved %s", err, saved())
	}
	html := w.reads(t, "part=plan&kind=backup", "day_1=on&time_1=25:00&day_2=on&time_2=", "Mend the days that are marked.", `value="25:00"`, "The list cannot be shown now: The cluster is away.")
	if strings.Count(html, `aria-invalid="true"`) != 2 || strings.Contains(html, "Scheduled automatic snapshots") {
		t.Errorf("marked: %s", html)
	}
	w.reads(t, "part=plan&kind=snapshot", "day_1=on&time_1=03:30", "The schedule was not saved. The product removes snapshots by age.")
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_schedule = 'x'")
	w.reads(t, "part=copies", "", "The weekly plan cannot be read")
	w.Exec(t, "UPDATE tblhosting SET domainstatus = 'Suspended'")
	if _, err := w.ask(t, "part=plan&kind=backup", "day_0=on&time_0=03:30"); err != nil {
		t.Error(err)
	}
	w.reads(t, "part=copies", "", "Nothing comes of the schedule now", "Next: <b>Sunday, ")
	if _, err := w.ask(t, "part=plan&kind=restore", "x=1"); err == nil {
		t.Error("a plan of restores was taken")
	}
}

func TestField_asksNoCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{})
	w.page.Lists = nil
	if _, err := w.ask(t, "part=backup", "note=now"); err != nil {
		t.Fatal(err)
	}
	w.Exec(t, `UPDATE puqProxmoxKVM_vm_info SET vm_backup_last = '2026-05-31', vm_backup_schedule = '{"1":"03:30"}'`)
	html, err := w.page.Field(t.Context(), w.service)
	for _, want := range []string{"Last good backup: 31-05-2026", "Next backup by the schedule: Monday, ", "Backup (now): waits for its turn, since "} {
		if !strings.Contains(html, want) {
			t.Errorf("%v, it lacks %q: %s", err, want, html)
		}
	}
	if html, err := w.page.Field(t.Context(), 4242); err != nil || html != "" {
		t.Errorf("of no machine: %q, %v", html, err)
	}
}

func TestSize_isReadable(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int64]string{0: "", 1: "1 MiB", 700 << 20: "700 MiB", 1 << 30: "1 GiB", 3<<30 + 1<<29: "3.5 GiB", 300 << 30: "300 GiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %q, want %q", bytes, got, want)
		}
	}
}
