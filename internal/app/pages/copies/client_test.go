package copies

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// client visits a page of the client area, as the shim sends it.
func (w *world) client(t *testing.T, query string, form ...string) (pages.Answer, error) {
	t.Helper()
	args := bridge.OutputArgs{Link: "clientarea.php", Query: query, Token: "T"}
	if len(form) > 0 {
		args.Post, args.Form = true, form[0]
	}
	call := bridge.ClientAreaCall{Service: bridge.Service{ID: w.service}, Args: args}
	call.Caller = bridge.Caller{Kind: bridge.CallerClient, ID: 12}
	r, err := pages.ClientRequest(call)
	if err != nil || !ForClients(r.Page) {
		t.Fatalf("%s: %+v, %v", query, r, err)
	}
	return w.page.Client(t.Context(), r)
}

// sees looks for parts of a page; those that begin with ! must not be there.
func (w *world) sees(t *testing.T, query string, form []string, parts ...string) string {
	t.Helper()
	a, err := w.client(t, query, form...)
	if err != nil || a.Next != "" {
		t.Fatalf("%s, %q: goes on to %q, %v", query, form, a.Next, err)
	}
	for _, p := range parts {
		if part, unwanted := strings.CutPrefix(p, "!"); strings.Contains(a.HTML, part) == unwanted {
			t.Errorf("%s, %q: want %q in\n%s", query, form, p, a.HTML)
		}
	}
	return a.HTML
}

// deeds is what was ordered, in words of the database.
func (w *world) deeds(t *testing.T) string {
	t.Helper()
	return w.Text(t, "SELECT COALESCE(GROUP_CONCAT(CONCAT_WS(' ', kind, subject, note) ORDER BY id SEPARATOR '; '), '') FROM kvmbridge_copies")
}

func mine() cluster {
	made := time.Date(2026, 6, 1, 20, 0, 0, 0, time.UTC)
	return cluster{
		backups: []hypervisor.Backup{
			{Volume: "pbs:backup/a", Made: made, Size: 3 << 30, Notes: "first #3-1 kvmbridge:x:1"},
			{Volume: "pbs:backup/b", Made: made, Size: 1, Protected: true, Verified: hypervisor.VerifiedBad},
		},
		snapshots: []hypervisor.Snapshot{{Name: "manual_1", Description: "before", Taken: time.Now()}},
	}
}

func TestClient_seesItsCopiesAndNothingOfTheInside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mine())
	w.sees(t, "id=1&kb=backups", nil, "02-06-2026 01:30:00", ">first<", "3 GiB", "Backups 2/2", "PROTECTED", "DAMAGED", "Scheduled automatic backups", "Sunday", "Asia/Kolkata",
		"All 2 backups are taken. Remove one first.", "disabled", "kb=snapshots", "!pbs", "!kb=restore&amp;kb_copy="+handle("pbs:backup/b"), "kb=restore&amp;kb_copy="+handle("pbs:backup/a"), "!manual_1")
	w.sees(t, "kb=snapshots", nil, ">before<", "0 days 23:59:5", "Snapshots 1/2", "Take Snapshot", "!disabled", "!Scheduled automatic", "!manual_1")
	w.sees(t, "kb=restore&kb_copy="+handle("pbs:backup/a"), nil, "02-06-2026 01:30:00", "All its snapshots are deleted.", "is lost", "!pbs")
	w.sees(t, "kb=drop_backup&kb_copy="+handle("pbs:backup/a"), nil, "cannot be brought back", "!pbs")
	w.sees(t, "kb=backups&kb_done=restore", nil, "The restore was ordered.")
	w.sees(t, "kb=backups&kb_done=%3Cscript", nil, "!was ordered", "!script")
	if got := w.deeds(t); got != "" || w.ordered > 0 {
		t.Errorf("looking has ordered %s", got)
	}
}

func TestClient_ordersWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mine())
	for _, c := range []struct{ query, form, next, ordered string }{
		{"kb=snapshot", "note=before+the+update", "kb=snapshots&kb_done=snapshot", "snapshot before the update"},
		{"kb=drop_backup&kb_copy=" + handle("pbs:backup/a"), "", "kb=backups&kb_done=drop_backup", "drop_backup pbs:backup/a"},
		{"kb=drop_snapshot&kb_copy=" + handle("manual_1"), "note=x", "kb=snapshots&kb_done=drop_snapshot", "drop_snapshot manual_1"},
		{"kb=restore&kb_copy=" + handle("pbs:backup/a"), "", "kb=backups&kb_done=restore", "restore pbs:backup/a"},
		{"kb=rollback&kb_copy=" + handle("manual_1"), "", "kb=snapshots&kb_done=rollback", "rollback manual_1"},
	} {
		w.Exec(t, "DELETE FROM kvmbridge_copies")
		a, err := w.client(t, c.query, c.form)
		if got := strings.Join(strings.Fields(w.deeds(t)), " "); err != nil || !strings.HasSuffix(a.Next, c.next) || got != c.ordered {
			t.Errorf("%s: ordered %q, goes on to %q, %v; want %q", c.query, got, a.Next, err, c.ordered)
		}
	}
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE subject LIKE '%ordered by client #12%'"); n != "5" || w.ordered != 5 {
		t.Errorf("%s entries, told %d times", n, w.ordered)
	}
}

// What is refused says why, and leaves nothing behind.
func TestClient_isRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mine())
	a := handle("pbs:backup/a")
	active := "UPDATE tblhosting SET domainstatus = 'Active'"
	ready := "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'ready'"
	for name, c := range map[string]struct{ change, query, says string }{
		"another's volume id":      {"", "kb=restore&kb_copy=" + url.QueryEscape("pbs:backup/z"), "There is no such backup (any more)."},
		"its own volume id":        {"", "kb=restore&kb_copy=" + url.QueryEscape("pbs:backup/a"), "There is no such backup (any more)."},
		"another's handle":         {"", "kb=drop_backup&kb_copy=" + handle("pbs:backup/z"), "There is no such backup (any more)."},
		"nothing":                  {"", "kb=rollback", "There is no such snapshot (any more)."},
		"a backup as a snapshot":   {"", "kb=rollback&kb_copy=" + a, "There is no such snapshot (any more)."},
		"a damaged one":            {"", "kb=restore&kb_copy=" + handle("pbs:backup/b"), "cannot be restored"},
		"a protected one":          {"", "kb=drop_backup&kb_copy=" + handle("pbs:backup/b"), "is protected"},
		"at the quota":             {"", "kb=backup", "All 2 backups are taken."},
		"a page":                   {"", "kb=backups", "Nothing on this page can be changed like that."},
		"a suspended service":      {"UPDATE tblhosting SET domainstatus = 'Suspended'", "kb=snapshot", "This service is not active."},
		"a suspended VM":           {"INSERT INTO kvmbridge_vm (service_id, server_id, node, suspended, created_at) SELECT service_id, 1, 'pve1', 1, NOW(6) FROM puqProxmoxKVM_vm_info", "kb=snapshot", "This service is not active."},
		"a plan of a suspended":    {"UPDATE tblhosting SET domainstatus = 'Suspended'", "kb=backup_plan", "This service is not active."},
		"a terminated one":         {"UPDATE puqProxmoxKVM_vm_info SET vm_status = 'remove'", "kb=snapshot", "ends or has ended"},
		"one that is worked on":    {"UPDATE puqProxmoxKVM_vm_info SET vm_status = 'cp_stop'", "kb=snapshot", "is being worked on"},
		"a plan of snapshots":      {"", "kb=snapshot_plan", "Nothing on this page can be changed like that."},
		"no quota":                 {`UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '"snapshots":2', '"snapshots":0')`, "kb=snapshot", "Access Denied"},
		"a plan without its quota": {`UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '"backups":2', '"backups":0')`, "kb=backup_plan", "Access Denied"},
	} {
		if c.change != "" {
			w.Exec(t, c.change)
		}
		html := w.sees(t, c.query, []string{"note=n&day_1=on&time_1=03:30"}, c.says, "!pbs")
		if got := w.deeds(t) + w.Text(t, "SELECT CONCAT(vm_backup_schedule, vm_snapshot_schedule) FROM puqProxmoxKVM_vm_info"); strings.Trim(got, "{}[]") != "" || w.ordered > 0 {
			t.Fatalf("%s: left %q\n%s", name, got, html)
		}
		w.Exec(t, active)
		w.Exec(t, ready)
		w.Exec(t, "DELETE FROM kvmbridge_vm")
		w.Exec(t, "UPDATE tblproducts SET configoption1 = ?", granting)
	}
}

// A backup or a restore has the machine for itself; one of the plan that waits for its next try does not.
func TestClient_waitsForBackupsAndRestores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, mine())
	if _, err := w.client(t, "kb=restore&kb_copy="+handle("pbs:backup/a"), ""); err != nil {
		t.Fatal(err)
	}
	w.sees(t, "kb=snapshots", nil, "Restore of a backup: waits for its turn, since ", "Everything else has to wait", "disabled", "!kb_copy=")
	w.sees(t, "kb=snapshot", []string{"note=mine"}, "Everything else has to wait", `value="mine"`)
	w.sees(t, "kb=rollback&kb_copy="+handle("manual_1"), nil, "Everything else has to wait", "!is lost")
	if a, err := w.client(t, "kb=backup_plan", "day_1=on&time_1=03:30"); err != nil || a.Next == "" {
		t.Errorf("a plan meanwhile: %+v, %v", a, err)
	}
	w.Exec(t, "UPDATE kvmbridge_copies SET kind = 'backup', slot = '2026-06-01'")
	w.sees(t, "kb=snapshots", nil, "Backup: waits for its turn", "!Everything else has to wait", "!disabled")
	w.Exec(t, "UPDATE kvmbridge_copies SET running = 1")
	w.sees(t, "kb=snapshots", nil, "Everything else has to wait")
	w.Exec(t, "UPDATE kvmbridge_copies SET kind = 'restore', running = NULL, phase = 'failed', due_at = NULL, ended_at = NOW(6), last_error = 'node pve1 burns'")
	w.sees(t, "kb=backups", nil, "This came to nothing: Restore of a backup", "Your virtual machine may be switched off.", "!pve1", "!Everything else has to wait")
}

// Without a cluster everything but the copies themselves can be used, and nobody reads why.
func TestClient_whileTheClusterIsAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{err: errors.New("node pve1: no route to host")})
	w.sees(t, "kb=backups", nil, "Something went wrong.", "Backups ?/2", "Save Schedule", "!pve1", "!disabled")
	w.sees(t, "kb=restore&kb_copy=x", []string{""}, "Something went wrong. Nothing was changed", "!pve1")
	w.sees(t, "kb=restore&kb_copy=x", nil, "Something went wrong. The list cannot be shown now", "!no such backup")
	if a, err := w.client(t, "kb=backup", "note=n"); err != nil || a.Next == "" {
		t.Errorf("an order: %+v, %v", a, err)
	}
}

func TestClient_savesItsPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{})
	html := w.sees(t, "kb=backup_plan", []string{"day_1=on&time_1=25:00"}, "The schedule was not saved. Mend the days that are marked.", `value="25:00"`)
	if strings.Count(html, `aria-invalid="true"`) != 1 {
		t.Errorf("marked: %s", html)
	}
	a, err := w.client(t, "kb=backup_plan", "day_1=on&time_1=03:30&time_2=04:00")
	if got := w.Text(t, "SELECT vm_backup_schedule FROM puqProxmoxKVM_vm_info"); err != nil || got != `{"1":"03:30"}` || !strings.HasSuffix(a.Next, "id="+strconv.FormatInt(w.service, 10)+"&kb=backups&kb_done=plan") {
		t.Errorf("saved %s, goes on to %q, %v", got, a.Next, err)
	}
	w.sees(t, "kb=backups&kb_done=plan", nil, "The schedule was saved.", "Next: Monday, ")
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_backup_schedule = 'x'")
	w.sees(t, "kb=backups", nil, "Your schedule cannot be read.")
	w.Exec(t, "UPDATE tblproducts SET configoption1 = ?", strings.Replace(granting, `"snapshot_lifetime_days":1`, `"snapshot_schedule":true`, 1))
	if a, err := w.client(t, "kb=snapshot_plan", "day_0=on&time_0=03:30"); err != nil || a.Next == "" {
		t.Errorf("a plan of snapshots: %+v, %v", a, err)
	}
	w.sees(t, "kb=snapshots", nil, "Scheduled automatic snapshots", "Next: Sunday, ")
	if n := w.Text(t, "SELECT COUNT(*) FROM kvmbridge_outbox WHERE subject LIKE '%changed by client #12%'"); n != "2" {
		t.Errorf("%s entries", n)
	}
}

// The links stand where the package grants something, and nowhere else.
func TestLinks_areOfThePackage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cluster{})
	links := func() string {
		t.Helper()
		r, err := pages.ClientRequest(bridge.ClientAreaCall{Service: bridge.Service{ID: w.service}, Args: bridge.OutputArgs{Link: "clientarea.php"}})
		if err != nil {
			t.Fatal(err)
		}
		list, err := w.page.Links(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, l := range list {
			keys = append(keys, l.Key)
		}
		return strings.Join(keys, " ")
	}
	if got := links(); got != "client_backups client_snapshots" {
		t.Errorf("both: %q", got)
	}
	w.Exec(t, `UPDATE tblproducts SET configoption1 = REPLACE(configoption1, '"backups":2', '"backups":0')`)
	if got := links(); got != "client_snapshots" {
		t.Errorf("one: %q", got)
	}
}
