package bridge_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/bridge"
)

const listPath = "/v1/dns/list"

func listCall(args bridge.NameListArgs) bridge.NameListCall {
	return bridge.NameListCall{Head: bridge.Head{IdempotencyKey: "one", Caller: bridge.Caller{Kind: bridge.CallerSystem}}, Args: args}
}

// came is an answer as it arrived, with the fault that broke it off.
type came struct {
	status int
	header http.Header
	body   string
	fault  error
}

// askList sends a signed request over TCP.
func askList(t *testing.T, s *stage, args bridge.NameListArgs) came {
	t.Helper()
	ts := httptest.NewServer(s.server.Handler())
	t.Cleanup(ts.Close)
	body, err := json.Marshal(listCall(args))
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+listPath, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	bridge.Signer{Secret: testSecret}.Sign(r, body)
	resp, err := ts.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return came{resp.StatusCode, resp.Header, string(text), err}
}

func TestNameList_goesOutAsItIs(t *testing.T) {
	t.Parallel()
	args := bridge.NameListArgs{Address: "192.0.2.7", Method: "GET", Token: "list-token", Authorization: "Bearer x", IfNoneMatch: `"2"`}
	s := newStage(t)
	resp := askList(t, s, args)
	if resp.fault != nil || resp.body != oneName {
		t.Errorf("body = %s, %v", resp.body, resp.fault)
	}
	want := map[string]string{"ETag": `"1"`, "Content-Type": "application/json", "Cache-Control": "private, no-cache", bridge.HeaderNameList: "1", "Content-Length": "86"}
	for name, value := range want {
		if got := resp.header.Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if s.commands.asked != args {
		t.Errorf("the list was asked for with %#v", s.commands.asked)
	}
	for _, secret := range []string{"list-token", "Bearer"} {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, s.log.String())
		}
	}
}

func TestNameList_answersWithoutAList(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer bridge.NameListAnswer
		head   map[string]string
		body   string
	}{
		"unchanged": {bridge.NameListAnswer{Status: 304, ETag: `"1"`}, map[string]string{"ETag": `"1"`, "Content-Length": ""}, ""},
		"HEAD":      {bridge.NameListAnswer{Status: 200, ETag: `"1"`, Size: 86}, map[string]string{"ETag": `"1"`, "Content-Length": "", "Content-Type": "application/json"}, ""},
		"token":     {bridge.NameListAnswer{Status: 401, Why: "No."}, map[string]string{"WWW-Authenticate": "Bearer", "ETag": ""}, `{"error":"No."}` + "\n"},
		"foreign":   {bridge.NameListAnswer{Status: 403, Why: `Not "you".`}, map[string]string{"Content-Type": "application/json"}, `{"error":"Not \"you\"."}` + "\n"},
		"POST":      {bridge.NameListAnswer{Status: 405, Why: "No."}, map[string]string{"Allow": "GET, HEAD"}, `{"error":"No."}` + "\n"},
		"too many":  {bridge.NameListAnswer{Status: 429, Why: "No.", RetryAfter: 2}, map[string]string{"Retry-After": "2"}, `{"error":"No."}` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.commands.names = c.answer
			resp := askList(t, s, bridge.NameListArgs{Address: "192.0.2.7", Method: "GET"})
			if resp.fault != nil || resp.status != c.answer.Status || resp.body != c.body {
				t.Errorf("answer = %+v", resp)
			}
			c.head[bridge.HeaderNameList] = "1"
			for name, value := range c.head {
				if got := resp.header.Get(name); got != value {
					t.Errorf("%s = %q, want %q", name, got, value)
				}
			}
		})
	}
}

// A fault before the first byte is an error, never a list.
func TestNameList_faultIsNoList(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.commands.err = errors.New("dial tcp db.internal: refused")
	resp := askList(t, s, bridge.NameListArgs{Address: "192.0.2.7", Method: "GET"})
	var body map[string]string
	if err := json.Unmarshal([]byte(resp.body), &body); err != nil {
		t.Fatal(err)
	}
	if resp.status != http.StatusServiceUnavailable || !strings.Contains(body["error"], "Keep what the last one said") || strings.Contains(body["error"], "db.internal") {
		t.Errorf("answer = %d %v", resp.status, body)
	}
	if resp.header.Get("ETag") != "" || resp.header.Get(bridge.HeaderNameList) == "" {
		t.Errorf("head = %v", resp.header)
	}
	if !strings.Contains(s.log.String(), "db.internal") {
		t.Errorf("the log does not say why:\n%s", s.log.String())
	}
}

// A fault after the first byte must not look like the end of the list.
func TestNameList_thatBreaksOffIsNoWholeAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.commands.names = bridge.NameListAnswer{Status: 200, ETag: `"1"`, Size: 1 << 20, Copy: func(w io.Writer) error {
		_, err := io.WriteString(w, `[{"forward":"a","ip":"192.0.2.1","reverse":"a"}]`)
		return errors.Join(err, errors.New("the memory is broken"))
	}}
	resp := askList(t, s, bridge.NameListArgs{Address: "192.0.2.7", Method: "GET"})
	if !errors.Is(resp.fault, io.ErrUnexpectedEOF) {
		t.Errorf("a whole answer came: %+v", resp)
	}
	if !strings.Contains(s.log.String(), "broke off") {
		t.Errorf("the log does not say so:\n%s", s.log.String())
	}
}

// What the wire itself refuses has no mark, so that PHP does not hand it on.
func TestNameList_refusalsOfTheWireAreNotForScripts(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body, _ := json.Marshal(listCall(bridge.NameListArgs{Address: "192.0.2.7", Method: "GET"}))
	unsigned := httptest.NewRequest(http.MethodPost, listPath, bytes.NewReader(body))
	unsigned.Header.Set("Content-Type", "application/json")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"unsigned":         s.serve(unsigned),
		"no address":       s.send(http.MethodPost, listPath, strings.Replace(string(body), `"address":"192.0.2.7",`, "", 1)),
		"an unknown field": s.send(http.MethodPost, listPath, strings.Replace(string(body), `"address"`, `"forwarded_for":"1.2.3.4","address"`, 1)),
		"GET":              s.send(http.MethodGet, listPath, ""),
	} {
		if w.Code < 400 || w.Header().Get(bridge.HeaderNameList) != "" || answerOf(t, w).Result != bridge.ResultError {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if s.commands.count() > 0 {
		t.Errorf("the list was asked for: %v", s.commands.calls)
	}
}

// deadlines is a connection that notes them.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

// A deadline left behind would end a later request on the same connection.
func TestNameList_leavesNoDeadlineBehind(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body, _ := json.Marshal(listCall(bridge.NameListArgs{Address: "192.0.2.7", Method: "GET"}))
	r := httptest.NewRequest(http.MethodPost, listPath, bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	bridge.Signer{Secret: testSecret}.Sign(r, body)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	s.server.Handler().ServeHTTP(w, r)
	if len(w.set) != 2 || w.set[0].IsZero() || !w.set[1].IsZero() {
		t.Errorf("deadlines = %v, want one for the part and then none", w.set)
	}
	if d := cmp.Diff(oneName, w.Body.String()); d != "" {
		t.Errorf("list (-want +got):\n%s", d)
	}
}
