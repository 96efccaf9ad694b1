package callback_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/callback"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secret = "the secret of this test"

// against starts a server and gives a client of it.
func against(t *testing.T, h http.HandlerFunc) *callback.Client {
	t.Helper()
	ts := httptest.NewServer(h)
	t.Cleanup(ts.Close)
	return &callback.Client{
		Target:  callback.Fixed(callback.Target{URL: ts.URL + "/modules/addons/puq_proxmox_kvm/callback.php", Secret: secret}),
		HTTP:    ts.Client(),
		Timeout: 5 * time.Second,
	}
}

func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func answers(status int, code, message string) http.HandlerFunc {
	return says(status, "application/json", fmt.Sprintf(`{"result":"error","code":%q,"message":%q,"data":{}}`, code, message))
}

// breaksOff takes the connection and leaves it after writing text.
func breaksOff(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

func TestClient_tellsWhatBecameOfTheRequest(t *testing.T) {
	t.Parallel()
	const page = "<html>Down for maintenance</html>"
	for name, c := range map[string]struct {
		server  http.HandlerFunc
		outcome callback.Outcome
		code    string
		says    string
	}{
		"success":               {says(200, "application/json", `{"result":"success","code":"","message":"","data":{}}`), callback.Delivered, "", ""},
		"success with old data": {says(200, "application/json", `{"result":"success","code":"","message":"","data":[],"new":1}`), callback.Delivered, "", ""},
		"refused by WHMCS":      {answers(422, "whmcs_refused", "Template not found."), callback.Refused, "whmcs_refused", "Template not found."},
		"unknown effect":        {answers(404, "unknown_effect", "Install the same version."), callback.Refused, "unknown_effect", "same version"},
		"refused without words": {answers(200, "odd", ""), callback.Refused, "odd", "no reason given"},
		"unknown key":           {answers(401, bridge.CodeUnknownKey, "Compare the secrets."), callback.NotSent, bridge.CodeUnknownKey, "secrets"},
		"bad signature":         {answers(401, bridge.CodeBadSignature, "Compare the secrets."), callback.NotSent, bridge.CodeBadSignature, "secrets"},
		"stale time":            {answers(401, bridge.CodeStaleTime, "Set the clocks."), callback.NotSent, bridge.CodeStaleTime, "clocks"},
		"fault inside WHMCS":    {answers(500, "failed", "WHMCS could not do it."), callback.Unknown, "failed", "could not"},
		"success with 500":      {says(500, "application/json", `{"result":"success"}`), callback.Unknown, "", "HTTP 500"},
		"HTML with 200":         {says(200, "text/html", page), callback.Unknown, "not_json", "text/html"},
		"HTML with 503":         {says(503, "text/html", page), callback.Unknown, "not_json", "HTTP 503"},
		"HTML with 404":         {says(404, "text/html", page), callback.NotSent, "not_callback", "callback address"},
		"HTML with 403":         {says(403, "text/html", page), callback.NotSent, "not_callback", "HTTP 403"},
		"JSON of another make":  {says(200, "application/json", `{"status":"ok"}`), callback.Unknown, "not_json", "Something other"},
		"empty":                 {says(200, "", ""), callback.Unknown, "not_json", "0 bytes"},
		"closed at once":        {breaksOff(""), callback.Unknown, "no_answer", "answer was lost"},
		"broken off":            {breaksOff("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\":\"succ"), callback.Unknown, "broken_answer", "broke off"},
		"no HTTP":               {breaksOff("220 mail.example.com ESMTP\r\n"), callback.Unknown, "no_answer", "answer was lost"},
		"redirect nowhere":      {says(302, "text/html", page), callback.NotSent, "redirect", "nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := against(t, c.server).Mail(t.Context(), "7", "a template", 101, nil)
			wantOutcome(t, err, c.outcome, c.code, c.says)
			if err != nil && strings.Contains(err.Error(), "maintenance") {
				t.Errorf("error repeats the page: %v", err)
			}
		})
	}
}

func wantOutcome(t *testing.T, err error, outcome callback.Outcome, code, says string) {
	t.Helper()
	if got := callback.OutcomeOf(err); got != outcome {
		t.Errorf("outcome = %s (%v), want %s", got, err, outcome)
	}
	if err == nil {
		return
	}
	e, ok := errors.AsType[*callback.Error](err)
	if !ok || e.Code != code || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) {
		t.Errorf("error = %v (code %q), want code %q saying %q", err, e.Code, code, says)
	}
}

func TestClient_slowAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	for name, slow := range map[string]http.HandlerFunc{
		"no answer": func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		},
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			_, _ = io.WriteString(w, `{"result":"success"`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
	} {
		c := against(t, slow)
		c.Timeout = 50 * time.Millisecond
		code := map[string]string{"no answer": "slow", "half an answer": "broken_answer"}[name]
		wantOutcome(t, c.Mail(t.Context(), "7", "a template", 101, nil), callback.Unknown, code, "WHMCS took the request")
	}
}

func TestClient_nothingSentIsNotSent(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	tls.Config.ErrorLog = nil
	t.Cleanup(tls.Close)
	for name, c := range map[string]struct {
		target callback.Target
		code   string
		says   string
	}{
		"refused connection": {callback.Target{URL: "http://" + closed.Addr().String() + "/c.php?token=1", Secret: secret}, "unreachable", "/c.php"},
		"no such host":       {callback.Target{URL: "http://kvmbridge.invalid/c.php", Secret: secret}, "unreachable", "callback address"},
		"unknown authority":  {callback.Target{URL: tls.URL, Secret: secret}, "unreachable", "certificate"},
		"TLS to plain HTTP":  {callback.Target{URL: "https://" + plain.Listener.Addr().String(), Secret: secret}, "unreachable", "HTTP response to HTTPS client"},
		"no URL":             {callback.Target{Secret: secret}, "bad_url", "addon's settings"},
		"no http":            {callback.Target{URL: "ftp://example.com/c.php", Secret: secret}, "bad_url", "https URL"},
		"no secret":          {callback.Target{URL: plain.URL}, "no_secret", "activate the addon"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := callback.Client{Target: callback.Fixed(c.target), HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
			err := client.Ping(t.Context())
			wantOutcome(t, err, callback.NotSent, c.code, c.says)
			if strings.Contains(err.Error(), "token") {
				t.Errorf("error repeats the query: %v", err)
			}
		})
	}
	lost := callback.Client{Target: func(context.Context) (callback.Target, error) { return callback.Target{}, errors.New("no database") }}
	wantOutcome(t, lost.Ping(t.Context()), callback.NotSent, "no_target", "no database")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	wantOutcome(t, against(t, says(200, "", "")).Ping(ended), callback.NotSent, "unreachable", "canceled")
}

func TestClient_followsNoRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		var followed atomic.Int32
		c := against(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/elsewhere" {
				followed.Add(1)
				return
			}
			http.Redirect(w, r, "/elsewhere?sid=1", status)
		})
		c.HTTP.CheckRedirect = func(*http.Request, []*http.Request) error { return nil }
		err := c.Mail(t.Context(), "7", "a template", 101, nil)
		wantOutcome(t, err, callback.NotSent, "redirect", "/elsewhere")
		if followed.Load() != 0 || strings.Contains(err.Error(), "sid") {
			t.Errorf("HTTP %d: followed %d times, error %v", status, followed.Load(), err)
		}
	}
}

func TestClient_signsEveryRequestAnew(t *testing.T) {
	t.Parallel()
	keys := map[string]bridge.Secret{"k2": secret}
	verifier := bridge.NewVerifier(func() map[string]bridge.Secret { return keys }, nil)
	c := against(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if err := verifier.Verify(r, body); err != nil {
			t.Errorf("Verify = %v, want it accepted", err)
		}
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("request = %s %s, want POST of JSON", r.Method, r.Header.Get("Content-Type"))
		}
		if r.Host != "billing.example.com" {
			t.Errorf("Host = %s, want the target's", r.Host)
		}
		says(200, "application/json", `{"result":"success"}`)(w, r)
	})
	first, _ := c.Target(t.Context())
	var asked int
	c.Target = func(context.Context) (callback.Target, error) {
		asked++
		return callback.Target{URL: first.URL + "?a=%20b", Host: "billing.example.com", Key: "k2", Secret: secret}, nil
	}
	for range 3 {
		if err := c.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if asked != 3 {
		t.Errorf("the target was asked %d times, want 3", asked)
	}
}

func TestClient_convertsInOrder(t *testing.T) {
	t.Parallel()
	c := against(t, says(200, "application/json", `{"result":"success","data":{"values":["plain one","plain two"]}}`))
	got, err := c.Decrypt(t.Context(), []string{"one", "two"})
	if err != nil || len(got) != 2 || got[0] != "plain one" || got[1] != "plain two" {
		t.Errorf("Decrypt = %q, %v, want the two plain texts", got, err)
	}
	_, err = c.Decrypt(t.Context(), []string{"one"})
	wantOutcome(t, err, callback.Unknown, "bad_values", "2 values instead of 1")
	silent := against(t, func(http.ResponseWriter, *http.Request) { t.Error("nothing to convert, and a request was sent") })
	if got, err := silent.Decrypt(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("Decrypt of nothing = %q, %v, want nothing", got, err)
	}
}

func TestOutcomeOf_otherErrorsSentNothing(t *testing.T) {
	t.Parallel()
	if got := callback.OutcomeOf(errors.New("x")); got != callback.NotSent {
		t.Errorf("outcome = %s, want %s", got, callback.NotSent)
	}
	wrapped := fmt.Errorf("deliver: %w", &callback.Error{Outcome: callback.Unknown, Message: "lost"})
	if got := callback.OutcomeOf(wrapped); got != callback.Unknown {
		t.Errorf("outcome of %v = %s, want %s", wrapped, got, callback.Unknown)
	}
}

// FuzzAnswer: whatever a web server says, the client decides on an outcome, and only a success is one.
func FuzzAnswer(f *testing.F) {
	f.Add(200, `{"result":"success"}`)
	f.Add(503, `{"result":"error","code":"failed"}`)
	f.Add(301, "")
	f.Add(200, "<html>")
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 599 {
			t.Skip("not a final HTTP status")
		}
		client := callback.Client{
			Target: callback.Fixed(callback.Target{URL: "http://whmcs.invalid/c.php", Secret: secret}),
			HTTP:   &http.Client{Transport: canned{status, body}},
		}
		err := client.Ping(t.Context())
		var a struct{ Result string }
		success := json.Unmarshal([]byte(body), &a) == nil && a.Result == "success"
		if callback.OutcomeOf(err) == callback.Delivered && (status != 200 || !success) {
			t.Errorf("HTTP %d %q counts as delivered", status, body)
		}
	})
}

type canned struct {
	status int
	body   string
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	raw := fmt.Sprintf("HTTP/1.1 %d X\r\nConnection: close\r\n\r\n%s", c.status, c.body)
	return http.ReadResponse(bufio.NewReader(strings.NewReader(raw)), r)
}
