package machines_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/machines"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	rows "github.com/kvmbridge/kvmbridge/internal/store/roster"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// counter is a desk that notes what it was asked for and refuses one service.
type counter struct {
	mu      sync.Mutex
	asked   []string
	refused int64
	fault   error
}

func (c *counter) note(what string, id int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, what+" "+strconv.FormatInt(id, 10))
	if id == c.refused {
		return c.fault
	}
	return nil
}

func (c *counter) Reset(_ context.Context, id int64, to pipeline.State) error {
	return c.note("reset "+string(to), id)
}
func (c *counter) Redeploy(_ context.Context, id int64) error     { return c.note("redeploy", id) }
func (c *counter) DeleteRecord(_ context.Context, id int64) error { return c.note("delete", id) }
func (c *counter) ResyncDNS(_ context.Context, id int64) error    { return c.note("dns", id) }

type world struct {
	*testdb.DB
	desk *counter
	page pages.Page
}

func newWorld(t *testing.T) world {
	t.Helper()
	w := world{DB: testdb.New(t), desk: new(counter)}
	texts, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	w.page = machines.New(roster.NewList(rows.New(w.Store(t).Handle()), clock.System{}, log), w.desk, texts, log)
	return w
}

// machine adds an active service with a record at status.
func (w world) machine(t *testing.T, status string) int64 {
	t.Helper()
	id := w.Service(t, w.Client(t, "Ada", "Byron"), w.Product(t, "{}"), w.Server(t, "pve"))
	w.Exec(t, "INSERT INTO puqProxmoxKVM_vm_info (service_id, vm_id, vm_name, vm_status) VALUES (?, 4711, 'vps', ?)", id, status)
	return id
}

// ask sends a request, whose query and form are written like the former.
func (w world) ask(t *testing.T, query, form string) (pages.Answer, error) {
	t.Helper()
	q, err1 := url.ParseQuery(query)
	f, err2 := url.ParseQuery(form)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	r := &pages.Request{Site: web.Site{Link: "addonmodules.php?module=x", Token: "T", Page: "machines"}, Part: q.Get("part"), Query: q, Form: f, Post: form != ""}
	handlers := w.page.Show
	if r.Post {
		handlers = w.page.Do
	}
	h := handlers[r.Part]
	if h == nil {
		t.Fatalf("no handler for %q", r.Part)
	}
	return h(t.Context(), r)
}

func (w world) refusal(t *testing.T, query, form, want string) {
	t.Helper()
	a, err := w.ask(t, query, form)
	said, ok := errors.AsType[desk.Sentence](err)
	if !ok || !strings.Contains(said.Error(), want) {
		t.Errorf("%s, %s: %v, %v; want a sentence with %q", query, form, a, err, want)
	}
	if len(w.desk.asked) > 0 {
		t.Errorf("%s, %s: the desk was asked for %q", query, form, w.desk.asked)
	}
}

// id is how a query names a service.
func id(n int64) string { return "id=" + strconv.FormatInt(n, 10) }

// Between the look at the list and the click a machine may have become ready.
func TestDo_refusesWhatTheListWouldNotOfferNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ready := w.machine(t, "ready")
	bare := w.Service(t, 1, 1, 1)
	w.Exec(t, "UPDATE tblhosting SET packageid = (SELECT MIN(id) FROM tblproducts) WHERE id = ?", bare)
	w.refusal(t, "part=redeploy&"+id(ready), "x=1", `is at status "ready" by now`)
	w.refusal(t, "part=redeploy&"+id(ready), "", `is at status "ready" by now`)
	w.refusal(t, "part=delete&"+id(ready), "x=1", `is at status "ready" by now`)
	w.refusal(t, "part=reset&"+id(bare), "to=ready", "has no VM: run Create first")
	w.refusal(t, "part=reset&id=424242", "to=ready", "There is no service 424242")
	w.refusal(t, "part=reset&id=x", "to=ready", "is no id")
}

func TestDo_goesBackToWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.machine(t, "error_terminate")
	for part, want := range map[string]string{"reset": "reset terminate", "redeploy": "redeploy", "delete": "delete"} {
		w.desk.asked = nil
		a, err := w.ask(t, "part="+part+"&q=a%26b&service=Active&sort=-client&p=3&size=50&"+id(m), "to=terminate")
		if err != nil || !slices.Equal(w.desk.asked, []string{want + " " + strconv.FormatInt(m, 10)}) {
			t.Errorf("%s: %v, the desk was asked for %q", part, err, w.desk.asked)
		}
		if !strings.HasPrefix(a.Next, "addonmodules.php?module=x&page=machines&notice=vm_") || !strings.HasSuffix(a.Next, "&q=a%26b&service=Active&sort=-client&p=3&size=50") {
			t.Errorf("%s leads to %s", part, a.Next)
		}
	}
	w.desk.refused, w.desk.fault = m, desk.Sentence("It is too late.")
	a, err := w.ask(t, "part=reset&"+id(m), "to=set_ip")
	if err != nil || a.Next != "" || !strings.Contains(a.HTML, "It is too late.") || !strings.Contains(a.HTML, `value="set_ip" selected`) {
		t.Errorf("a refusal gives %+v, %v; want the form with what was chosen", a, err)
	}
	w.desk.fault = errors.New("the database is gone")
	if _, err := w.ask(t, "part=reset&"+id(m), "to=set_ip"); !errors.Is(err, w.desk.fault) {
		t.Errorf("error %v", err)
	}
}

func TestBulk_tellsOfEveryServiceWhatCameOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, c := w.machine(t, "ready"), w.machine(t, "clone"), w.machine(t, "ready")
	list := id(a) + "&" + id(b) + "&" + id(c) + "&" + id(b)
	w.desk.refused, w.desk.fault = b, desk.Sentence("It is being removed.")
	answer, err := w.ask(t, "part=bulk", "do=reset&to=set_dns_records&"+list)
	if err != nil || len(w.desk.asked) != 3 {
		t.Fatalf("%v, asked %q", err, w.desk.asked)
	}
	for _, want := range []string{"3 services, 1 of them refused.", "It is being removed.", "Set to set_dns_records."} {
		if !strings.Contains(answer.HTML, want) {
			t.Errorf("the answer lacks %q: %s", want, answer.HTML)
		}
	}
	w.desk.fault = errors.New("secret words of a database")
	answer, err = w.ask(t, "part=bulk", "do=dns&"+list)
	if err != nil || strings.Contains(answer.HTML, "secret words") || !strings.Contains(answer.HTML, "This could not be done now.") {
		t.Errorf("%v: %s", err, answer.HTML)
	}
}

func TestBulk_doesNothingWithoutASelectionAndATarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := id(w.machine(t, "ready"))
	for form, want := range map[string]string{
		"do=reset&to=ready":                     "No VM is selected.",
		"do=reset&to=ready&id=0":                "is no id of a service",
		"do=reset&to=ready&id=424242":           "None of these services is there any more.",
		"do=format&" + m:                        "cannot be done to several VMs at once",
		"do=dns" + strings.Repeat("&id=1", 201): "201 VMs are too many at once.",
	} {
		w.refusal(t, "part=bulk", form, want)
	}
	answer, err := w.ask(t, "part=bulk", "do=reset&to=cp_stop&"+m)
	if err != nil || !strings.Contains(answer.HTML, "Choose the new status.") || len(w.desk.asked) > 0 {
		t.Errorf("%v, asked %q: %s", err, w.desk.asked, answer.HTML)
	}
}

// What was done is on the next list, however large the installation.
func TestShow_knowsWhatWasJustDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.machine(t, "remove")
	a, err := w.ask(t, "status=remove", "")
	if err != nil || !strings.Contains(a.HTML, "#"+strconv.FormatInt(m, 10)) {
		t.Fatalf("%v: %s", err, a.HTML)
	}
	w.Exec(t, "UPDATE puqProxmoxKVM_vm_info SET vm_status = 'terminate'")
	if _, err := w.ask(t, "part=reset&"+id(m), "to=terminate"); err != nil {
		t.Fatal(err)
	}
	if a, err = w.ask(t, "status=remove", ""); err != nil || !strings.Contains(a.HTML, "No VM matches.") {
		t.Errorf("%v: %s", err, a.HTML)
	}
}
