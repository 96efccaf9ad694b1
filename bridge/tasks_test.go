package bridge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func taskCall(args bridge.TaskArgs) bridge.TaskCall {
	return bridge.TaskCall{Head: bridge.Head{IdempotencyKey: "one", Caller: bridge.Caller{Kind: bridge.CallerSystem}}, Args: args}
}

func TestTasks_everyLineComesAsItIsSaid(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	read := make(chan string)
	s.commands.tasks = func(say func(string)) bool {
		for _, line := range []string{"first", "", `"third" <-> ←`} {
			say(line)
			if got := <-read; got != line { // nothing more is said before this one has arrived
				t.Errorf("%q came as %q", line, got)
			}
		}
		return true
	}
	args := bridge.TaskArgs{Task: "scheduleBackup", Force: true, NoLock: true, List: true, Clear: true}
	exit, err := s.client(t, bridge.Signer{Secret: testSecret}).Tasks(t.Context(), taskCall(args), func(line string) { read <- line })
	if err != nil || exit != 0 || s.commands.task != args {
		t.Errorf("exit %d, %v, asked for %+v", exit, err, s.commands.task)
	}
}

func TestTasks_troubleIsTheExitAndARefusalIsAnError(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	c := s.client(t, bridge.Signer{Secret: testSecret})
	s.commands.tasks = func(func(string)) bool { return false }
	if exit, err := c.Tasks(t.Context(), taskCall(bridge.TaskArgs{}), nil); exit != 1 || err != nil {
		t.Errorf("trouble: exit %d, %v", exit, err)
	}
	s.commands.err = bridge.Refuse("unknown_task", "There is no task %q.", "x")
	exit, err := c.Tasks(t.Context(), taskCall(bridge.TaskArgs{Task: "x"}), nil)
	wantCode(t, err, "unknown_task")
	if exit != 1 {
		t.Errorf("exit %d", exit)
	}
	body, _ := json.Marshal(taskCall(bridge.TaskArgs{Task: "x"}))
	if w := s.send("POST", "/v1/tasks/run", string(body)); w.Code != 422 || w.Header().Get(bridge.HeaderTasks) != "" {
		t.Errorf("the refusal came with %d and %v", w.Code, w.Header())
	}
}

// Somebody presses Ctrl-C in the middle.
func TestTasks_goOnWhenNobodyReads(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	gone, ended := make(chan struct{}), make(chan struct{})
	s.commands.tasks = func(say func(string)) bool {
		say("begun")
		<-gone
		for range 1000 {
			say(strings.Repeat("x", 1000))
		}
		close(ended)
		return true
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.client(t, bridge.Signer{Secret: testSecret}).Tasks(ctx, taskCall(bridge.TaskArgs{}), func(string) { cancel() })
	close(gone)
	if err == nil {
		t.Error("a broken answer is no error")
	}
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the run did not end")
	}
}

func TestTasks_aSilentRunGivesSignsOfLife(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.commands.tasks = func(func(string)) bool {
		time.Sleep(5500 * time.Millisecond) // longer than the pulse
		return true
	}
	body, _ := json.Marshal(taskCall(bridge.TaskArgs{}))
	w := s.send("POST", "/v1/tasks/run", string(body))
	if got := w.Body.String(); got != "{}\n{\"exit\":0}\n" {
		t.Errorf("the stream was %q", got)
	}
}

// The command line calls the service of its own machine by an address that no certificate names.
func TestClient_trustsOneCertificate(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.commands.tasks = func(func(string)) bool { return true }
	server := httptest.NewTLSServer(s.server.Handler())
	t.Cleanup(server.Close)
	call := func(pem []byte) error {
		c, err := bridge.NewClient(strings.Replace(server.URL, "127.0.0.1", "localhost", 1), bridge.Signer{Secret: testSecret})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := c.Trust(pem); err != nil {
			return err
		}
		_, err = c.Tasks(t.Context(), taskCall(bridge.TaskArgs{}), nil)
		return err
	}
	raw := server.Certificate().Raw
	if err := call(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})); err != nil {
		t.Errorf("its own certificate: %v", err)
	}
	other := append(bytes.Clone(raw[:len(raw)-1]), raw[len(raw)-1]^1)
	if err := call(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other})); err == nil || !strings.Contains(err.Error(), "another certificate") {
		t.Errorf("another certificate: %v", err)
	}
	if err := call([]byte("nothing")); err == nil {
		t.Error("no certificate was taken")
	}
}
