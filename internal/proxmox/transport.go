package proxmox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

const (
	// bodyLimit bounds an answer; the longest one is the guest list, about 500 bytes per guest.
	bodyLimit = 64 << 20
	// longAnswer is from where on only the two ends of an answer are looked at before the driver reads it.
	longAnswer = 64 << 10
	// reads is how often a read is sent at most.
	reads = 3
	// connectTime bounds each of connecting and the TLS handshake.
	connectTime = 10 * time.Second
	// pause grows by itself between two tries of a read.
	pause = 200 * time.Millisecond
)

// roundTrippers builds the chain: repeat reads, authenticate, send and judge.
func roundTrippers(base string, cfg Config) http.RoundTripper {
	direct := &http.Transport{
		// No proxy: a cluster's API is reached directly or not at all.
		TLSClientConfig:     cfg.Trust.config(),
		TLSHandshakeTimeout: connectTime,
		DialContext:         (&net.Dialer{Timeout: connectTime}).DialContext,
		// Proxmox closes idle connections after 5 s (pve-behaviour §1.3); a write on such a connection has no known outcome.
		IdleConnTimeout:     4 * time.Second,
		MaxIdleConnsPerHost: cfg.Parallel,
	}
	var chain http.RoundTripper = wire{base: direct, root: base, calls: cfg.Calls, log: cfg.Log, clock: cfg.Clock}
	if !cfg.Auth.token() {
		chain = newSession(chain, base, cfg)
	}
	return rereading{base: chain, clock: cfg.Clock}
}

// wire sends one request and turns everything that is not a complete, well-formed success into an error.
type wire struct {
	base  http.RoundTripper
	root  string
	calls *atomic.Int64
	log   *slog.Logger
	clock clock.Clock
}

// RoundTrip implements http.RoundTripper.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if w.calls != nil {
		w.calls.Add(1)
	}
	began := w.clock.Now()
	res, err := w.exchange(r)
	// Method, path and duration only: queries, bodies and headers can carry secrets.
	w.log.DebugContext(r.Context(), "proxmox call", "method", r.Method, "path", w.path(r), "took", w.clock.Now().Sub(began), "ok", err == nil)
	return res, err
}

func (w wire) exchange(r *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	res, err := w.base.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, w.failure(r, err, connected.Load())
	}
	defer func() { _ = res.Body.Close() }()
	body, err := whole(res)
	if res.StatusCode/100 != 2 {
		return nil, refusal(r, w.path(r), res, body)
	}
	if err != nil {
		return nil, w.failure(r, fmt.Errorf("read the answer: %w", err), true)
	}
	if err := envelope(body); err != nil {
		return nil, w.failure(r, err, true)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// whole reads an answer, in one piece of memory where its length is known.
func whole(res *http.Response) ([]byte, error) {
	var b bytes.Buffer
	if n := res.ContentLength; n > 0 && n < bodyLimit {
		b.Grow(int(n) + bytes.MinRead)
	}
	_, err := b.ReadFrom(io.LimitReader(res.Body, bodyLimit))
	return b.Bytes(), err
}

// failure names what stopped a request before a complete answer was there.
func (w wire) failure(r *http.Request, err error, sent bool) error {
	if c := certificateError(w.root, err); c != nil {
		return c
	}
	return &NoAnswerError{Method: r.Method, Path: w.path(r), Host: place(w.root), Sent: sent, Cause: err}
}

// path is the request's path below the API root, without query.
func (w wire) path(r *http.Request) string {
	_, path, found := strings.Cut(r.URL.Path, "/api2/json")
	if !found {
		return r.URL.Path
	}
	return path
}

// envelope refuses answers that are not Proxmox's {"data": …}, such as the page of a proxy in between.
func envelope(body []byte) error {
	if len(body) > longAnswer && bytes.HasPrefix(body, []byte(`{"data":`)) && bytes.HasSuffix(bytes.TrimSpace(body), []byte("}")) {
		return nil // the driver reads all of it anyway; a list of ten thousand guests is read three times already
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return errors.New("the answer is not JSON; is this the address of a Proxmox API?")
	}
	if _, ok := answer["data"]; !ok {
		return errors.New("the answer has no data; is this the address of a Proxmox API?")
	}
	return nil
}

// refusal reads an error answer. 7.4 has its message in the status line only, later versions repeat it in the body,
// which keeps all lines of it (pve-behaviour §1.3); many error bodies are empty or no JSON at all (§24.1).
func refusal(r *http.Request, path string, res *http.Response, raw []byte) *Error {
	e := &Error{Code: res.StatusCode, Method: r.Method, Path: path}
	_, e.Reason, _ = strings.Cut(res.Status, " ")
	var body struct {
		Message string         `json:"message"`
		Errors  map[string]any `json:"errors"`
	}
	if json.Unmarshal(raw, &body) == nil {
		if m := oneLine(body.Message); m != "" {
			e.Reason = m
		}
		for key, value := range body.Errors {
			e.field(key, value)
		}
	}
	if strings.TrimSpace(e.Reason) == "" {
		e.Reason = http.StatusText(e.Code)
	}
	return e
}

func (e *Error) field(key string, value any) {
	if e.Fields == nil {
		e.Fields = map[string]string{}
	}
	e.Fields[key] = oneLine(fmt.Sprint(value))
}

// oneLine joins lines; Proxmox separates two messages of one key by a backslash and an n.
func oneLine(text string) string {
	lines := strings.FieldsFunc(strings.ReplaceAll(text, `\n`, "\n"), func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.TrimSpace(strings.Join(lines, "; "))
}

// rereading repeats reads that met a passing trouble. Writes are never repeated here: the steps look at the guest first.
type rereading struct {
	base  http.RoundTripper
	clock clock.Clock
}

// RoundTrip implements http.RoundTripper.
func (t rereading) RoundTrip(r *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		res, err := t.base.RoundTrip(r)
		if err == nil || r.Method != http.MethodGet || try == reads || !passing(r.Context(), err) {
			return res, err
		}
		if clock.Sleep(r.Context(), t.clock, time.Duration(try)*pause) != nil {
			return res, err
		}
	}
}

// passing says whether a read is worth a second try at once.
func passing(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		return gateway(refused.Code)
	}
	_, nothing := errors.AsType[*NoAnswerError](err)
	return nothing
}
