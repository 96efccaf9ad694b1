package pvesim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
)

// jumpClock stands still until somebody waits on it or a test moves it; a wait is over at once.
type jumpClock struct {
	mu  sync.Mutex
	now time.Time
}

func newJumpClock() *jumpClock {
	return &jumpClock{now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}
}

func (c *jumpClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *jumpClock) After(d time.Duration) <-chan time.Time {
	ring := make(chan time.Time, 1)
	ring <- c.step(d)
	return ring
}

func (c *jumpClock) step(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
	return c.now
}

// lab is a served simulator with a client of its own.
type lab struct {
	t      *testing.T
	sim    *pvesim.Sim
	clock  *jumpClock
	base   string
	http   *http.Client
	header http.Header
}

const (
	rootToken = "PVEAPIToken=root@pam!t1=root-secret"
	demoToken = "PVEAPIToken=" + pvesim.DemoTokenID + "=" + pvesim.DemoTokenSecret
)

func newLab(t *testing.T, change func(*pvesim.Config)) *lab {
	t.Helper()
	clk := newJumpClock()
	cfg := pvesim.Demo(clk)
	cfg.Tokens = append(cfg.Tokens, pvesim.Token{User: "root@pam", Name: "t1", Secret: "root-secret"})
	if change != nil {
		change(&cfg)
	}
	sim := pvesim.New(cfg)
	srv := httptest.NewServer(sim)
	t.Cleanup(srv.Close)
	return &lab{
		t: t, sim: sim, clock: clk, base: srv.URL + "/api2/json", http: srv.Client(),
		header: http.Header{"Authorization": {demoToken}},
	}
}

// as is the same lab seen with another Authorization header.
func (l *lab) as(authorization string) *lab {
	other := *l
	other.header = http.Header{"Authorization": {authorization}}
	return &other
}

// reply is an answer, taken apart.
type reply struct {
	status  int
	reason  string
	raw     string
	data    any
	total   any
	message string
	errors  map[string]string
}

func (l *lab) send(req *http.Request) (reply, error) {
	for k, v := range l.header {
		if req.Header.Get(k) == "" {
			req.Header[k] = v
		}
	}
	res, err := l.http.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{}, err
	}
	r := reply{status: res.StatusCode, reason: strings.TrimPrefix(res.Status[3:], " "), raw: string(raw)}
	var body struct {
		Data    any
		Total   any
		Message string
		Errors  map[string]string
	}
	if json.Unmarshal(raw, &body) == nil {
		r.data, r.total, r.message, r.errors = body.Data, body.Total, body.Message, body.Errors
	}
	return r, nil
}

// do sends parameters given as a query string ("a=1&b=2", already encoded); "DELETE+" sends them as a body.
func (l *lab) do(method, path, params string) reply {
	l.t.Helper()
	r, err := l.try(method, path, params)
	if err != nil {
		l.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (l *lab) try(method, path, params string) (reply, error) {
	where, body := l.base+path, ""
	if verb, forced := strings.CutSuffix(method, "+"); forced {
		method, body = verb, params
		params = ""
	}
	switch method {
	case http.MethodPost, http.MethodPut:
		body = params
	case http.MethodPatch:
	default:
		if params != "" {
			where += "?" + params
		}
	}
	req, err := http.NewRequestWithContext(l.t.Context(), method, where, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	if body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return l.send(req)
}

// json sends a JSON body.
func (l *lab) json(method, path, body string) reply {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.base+path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	r, err := l.send(req)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// ok is do for calls that must succeed.
func (l *lab) ok(method, path, params string) reply {
	l.t.Helper()
	r := l.do(method, path, params)
	if r.status != http.StatusOK {
		l.t.Fatalf("%s %s %s: got %d %s %v", method, path, params, r.status, r.reason, r.errors)
	}
	return r
}

// task sends a call that starts a task, lets it end, and answers the exit status.
func (l *lab) task(method, path, params string) string {
	l.t.Helper()
	upid, isText := l.ok(method, path, params).data.(string)
	if !isText {
		l.t.Fatalf("%s %s: no task id", method, path)
	}
	return l.finish(upid)
}

func (l *lab) finish(upid string) string {
	l.t.Helper()
	for i := range 1000 {
		st, _ := l.ok("GET", taskPath(upid)+"/status", "").data.(map[string]any)
		if st["status"] == "stopped" {
			exit, _ := st["exitstatus"].(string)
			return exit
		}
		l.clock.step(min(time.Duration(i/10+1)*100*time.Millisecond, time.Second))
	}
	l.t.Fatalf("task %s never ends", upid)
	return ""
}

func taskPath(upid string) string {
	return "/nodes/" + strings.Split(upid, ":")[1] + "/tasks/" + url.PathEscape(upid)
}

func (r reply) object() map[string]any {
	m, _ := r.data.(map[string]any)
	return m
}

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v.Encode()
}
