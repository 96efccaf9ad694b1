package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/app/playground"
)

const readySubject = "Virtual Machine is ready"

// readyMails counts the mails that say so, per client.
func (w *world) readyMails(t *testing.T, client int64) string {
	t.Helper()
	return w.value(t, "SELECT COUNT(*) FROM tblemails WHERE subject = ? AND userid = ?", readySubject, client)
}

// The sidecar is down when the order comes: WHMCS keeps it in its module queue, and its cron makes it good.
func TestOutage_ofTheSidecarEndsInTheModuleQueue(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	if err := w.down(); err != nil {
		t.Fatal(err)
	}
	placed, err := w.WHMCS.Order(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	contains(t, "the answer", placed.Result, "cannot be reached at http://"+w.Sidecar, "kvmbridge serve", "Nothing was changed.")
	w.devhost(t, nil, "cron")
	queue := w.rows(t, "SELECT module_action, num_retries, completed, last_attempt_error FROM tblmodulequeue WHERE service_id = ?", placed.ServiceID)
	took := regexp.MustCompile(`after \d+ ms`) // each try takes its own time
	for _, entry := range queue {
		entry[3] = took.ReplaceAllString(entry[3], "")
	}
	if d := cmp.Diff([][]string{{"CreateAccount", "1", "0", took.ReplaceAllString(placed.Result, "")}}, queue); d != "" {
		t.Errorf("module queue (-want +got):\n%s", d)
	}
	if got := w.value(t, "SELECT domainstatus FROM tblhosting WHERE id = ?", placed.ServiceID); got != "Pending" {
		t.Errorf("the service is %s", got)
	}
	w.pagesWithoutSidecar(t, placed.ServiceID)

	if err := w.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	var cron struct{ Lines []string }
	w.devhost(t, &cron, "cron")
	contains(t, "the cron", strings.Join(cron.Lines, "\n"), fmt.Sprintf("CreateAccount service %d: success", placed.ServiceID))
	w.ready(t, placed.ServiceID)
	w.delivered(t)
	w.devhost(t, nil, "cron")
	if got := w.value(t, "SELECT completed FROM tblmodulequeue WHERE service_id = ?", placed.ServiceID); got != "1" {
		t.Errorf("the entry of the module queue is still open")
	}
	if n := len(w.Sim.Guests()); n != 3 {
		t.Errorf("the cluster has %d guests, want the two templates and one VM", n)
	}
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "1" {
		t.Errorf("%s mails say that it is ready", n)
	}
}

// pagesWithoutSidecar: every page still opens, and says in words what is wrong to staff, and nothing of it to clients.
func (w *world) pagesWithoutSidecar(t *testing.T, service int64) {
	t.Helper()
	admin := w.admin(t)
	for _, page := range []string{servicePage(service), "admin/addonmodules.php?module=puq_proxmox_kvm", fmt.Sprintf("admin/configproducts.php?action=edit&id=%d", w.WHMCS.Seeded.ProductID)} {
		status, html := admin.get(page)
		contains(t, page, html, "cannot be reached", "Logout")
		if status != http.StatusOK {
			t.Errorf("%s: %d", page, status)
		}
	}
	_, html := w.client(t).get(fmt.Sprintf("clientarea.php?action=productdetails&id=%d", service))
	contains(t, "the client's page", html, "temporarily unavailable")
	if strings.Contains(html, "kvmbridge service") || strings.Contains(html, w.Sidecar) {
		t.Errorf("the client reads about the inside:\n%s", html)
	}
}

// WHMCS is down when the VM becomes ready: the mail waits, and goes once.
func TestOutage_ofWHMCSKeepsTheMail(t *testing.T) {
	t.Parallel()
	w := ownWorld(t)
	service := w.order(t)
	if err := w.WHMCS.Stop(); err != nil {
		t.Fatal(err)
	}
	w.ready(t, service)
	await(t, "a try to fail", func() bool { return strings.Contains(w.log.String(), "WHMCS did not take a message") }, w.log.tail)
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "0" {
		t.Fatalf("%s mails went out without WHMCS", n)
	}
	if err := w.WHMCS.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.devhost(t, nil, "cron")
	w.delivered(t)
	if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "1" {
		t.Errorf("%s mails say that it is ready", n)
	}
}

// road is the way from the sidecar to callback.php, with accidents.
type road struct {
	mu        sync.Mutex
	target    string
	accident  func(effect string, service int64, n int) (after time.Duration, arrives, answered bool)
	seen      map[string]int
	accidents int
	late      sync.WaitGroup
}

// ServeHTTP forwards a request, or loses it or its answer.
func (r *road) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	var call struct {
		Effect string
		Args   struct {
			ServiceID int64 `json:"id"` // of SendEmail
		}
	}
	_ = json.Unmarshal(body, &call)
	key := fmt.Sprint(call.Effect, call.Args.ServiceID)
	r.mu.Lock()
	r.seen[key]++
	after, arrives, answered := r.accident(call.Effect, call.Args.ServiceID, r.seen[key])
	if !answered {
		r.accidents++
	}
	r.mu.Unlock()
	forward := func() (*http.Response, error) {
		out, err := http.NewRequest(http.MethodPost, r.target+req.URL.Path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		out.Header = req.Header.Clone()
		return http.DefaultClient.Do(out)
	}
	if arrives && !answered {
		r.late.Go(func() {
			time.Sleep(after)
			if resp, err := forward(); err == nil {
				_ = resp.Body.Close()
			}
		})
		if after == 0 {
			r.late.Wait()
		}
	}
	if !answered {
		conn, _, _ := http.NewResponseController(rw).Hijack()
		_ = conn.Close()
		return
	}
	resp, err := forward()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	rw.Header().Set("Content-Type", resp.Header.Get("Content-Type"))
	rw.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(rw, resp.Body)
}

// worldAtTheEndOf puts a road between the sidecar and WHMCS.
func worldAtTheEndOf(t *testing.T, accident func(effect string, service int64, n int) (time.Duration, bool, bool)) *world {
	t.Helper()
	w := blankWorld(t, playground.Options{Settings: sold})
	r := &road{target: w.WHMCS.URL, accident: accident, seen: map[string]int{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	t.Cleanup(r.late.Wait)
	t.Cleanup(func() {
		if r.accidents == 0 {
			t.Errorf("no accident happened: %v", r.seen)
		}
	})
	w.devhost(t, nil, "set-addon", "callback_url", server.URL+"/modules/addons/puq_proxmox_kvm/callback.php")
	needed(t, w.pair(t.Context()))
	return w
}

func TestCourier_sendsAMailOnceWhateverIsLost(t *testing.T) {
	t.Parallel()
	for name, accident := range map[string]func(effect string, service int64, n int) (time.Duration, bool, bool){
		"its answer":                     func(_ string, _ int64, n int) (time.Duration, bool, bool) { return 0, true, n > 1 },
		"the request":                    func(_ string, _ int64, n int) (time.Duration, bool, bool) { return 0, n > 1, n > 1 },
		"its answer, while PHP works on": func(_ string, _ int64, n int) (time.Duration, bool, bool) { return time.Second, true, n > 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := worldAtTheEndOf(t, accident)
			w.ready(t, w.order(t))
			w.delivered(t)
			time.Sleep(1500 * time.Millisecond) // what would come late
			if n := w.readyMails(t, w.WHMCS.Seeded.ClientID); n != "1" {
				t.Errorf("%s mails say that it is ready", n)
			}
		})
	}
}

// Two VMs of one client become ready together; the subjects of their mails are the same. What is lost of one is not
// taken for found because the other went out.
func TestCourier_doesNotTakeOneMailForAnother(t *testing.T) {
	t.Parallel()
	w := worldAtTheEndOf(t, func(effect string, service int64, n int) (time.Duration, bool, bool) {
		through := effect != "SendEmail" || service != 1 || n > 1
		return 0, through, through
	})
	first := w.order(t)
	await(t, "the accident", func() bool { return strings.Contains(w.log.String(), "WHMCS did not take a message") }, w.log.tail)
	second := w.order(t)
	names := []string{w.ready(t, first).Domain, w.ready(t, second).Domain}
	w.delivered(t)
	for _, name := range names {
		if n := w.value(t, "SELECT COUNT(*) FROM tblemails WHERE subject = ? AND message LIKE ?", readySubject, "%"+name+"%"); n != "1" {
			t.Errorf("%s mails tell of %s", n, name)
		}
	}
}
