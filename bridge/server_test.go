package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestServer_orderReachesCommands(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	answer, err := s.client(t, bridge.Signer{Secret: testSecret}).Module(t.Context(), "CreateAccount", order(7))
	if err != nil {
		t.Fatal(err)
	}
	if answer.Result != bridge.ResultSuccess || answer.Code != bridge.CodeOK || string(answer.Data) != "{}" || answer.Status != http.StatusOK {
		t.Errorf("answer = %+v, want success with an empty object", answer)
	}
	if s.commands.last != order(7) {
		t.Errorf("call = %#v, want what was sent", s.commands.last)
	}
}

// TestServer_answersExchanges plays every recorded exchange over the real server.
func TestServer_answersExchanges(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/exchanges/*.json")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var x struct {
				Conforms bool
				Request  struct {
					Method, Path string
					Body         json.RawMessage
				}
				Answer struct {
					Status int
					Body   json.RawMessage
				}
			}
			raw, err := os.ReadFile(file)
			if err == nil {
				err = json.Unmarshal(raw, &x)
			}
			if err != nil {
				t.Fatal(err)
			}
			s := newStage(t)
			w := s.send(x.Request.Method, x.Request.Path, string(x.Request.Body))
			var want bytes.Buffer
			_ = json.Compact(&want, x.Answer.Body)
			got := strings.TrimSpace(w.Body.String())
			if w.Code != x.Answer.Status || !sameJSON(got, want.String()) {
				t.Errorf("answer = %d %s, want %d %s", w.Code, got, x.Answer.Status, want.String())
			}
			if strings.Contains(file, "tab_fields") && !strings.Contains(got, `"fields":{"VM status"`) {
				t.Errorf("answer = %s, want the fields in the order of the command", got)
			}
			refused := strings.Contains(file, "no_service") || strings.Contains(file, "command_by_client")
			if reached := s.commands.count() > 0; reached != (x.Conforms && !refused) {
				t.Errorf("a handler was reached: %v", reached)
			}
		})
	}
}

func sameJSON(a, b string) bool {
	var x, y any
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && cmp.Equal(x, y)
}

func TestServer_refusalsReachNoHandler(t *testing.T) {
	t.Parallel()
	body, _ := json.Marshal(order(7))
	signed := func(method, path, body string, s bridge.Signer) *http.Request {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		s.Sign(r, []byte(body))
		return r
	}
	const create = "/v1/module/CreateAccount"
	good := bridge.Signer{Secret: testSecret}
	old := bridge.Signer{Secret: testSecret, Clock: &still{now: time.Now().Add(-2 * time.Minute)}}
	for name, c := range map[string]struct {
		request *http.Request
		status  int
		code    string
		says    string
	}{
		"unsigned":            {httptest.NewRequest(http.MethodPost, create, bytes.NewReader(body)), 401, bridge.CodeMissingSignature, bridge.HeaderSignature},
		"unsigned elsewhere":  {httptest.NewRequest(http.MethodGet, "/nowhere", nil), 401, bridge.CodeMissingSignature, "signed"},
		"unsigned with slash": {httptest.NewRequest(http.MethodGet, "/metrics/", nil), 401, bridge.CodeMissingSignature, "signed"},
		"unknown key":         {signed(http.MethodPost, create, string(body), bridge.Signer{Key: "k7", Secret: testSecret}), 401, bridge.CodeUnknownKey, `"k7"`},
		"wrong secret":        {signed(http.MethodPost, create, string(body), bridge.Signer{Secret: "wrong"}), 401, bridge.CodeBadSignature, "secret"},
		"stale":               {signed(http.MethodPost, create, string(body), old), 401, bridge.CodeStaleTime, "clocks"},
		"too large":           {signed(http.MethodPost, create, strings.Repeat(" ", bridge.MostBody+1), good), 413, bridge.CodeTooLarge, "1048576"},
		"no body":             {signed(http.MethodPost, create, "", good), 400, bridge.CodeBadJSON, "JSON"},
		"no JSON":             {signed(http.MethodPost, create, `<html>`, good), 400, bridge.CodeBadJSON, "JSON"},
		"two documents":       {signed(http.MethodPost, create, string(body)+string(body), good), 400, bridge.CodeBadJSON, "JSON"},
		"a list":              {signed(http.MethodPost, create, `[]`, good), 422, bridge.CodeBadField, "object"},
		"nothing in it":       {signed(http.MethodPost, create, `{}`, good), 422, bridge.CodeBadField, "required"},
		"unknown function":    {signed(http.MethodPost, "/v1/module/Explode", string(body), good), 404, bridge.CodeUnknownFunction, `"Explode"`},
		"unknown addon":       {signed(http.MethodPost, "/v1/addon/Explode", string(body), good), 404, bridge.CodeUnknownFunction, `"Explode"`},
		"other casing":        {signed(http.MethodPost, "/v1/module/createaccount", string(body), good), 404, bridge.CodeUnknownFunction, "createaccount"},
		"slash behind":        {signed(http.MethodPost, create+"/", string(body), good), 404, bridge.CodeUnknownFunction, "CreateAccount/"},
		"unknown path":        {signed(http.MethodPost, "/v2/module/CreateAccount", string(body), good), 404, bridge.CodeUnknownPath, "path"},
		"wrong method":        {signed(http.MethodGet, create, "", good), 405, bridge.CodeBadMethod, "POST"},
		"documentation":       {signed(http.MethodGet, "/openapi.json", "", good), 404, bridge.CodeUnknownPath, "path"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			w := s.serve(c.request)
			var a bridge.Answer
			if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
				t.Fatalf("answer %q: %v", w.Body, err)
			}
			if w.Code != c.status || a.Result != bridge.ResultError || a.Code != c.code || !strings.Contains(a.Message, c.says) {
				t.Errorf("answer = %d %+v, want %d %s saying %q", w.Code, a, c.status, c.code, c.says)
			}
			if s.commands.count() != 0 {
				t.Errorf("a handler was reached: %v", s.commands.calls)
			}
			if log := s.log.String(); !strings.Contains(log, `"code":"`+c.code+`"`) && c.status != 400 && c.status != 422 {
				t.Errorf("log %q lacks the refusal's code", log)
			}
			for _, secret := range []string{"guest password", "host password", testSecret} {
				if strings.Contains(s.log.String()+w.Body.String(), secret) {
					t.Errorf("%q leaked into log or answer", secret)
				}
			}
		})
	}
}

func TestServer_fieldsAreRefusedAtEveryLevel(t *testing.T) {
	t.Parallel()
	for field, where := range map[string][]string{
		"extra": nil, "caller.extra": {"caller"}, "service.extra": {"service"}, "server.extra": {"server"}, "args.extra": {"args"},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			body := asMap(t, order(7))
			at := body
			for _, name := range where {
				at = at[name].(map[string]any)
			}
			at["extra"] = "top secret"
			s := newStage(t)
			a := answerOf(t, s.send(http.MethodPost, "/v1/module/CreateAccount", asJSON(t, body)))
			if a.Code != bridge.CodeUnknownField || !strings.Contains(a.Message, `"`+field+`"`) || strings.Contains(a.Message, "top secret") {
				t.Errorf("answer = %+v, want unknown_field naming %s", a, field)
			}
			if s.commands.count() != 0 {
				t.Error("a handler was reached")
			}
		})
	}
}

func TestServer_badValuesAreNamedAndNotRepeated(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(m map[string]any)
		says   string
	}{
		"text for a number":     {func(m map[string]any) { m["service"].(map[string]any)["id"] = "s3cret" }, `"service.id"`},
		"number for a secret":   {func(m map[string]any) { m["server"].(map[string]any)["password"] = 424242 }, `"server.password"`},
		"list for an object":    {func(m map[string]any) { m["args"] = []any{} }, `"args"`},
		"negative id":           {func(m map[string]any) { m["service"].(map[string]any)["id"] = -424242 }, `"service.id"`},
		"endless number":        {func(m map[string]any) { m["service"].(map[string]any)["id"] = json.Number("424242e30") }, "not as it should be"},
		"port":                  {func(m map[string]any) { m["server"].(map[string]any)["port"] = 424242 }, `"server.port"`},
		"unknown kind":          {func(m map[string]any) { m["caller"].(map[string]any)["kind"] = "s3cret" }, `"caller.kind"`},
		"no key":                {func(m map[string]any) { delete(m, "idempotency_key") }, "idempotency_key"},
		"empty key":             {func(m map[string]any) { m["idempotency_key"] = "" }, `"idempotency_key"`},
		"field of other case":   {func(m map[string]any) { m["Service"] = m["service"]; delete(m, "service") }, `"Service"`},
		"object for a password": {func(m map[string]any) { m["service"].(map[string]any)["password"] = map[string]any{"a": "s3cret"} }, `"service.password"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := asMap(t, order(7))
			c.change(body)
			s := newStage(t)
			w := s.send(http.MethodPost, "/v1/module/CreateAccount", asJSON(t, body))
			a := answerOf(t, w)
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Message, c.says) {
				t.Errorf("answer = %d %+v, want 422 naming %s", w.Code, a, c.says)
			}
			if text := w.Body.String() + s.log.String(); strings.Contains(text, "s3cret") || strings.Contains(text, "424242") {
				t.Errorf("the rejected value is repeated: %s", text)
			}
			if s.commands.count() != 0 {
				t.Error("a handler was reached")
			}
		})
	}
}

func TestServer_replayedRequestIsRefused(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	body := asJSON(t, asMap(t, order(7)))
	var headers http.Header
	for n, want := range []string{bridge.CodeOK, bridge.CodeReplayedNonce, bridge.CodeReplayedNonce} {
		r := httptest.NewRequest(http.MethodPost, "/v1/module/CreateAccount", strings.NewReader(body))
		if n == 0 {
			bridge.Signer{Secret: testSecret}.Sign(r, []byte(body))
			headers = r.Header
		}
		r.Header = headers
		if a := answerOf(t, s.serve(r)); a.Code != want {
			t.Errorf("request %d: code = %s, want %s", n, a.Code, want)
		}
	}
	if s.commands.count() != 1 {
		t.Errorf("handlers reached %d times, want 1", s.commands.count())
	}
}

func TestServer_secretsCanBeExchangedWhileItRuns(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	call := func(signer bridge.Signer) string {
		t.Helper()
		body := asJSON(t, asMap(t, order(7)))
		r := httptest.NewRequest(http.MethodPost, "/v1/module/CreateAccount", strings.NewReader(body))
		signer.Sign(r, []byte(body))
		return answerOf(t, s.serve(r)).Code
	}
	old, next := bridge.Signer{Secret: testSecret}, bridge.Signer{Key: bridge.KeyRotating, Secret: "the next secret"}
	steps := []struct {
		change    func()
		old, next string
	}{
		{func() {}, bridge.CodeOK, bridge.CodeUnknownKey},
		{func() { s.keys.Store("k2", next.Secret) }, bridge.CodeOK, bridge.CodeOK},
		{func() { s.keys.Store("k1", next.Secret) }, bridge.CodeBadSignature, bridge.CodeOK},
		{func() { s.keys.Delete("k2") }, bridge.CodeBadSignature, bridge.CodeUnknownKey},
	}
	for n, step := range steps {
		step.change()
		if got := call(old); got != step.old {
			t.Errorf("step %d, old secret: %s, want %s", n, got, step.old)
		}
		if got := call(next); got != step.next {
			t.Errorf("step %d, next secret: %s, want %s", n, got, step.next)
		}
	}
}

func TestServer_bodyLimitHoldsForEveryKindOfLength(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	ts := httptest.NewServer(s.server.Handler())
	t.Cleanup(ts.Close)
	pad := func(size int) string {
		body := asJSON(t, asMap(t, order(7)))
		return body + strings.Repeat(" ", size-len(body))
	}
	for name, c := range map[string]struct {
		size    int
		chunked bool
		code    string
	}{
		"exactly, declared": {bridge.MostBody, false, bridge.CodeOK}, "exactly, chunked": {bridge.MostBody, true, bridge.CodeOK},
		"one more, declared": {bridge.MostBody + 1, false, bridge.CodeTooLarge}, "one more, chunked": {bridge.MostBody + 1, true, bridge.CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := pad(c.size)
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, ts.URL+"/v1/module/CreateAccount", strings.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
			if c.chunked {
				req.Body, req.ContentLength = io.NopCloser(struct{ io.Reader }{strings.NewReader(body)}), -1
			}
			bridge.Signer{Secret: testSecret}.Sign(req, []byte(body))
			resp, err := ts.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			if a, err := bridge.ReadAnswer(resp); err != nil || a.Code != c.code {
				t.Errorf("answer = %+v, %v, want %s", a, err, c.code)
			}
		})
	}
}

func TestServer_errorsOfCommands(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err     error
		panic   string
		status  int
		code    string
		message string
		logged  string
	}{
		"refusal":         {err: bridge.Refuse("no_template", "Product %d has no template.", 3), status: 200, code: "no_template", message: "Product 3 has no template."},
		"wrapped refusal": {err: fmt.Errorf("create: %w", bridge.Refuse("no_template", "Choose one.")), status: 200, code: "no_template", message: "Choose one.", logged: "create: Choose one."},
		"other error":     {err: errors.New("dial db: password=hunter2 refused"), status: 500, code: bridge.CodeInternal, message: "Its log has the reason under request", logged: "hunter2"},
		"panic":           {panic: "boom hunter2", status: 500, code: bridge.CodeInternal, message: "Its log has the reason under request", logged: "boom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.commands.err, s.commands.panic = c.err, c.panic
			w := s.send(http.MethodPost, "/v1/module/SuspendAccount", asJSON(t, asMap(t, order(7))))
			a, tail := answerOf(t, w), ""
			if c.status == http.StatusInternalServerError {
				tail = " " + w.Header().Get("X-Request-Id") + "."
			}
			if w.Code != c.status || a.Code != c.code || !strings.HasSuffix(a.Message, c.message+tail) || tail == "" && a.Message != c.message || string(a.Data) != "{}" {
				t.Errorf("answer = %d %+v, want %d %s %q", w.Code, a, c.status, c.code, c.message)
			}
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the answer repeats the cause: %s", w.Body)
			}
			if !strings.Contains(s.log.String(), c.logged) {
				t.Errorf("log %q lacks %q", s.log.String(), c.logged)
			}
			if id := w.Header().Get("X-Request-Id"); !strings.Contains(s.log.String(), id) {
				t.Errorf("request id %q is not in log %s", id, s.log.String())
			}
		})
	}
}

func TestServer_probesAnswerLocalCallersOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, from string
		ready      error
		status     int
		says       string
	}{
		{"/healthz", "127.0.0.1:999", nil, 200, `"result":"success"`},
		{"/readyz", "[::1]:999", nil, 200, `"result":"success"`},
		{"/readyz", "127.0.0.1:999", errors.New("the schema is at 3 and should be at 5"), 503, "should be at 5"},
		{"/healthz", "127.0.0.1:999", errors.New("no database"), 200, `"result":"success"`},
		{"/metrics", "[::ffff:127.0.0.1]:999", nil, 200, "kvmbridge_requests_refused_total"},
		{"/healthz", "192.0.2.7:999", nil, 403, bridge.CodeNotLocal},
		{"/readyz", "192.0.2.7:999", nil, 403, bridge.CodeNotLocal},
		{"/metrics", "192.0.2.7:999", nil, 403, bridge.CodeNotLocal},
	} {
		s := newStage(t)
		s.ready = c.ready
		s.serve(httptest.NewRequest(http.MethodPost, "/v1/module/CreateAccount", nil)) // something to count
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.RemoteAddr = c.from
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if w := s.serve(r); w.Code != c.status || !strings.Contains(w.Body.String(), c.says) {
			t.Errorf("%s from %s: %d %.200s, want %d saying %q", c.path, c.from, w.Code, w.Body, c.status, c.says)
		}
		if log := s.log.String(); c.status == http.StatusForbidden && !strings.Contains(log, `"ip":"192.0.2.7"`) {
			t.Errorf("log %s believes a header about the address", log)
		}
	}
}

func TestServer_manyAtOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	client := s.client(t, bridge.Signer{Secret: testSecret})
	var wg sync.WaitGroup
	for n := range 200 {
		wg.Go(func() {
			if a, err := client.Module(t.Context(), "CreateAccount", order(int64(n+1))); err != nil || a.Err() != nil {
				t.Errorf("order %d: %+v, %v", n, a, err)
			}
		})
	}
	wg.Wait()
	if s.commands.count() != 200 {
		t.Errorf("handlers reached %d times, want 200", s.commands.count())
	}
}

func TestServer_stopsAfterRunningCommands(t *testing.T) {
	t.Parallel()
	slow := &slowOutbox{entered: make(chan struct{}), leave: make(chan struct{})}
	s := newStage(t)
	server := bridge.New(bridge.Config{Log: discard(), Keys: s.keyMap, Module: s.commands, Addon: s.commands, Outbox: slow})
	l, err := bridge.Listen(t.Context(), "127.0.0.1:0", bridge.TLSFiles{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	client, _ := bridge.NewClient("http://"+l.Addr().String(), bridge.Signer{Secret: testSecret})
	defer client.Close()
	answered := make(chan error, 1)
	go func() {
		a, err := client.DeliverOutbox(context.WithoutCancel(ctx), bridge.AddonCall{Head: order(0).Head})
		answered <- errors.Join(err, a.Err())
	}()
	<-slow.entered
	stop()
	select {
	case err := <-served:
		t.Fatalf("Serve returned %v with a command running", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(slow.leave)
	if err := <-answered; err != nil {
		t.Errorf("the running command got %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
}

func TestServer_commandsEndByTheirTime(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	server := bridge.New(bridge.Config{
		Log: discard(), Keys: s.keyMap, Module: s.commands, Addon: s.commands, Timeout: time.Millisecond,
		Outbox: &slowOutbox{entered: make(chan struct{}), leave: make(chan struct{})},
	})
	body := asJSON(t, asMap(t, bridge.AddonCall{Head: order(0).Head}))
	r := httptest.NewRequest(http.MethodPost, "/v1/outbox/deliver", strings.NewReader(body))
	bridge.Signer{Secret: testSecret}.Sign(r, []byte(body))
	w := httptest.NewRecorder()
	server.Handler().ServeHTTP(w, r)
	if a := answerOf(t, w); a.Code != bridge.CodeInternal {
		t.Errorf("answer = %+v, want %s", a, bridge.CodeInternal)
	}
}

type slowOutbox struct{ entered, leave chan struct{} }

func (o *slowOutbox) Deliver(ctx context.Context) (int, error) {
	close(o.entered)
	select {
	case <-o.leave:
		return 1, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func answerOf(t *testing.T, w *httptest.ResponseRecorder) bridge.Answer {
	t.Helper()
	a, err := bridge.ReadAnswer(w.Result())
	if err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return a
}

func asMap(t *testing.T, v any) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(asJSON(t, v)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestServer_commandReachesItsButton(t *testing.T) {
	t.Parallel()
	for _, name := range bridge.CommandNames() {
		s := newStage(t)
		call := bridge.CommandCall{Head: order(7).Head, Service: order(7).Service, Args: bridge.CommandArgs{Name: name, VMID: 100}}
		a := answerOf(t, s.send(http.MethodPost, "/v1/module/Command", asJSON(t, call)))
		if want := []string{"Command " + string(name)}; a.Code != bridge.CodeOK || !cmp.Equal(s.commands.calls, want) {
			t.Errorf("%s: answer = %+v, calls %v, want %v", name, a, s.commands.calls, want)
		}
	}
}

func TestServer_commandsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change     func(body, args map[string]any)
		code, says string
	}{
		"no name":       {func(_, args map[string]any) { delete(args, "name") }, bridge.CodeBadField, "name"},
		"other casing":  {func(_, args map[string]any) { args["name"] = "vmremove" }, bridge.CodeBadField, "Start, Stop, Reinstall"},
		"a core one":    {func(_, args map[string]any) { args["name"] = "TerminateAccount" }, bridge.CodeBadField, "Start, Stop, Reinstall"},
		"a number":      {func(_, args map[string]any) { args["name"] = 7 }, bridge.CodeBadField, `"args.name"`},
		"low VM id":     {func(_, args map[string]any) { args["vm_id"] = 99 }, bridge.CodeBadField, `"args.vm_id"`},
		"high VM id":    {func(_, args map[string]any) { args["vm_id"] = 1000000000 }, bridge.CodeBadField, `"args.vm_id"`},
		"text VM id":    {func(_, args map[string]any) { args["vm_id"] = "101" }, bridge.CodeBadField, `"args.vm_id"`},
		"more":          {func(_, args map[string]any) { args["force"] = true }, bridge.CodeUnknownField, `"args.force"`},
		"by the client": {func(body, _ map[string]any) { body["caller"] = map[string]any{"kind": "client", "id": 2} }, bridge.CodeNotForClients, "VMRemove"},
		"no service":    {func(body, _ map[string]any) { body["service"].(map[string]any)["id"] = 0 }, bridge.CodeNoService, "no service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := asMap(t, order(7))
			args := map[string]any{"name": "VMRemove"}
			body["args"] = args
			c.change(body, args)
			s := newStage(t)
			a := answerOf(t, s.send(http.MethodPost, "/v1/module/Command", asJSON(t, body)))
			if a.Code != c.code || !strings.Contains(a.Message, c.says) || s.commands.count() != 0 {
				t.Errorf("answer = %+v, calls %v, want %s saying %q and no call", a, s.commands.calls, c.code, c.says)
			}
		})
	}
}

// FuzzBody: whatever a key holder sends, the answer is an Answer and no fault of our own.
func FuzzBody(f *testing.F) {
	files, _ := filepath.Glob("testdata/exchanges/*.json")
	for _, file := range files {
		var x struct {
			Request struct{ Body json.RawMessage }
		}
		raw, _ := os.ReadFile(file)
		if err := json.Unmarshal(raw, &x); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(x.Request.Body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newStage(t)
		for _, path := range []string{"/v1/module/CreateAccount", "/v1/module/ConfigOptions", "/v1/module/Command", "/v1/addon/Deactivate", "/v1/outbox/deliver"} {
			w := s.send(http.MethodPost, path, string(body))
			if a := answerOf(t, w); w.Code >= 500 || a.Result == bridge.ResultSuccess && !json.Valid(body) {
				t.Errorf("%s with %q: %d %+v", path, body, w.Code, a)
			}
		}
	})
}
