package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kvmbridge/kvmbridge/internal/app"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/app/playground"
	"github.com/kvmbridge/kvmbridge/internal/app/showroom"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/mariadb"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// TestMain puts a program kvmbridge on the PATH, which is this test binary, and ends the shared world after the tests.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"kvmbridge": func() {
		os.Exit(app.Main(context.Background(), app.Show{Demo: showroom.Demo, Bench: showroom.Bench}, os.Args[1:]...))
	}})
}

type tests struct{ *testing.M }

func (t tests) Run() int {
	code := t.M.Run()
	if err := common.close(); err != nil {
		fmt.Fprintln(os.Stderr, "close the shared world:", err)
		code = 1
	}
	return code
}

const (
	// speed of the clock that the simulator and the engine share; signatures and PHP live in real time.
	speed = 20
	// dbPassword of the sidecar's account is one of the secrets that must turn up nowhere.
	dbPassword = "db-password-3f9a61c2"
	patience   = time.Minute

	sold = `{"vm":{"template":9000,"cpu":1,"ram_gb":1,"first_vmid":100},
		"network":{"bridge":"vmbr0","ipv4":1,"ipv6":1,"auto":true,"dhcp4":false,"dhcp6":false},"system_disk":{"size_gb":20},"integrations":{"main_domain":"example.net"}}`
)

// world is a playground with a sidecar, whose database account has only what "kvmbridge grants" prints.
type world struct {
	*playground.Playground
	sidecar *app.Sidecar
	cfg     config.Config
	log     *journal
	stop    func() error // of the running sidecar; nil while it is down
	db      *sql.DB      // as root
	clock   clock.Clock
}

// shared is the world of the tests that only add to it; each makes its own orders.
type shared struct {
	sync.Mutex
	world *world
	err   error
}

var common shared

func (s *shared) close() error {
	if s.world == nil {
		return nil
	}
	return s.world.close()
}

// sharedWorld is paired, has pools and runs.
func sharedWorld(t *testing.T) *world {
	t.Helper()
	common.Lock()
	defer common.Unlock()
	if common.world == nil && common.err == nil {
		common.world, common.err = openWorld(context.Background(), playground.Options{Settings: sold}, true)
	}
	needed(t, common.err)
	return common.world
}

// ownWorld is paired, has pools and runs, and ends with the test.
func ownWorld(t *testing.T) *world {
	t.Helper()
	w := blankWorld(t, playground.Options{Settings: sold})
	needed(t, w.pair(t.Context()))
	return w
}

// blankWorld has neither tables of ours nor a running sidecar.
func blankWorld(t *testing.T, o playground.Options) *world {
	t.Helper()
	w, err := openWorld(t.Context(), o, false)
	needed(t, err)
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// needed skips when a program is missing that this machine can do without.
func needed(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, playground.ErrNoPHP) || errors.Is(err, mariadb.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func openWorld(ctx context.Context, o playground.Options, paired bool) (*world, error) {
	w := &world{log: new(journal), clock: clock.NewScaled(speed)}
	o.Clock, o.Shim = w.clock, filepath.Join("..", "..", "whmcs-php-shim")
	var err error
	if w.Playground, err = playground.Open(ctx, o); err != nil {
		return nil, err
	}
	err = w.account(ctx)
	if err == nil && paired {
		err = w.pair(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// account makes the database account that the sidecar uses, with exactly the printed rights.
func (w *world) account(ctx context.Context) (err error) {
	if w.db, err = sql.Open("mysql", w.DB.User+"@unix("+w.DB.Socket+")/whmcs"); err != nil {
		return err
	}
	if w.cfg, err = w.Config(); err != nil {
		return err
	}
	w.cfg.DB.User, w.cfg.DB.Password = "kvmbridge", dbPassword
	w.cfg.Engine.Lease = speed * 6 * time.Second // a busy machine renews late, and its clock does not wait
	statements := []string{"CREATE USER 'kvmbridge'@'localhost' IDENTIFIED BY '" + dbPassword + "'"}
	printed, err := exec.CommandContext(ctx, "kvmbridge", "grants").Output()
	if err != nil {
		return fmt.Errorf("kvmbridge grants: %w", err)
	}
	for line := range strings.Lines(string(printed)) {
		statements = append(statements, strings.TrimSuffix(strings.TrimSpace(line), ";"))
	}
	for _, s := range statements {
		if _, err := w.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// pair starts the sidecar, activates the addon and adds pools.
func (w *world) pair(ctx context.Context) error {
	if err := w.up(ctx); err != nil {
		return err
	}
	if err := w.WHMCS.Activate(ctx); err != nil {
		return err
	}
	return w.pools(ctx)
}

func (w *world) pools(ctx context.Context) error {
	addr := netip.MustParseAddr
	for _, p := range []ippool.Pool{
		{First: addr("192.0.2.10"), Last: addr("192.0.2.250"), Network: ippool.Network{Bridge: "vmbr0", Bits: 24, Gateway: addr("192.0.2.1"), DNS: []netip.Addr{addr("9.9.9.9")}}},
		{First: addr("2001:db8::10"), Last: addr("2001:db8::ffff"), Network: ippool.Network{Bridge: "vmbr0", Bits: 64, Gateway: addr("2001:db8::1"), DNS: []netip.Addr{addr("2620:fe::fe")}}},
	} {
		p.ServerID = w.WHMCS.Seeded.ServerID
		if _, err := w.sidecar.Store().AddPool(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// up starts a sidecar as w.cfg says.
func (w *world) up(ctx context.Context) (err error) {
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	if w.sidecar, err = app.NewSidecar(ctx, w.cfg, app.Options{Log: log, Clock: w.clock, Lines: w.log}); err != nil {
		return err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func(s *app.Sidecar) { done <- s.Run(running) }(w.sidecar)
	w.stop = func() error {
		cancel()
		err := <-done
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, w.sidecar.Close())
	}
	return nil
}

// down ends the sidecar.
func (w *world) down() error {
	if w.stop == nil {
		return nil
	}
	stop := w.stop
	w.stop = nil
	return stop()
}

func (w *world) close() error {
	err := w.down()
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	return errors.Join(err, w.Close())
}

// order places an order that must be accepted.
func (w *world) order(t *testing.T, options ...string) int64 {
	t.Helper()
	placed, err := w.WHMCS.Order(t.Context(), options...)
	if err != nil {
		t.Fatal(err)
	}
	if placed.Result != "success" {
		t.Fatalf("CreateAccount answered %q", placed.Result)
	}
	return placed.ServiceID
}

// ready waits for the machine of a service.
func (w *world) ready(t *testing.T, service int64) vm.Machine {
	t.Helper()
	var m vm.Machine
	await(t, fmt.Sprintf("service %d to be ready", service), func() bool {
		var err error
		if m, err = w.sidecar.Store().Find(t.Context(), service); err != nil {
			t.Fatal(err)
		}
		return m.Status == vm.Ready
	}, func() string {
		return fmt.Sprintf("it is at %s, last error %q\n%s", m.Status, m.LastError, w.log.tail())
	})
	return m
}

// delivered waits until nothing is left in the outbox.
func (w *world) delivered(t *testing.T) {
	t.Helper()
	await(t, "the outbox to be empty", func() bool {
		n, err := w.sidecar.Store().Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	}, w.log.tail)
}

// await looks until it is so.
func await(t *testing.T, what string, so func() bool, trouble func() string) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain for %s: %s", patience, what, trouble())
		}
	}
}

// call runs a function of the server module in PHP, as WHMCS does.
func (w *world) call(t *testing.T, function string, service int64) string {
	t.Helper()
	var answer struct{ Result string }
	if err := w.WHMCS.Run(t.Context(), &answer, "call", function, strconv.FormatInt(service, 10)); err != nil {
		t.Fatal(err)
	}
	return answer.Result
}

// devhost runs a command of devhost that must work.
func (w *world) devhost(t *testing.T, out any, args ...string) {
	t.Helper()
	if err := w.WHMCS.Run(t.Context(), out, args...); err != nil {
		t.Fatal(err)
	}
}

// exec changes the database as root.
func (w *world) exec(t *testing.T, statement string, args ...any) int64 {
	t.Helper()
	result, err := w.db.ExecContext(t.Context(), statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	id, _ := result.LastInsertId()
	return id
}

// rows reads a table as text; NULL is "".
func (w *world) rows(t *testing.T, query string, args ...any) [][]string {
	t.Helper()
	list, err := w.db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = list.Close() }()
	columns, _ := list.Columns()
	var out [][]string
	for list.Next() {
		cells, places := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range cells {
			places[i] = &cells[i]
		}
		if err := list.Scan(places...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, c := range cells {
			row[i] = c.String
		}
		out = append(out, row)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// value reads one value.
func (w *world) value(t *testing.T, query string, args ...any) string {
	t.Helper()
	rows := w.rows(t, query, args...)
	if len(rows) != 1 || len(rows[0]) != 1 {
		t.Fatalf("%s gave %d rows", query, len(rows))
	}
	return rows[0][0]
}

// journal keeps what was written, for the look afterwards.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}

// tail is the end of it, for messages.
func (j *journal) tail() string {
	s := j.String()
	return s[max(0, len(s)-3000):]
}

// visitor is a browser without scripts.
type visitor struct {
	t    *testing.T
	http *http.Client
	site string
}

var tokenField = regexp.MustCompile(`name="token" value="([^"]+)"`)

func (w *world) visitor(t *testing.T) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &visitor{t, &http.Client{Jar: jar}, w.WHMCS.URL + "/"}
}

// admin is logged in as the seeded administrator.
func (w *world) admin(t *testing.T) *visitor {
	t.Helper()
	v := w.visitor(t)
	v.login("admin/login.php", w.WHMCS.Seeded.AdminUsername, w.WHMCS.Seeded.AdminPassword)
	return v
}

// client is logged in as the seeded client.
func (w *world) client(t *testing.T) *visitor {
	t.Helper()
	v := w.visitor(t)
	v.login("login.php", w.WHMCS.Seeded.ClientEmail, w.WHMCS.Seeded.ClientPassword)
	return v
}

func (v *visitor) login(page, name, password string) {
	v.t.Helper()
	status, body := v.post(page, page, url.Values{"username": {name}, "password": {password}})
	if status != http.StatusOK || !strings.Contains(body, "Logout") {
		v.t.Fatalf("%s did not let %s in: %d\n%s", page, name, status, body)
	}
}

func (v *visitor) get(page string) (int, string) {
	v.t.Helper()
	return v.send(http.MethodGet, page, nil)
}

// post sends a form to target with the token of page.
func (v *visitor) post(page, target string, form url.Values) (int, string) {
	v.t.Helper()
	_, html := v.get(page)
	token := tokenField.FindStringSubmatch(html)
	if token == nil {
		v.t.Fatalf("%s has no form:\n%s", page, html)
	}
	form.Set("token", token[1])
	return v.send(http.MethodPost, target, strings.NewReader(form.Encode()))
}

// send gives the status and the body; head are names and values of header lines.
func (v *visitor) send(method, page string, form io.Reader, head ...string) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.site+page, form)
	if err != nil {
		v.t.Fatal(err)
	}
	for i := 0; i+1 < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := v.http.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// contains reports every part that is not in text.
func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}
