package bridge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// still is a clock that a test moves.
type still struct{ now time.Time }

func (c *still) Now() time.Time                       { return c.now }
func (c *still) After(time.Duration) <-chan time.Time { return nil }

// commands notes what reached a handler and answers what the test says.
type commands struct {
	mu    sync.Mutex
	calls []string
	last  bridge.ModuleCall
	asked bridge.NameListArgs
	names bridge.NameListAnswer
	tasks func(say func(string)) bool
	task  bridge.TaskArgs
	err   error
	panic string
}

func (c *commands) got(name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, name)
	if c.panic != "" {
		panic(c.panic)
	}
	return c.err
}

func (c *commands) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.calls)
}

func (c *commands) CreateAccount(_ context.Context, call bridge.ModuleCall) error {
	c.mu.Lock()
	c.last = call
	c.mu.Unlock()
	return c.got("CreateAccount")
}

func (c *commands) SuspendAccount(context.Context, bridge.ModuleCall) error {
	return c.got("SuspendAccount")
}

func (c *commands) UnsuspendAccount(context.Context, bridge.ModuleCall) error {
	return c.got("UnsuspendAccount")
}

func (c *commands) TerminateAccount(context.Context, bridge.ModuleCall) error {
	return c.got("TerminateAccount")
}

func (c *commands) ChangePackage(context.Context, bridge.ModuleCall) error {
	return c.got("ChangePackage")
}

func (c *commands) ChangePassword(context.Context, bridge.ModuleCall) error {
	return c.got("ChangePassword")
}

func (c *commands) Command(_ context.Context, call bridge.CommandCall) error {
	return c.got("Command " + string(call.Args.Name))
}

func (c *commands) TestConnection(context.Context, bridge.ModuleCall) error {
	return c.got("TestConnection")
}

func (c *commands) ConfigOptions(context.Context, bridge.ConfigOptionsCall) (string, error) {
	return "<p>All settings are valid.</p>", c.got("ConfigOptions")
}

func (c *commands) AdminServicesTabFields(context.Context, bridge.ModuleCall) (bridge.TabFields, error) {
	return bridge.TabFields{{Label: "VM status", HTML: "<b>ready</b>"}, {Label: "Addresses", HTML: "192.0.2.10"}, {Label: "Last log", HTML: "&lt;none&gt;"}}, c.got("AdminServicesTabFields")
}

func (c *commands) ClientArea(context.Context, bridge.ClientAreaCall) (bridge.Output, error) {
	return bridge.Output{HTML: "<div>ready</div>"}, c.got("ClientArea")
}

func (c *commands) Activate(context.Context, bridge.AddonCall) error { return c.got("Activate") }

func (c *commands) Deactivate(context.Context, bridge.DeactivateCall) error {
	return c.got("Deactivate")
}

func (c *commands) Upgrade(context.Context, bridge.UpgradeCall) error { return c.got("Upgrade") }

func (c *commands) Output(context.Context, bridge.OutputCall) (bridge.Output, error) {
	return bridge.Output{HTML: "<h2>kvmbridge</h2>"}, c.got("Output")
}

func (c *commands) Deliver(context.Context) (int, error) { return 3, c.got("Deliver") }

const oneName = `[{"forward":"vps-9-7012.example.net","ip":"203.0.113.9","reverse":"mail.example.org"}]`

// Ask answers what the test says, else one name.
func (c *commands) Ask(_ context.Context, ask bridge.NameListArgs) (bridge.NameListAnswer, error) {
	c.mu.Lock()
	c.asked = ask
	answer := c.names
	c.mu.Unlock()
	if answer.Status == 0 {
		answer = bridge.NameListAnswer{Status: http.StatusOK, ETag: `"1"`, Size: int64(len(oneName)), Copy: func(w io.Writer) error {
			_, err := io.WriteString(w, oneName)
			return err
		}}
	}
	return answer, c.got("Ask")
}

func (c *commands) UpdateUsage(_ context.Context, serverID int64) error {
	return c.got(fmt.Sprintf("UpdateUsage %d", serverID))
}

func (c *commands) Usage(_ context.Context, serverID int64, tenant string) (map[string]bridge.Metrics, error) {
	return map[string]bridge.Metrics{"vm101.example.com": {In: 1.5, Out: 0.25}}, c.got(fmt.Sprintf("Usage %d %q", serverID, tenant))
}

// Begin hands out what the test says.
func (c *commands) Begin(_ context.Context, args bridge.TaskArgs) (func(func(string)) bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.task = args
	return c.tasks, c.err
}

// stage is a server with everything a test looks at.
type stage struct {
	server   *bridge.Server
	commands *commands
	keys     *sync.Map
	log      *lockedBuffer
	ready    error
}

const testSecret = "the secret of this test"

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{commands: &commands{}, keys: &sync.Map{}, log: &lockedBuffer{}}
	s.keys.Store("k1", bridge.Secret(testSecret))
	s.server = bridge.New(bridge.Config{
		Log:  slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Keys: s.keyMap, Module: s.commands, Addon: s.commands, Outbox: s.commands, Names: s.commands, Tasks: s.commands, Usage: s.commands,
		Ready: func(context.Context) error { return s.ready },
	})
	return s
}

func (s *stage) keyMap() map[string]bridge.Secret {
	keys := map[string]bridge.Secret{}
	s.keys.Range(func(k, v any) bool {
		keys[k.(string)] = v.(bridge.Secret)
		return true
	})
	return keys
}

// client speaks to the stage over TCP.
func (s *stage) client(t *testing.T, signer bridge.Signer) *bridge.Client {
	t.Helper()
	ts := httptest.NewServer(s.server.Handler())
	t.Cleanup(ts.Close)
	c, err := bridge.NewClient(ts.URL, signer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// send signs and serves one request in this process.
func (s *stage) send(method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Content-Type", "application/json")
	bridge.Signer{Secret: testSecret}.Sign(r, []byte(body))
	return s.serve(r)
}

func (s *stage) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(w, r)
	return w
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// wantCode fails unless err is a refusal with that code; "" wants no error.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var refusal *bridge.Refusal
	switch {
	case code == "" && err == nil:
	case errors.As(err, &refusal) && refusal.Code == code && code != "":
	default:
		t.Errorf("error = %v (%T), want code %q", err, err, code)
	}
}

func order(service int64) bridge.ModuleCall {
	return bridge.ModuleCall{
		Head:    bridge.Head{IdempotencyKey: "key of the order", Caller: bridge.Caller{Kind: bridge.CallerAdmin, ID: 1}, WHMCSVersion: "8.13.0"},
		Service: bridge.Service{ID: service, ClientID: 2, ProductID: 3, ServerID: 4, Status: "Pending", Domain: "vm.example.com", Password: "guest password"},
		Server:  bridge.ServerEntry{ID: 4, Hostname: "pve.example.com", Username: "root@pam", Password: "host password", Secure: true, Port: 8006},
	}
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
