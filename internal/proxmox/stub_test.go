package proxmox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

const (
	tokenID = "kvmbridge@pve!whmcs"
	secret  = "9f3c1c2e-aaaa-4bbb-8ccc-marker000001"
	upid    = "UPID:pve1:0000ABCD:00112233:66000000:qmclone:100:kvmbridge@pve!whmcs:"
)

// reply is one answer of a stub: status line and body exactly as given.
type reply struct {
	code   int
	reason string
	body   string // one that ends in "…" breaks off there
}

// request is what a stub saw.
type request struct {
	method, path, query, body string
	header                    http.Header
	length                    int64
	chunked                   bool
}

// stub answers with a status line of its own making, which net/http's server cannot.
type stub struct {
	mu      sync.Mutex
	seen    []request
	answers func(n int, r request) reply
}

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sent, _ := io.ReadAll(r.Body)
	got := request{
		method: r.Method, path: strings.TrimPrefix(r.URL.EscapedPath(), "/api2/json"), query: r.URL.RawQuery, body: string(sent),
		header: r.Header.Clone(), length: r.ContentLength, chunked: len(r.TransferEncoding) > 0,
	}
	s.mu.Lock()
	s.seen = append(s.seen, got)
	n := len(s.seen)
	s.mu.Unlock()
	a := s.answers(n, got)
	conn, buf, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer func() { _ = conn.Close() }()
	if a.code == 0 { // the answer is lost
		return
	}
	body, _ := strings.CutSuffix(a.body, "…")
	_, _ = fmt.Fprintf(buf, "HTTP/1.1 %d %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", a.code, a.reason, len(a.body), body)
	_ = buf.Flush()
}

func (s *stub) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.seen...)
}

func (s *stub) last(t *testing.T) request {
	t.Helper()
	seen := s.requests()
	if len(seen) == 0 {
		t.Fatal("no request was sent")
	}
	return seen[len(seen)-1]
}

// sent decodes the JSON body of r; every value must be text or a number.
func (r request) sent(t *testing.T) map[string]string {
	t.Helper()
	var raw map[string]any
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(&raw); err != nil {
		t.Fatalf("body %q is no JSON object: %v", r.body, err)
	}
	out := map[string]string{}
	for key, value := range raw {
		switch v := value.(type) {
		case string:
			out[key] = v
		case json.Number:
			out[key] = v.String()
		default:
			t.Errorf("%s is sent as %T; 7.4 takes text and numbers only", key, value)
		}
	}
	return out
}

// instant is a clock on which every wait is over at once.
type instant struct{ offset *atomic.Int64 }

func newInstant() instant { return instant{new(atomic.Int64)} }

func (c instant) Now() time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

func (c instant) After(time.Duration) <-chan time.Time {
	ch := make(chan time.Time, 1)
	ch <- c.Now()
	return ch
}

// cluster starts s and returns an adapter that speaks with it; change may alter the configuration.
func cluster(t *testing.T, s *stub, change func(*proxmox.Config)) *proxmox.Cluster {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	cfg := proxmox.Config{
		Name: "test", URL: server.URL, Auth: proxmox.Auth{TokenID: tokenID, Secret: secret},
		Clock: newInstant(), Timeout: 5 * time.Second, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := proxmox.New(cfg)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return c
}

// always answers every request alike.
func always(a reply) *stub { return &stub{answers: func(int, request) reply { return a }} }

func ok(data string) reply { return reply{200, "OK", `{"data":` + data + `}`} }

// deadURL is an address where nothing listens.
func deadURL(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}
