package vmlog_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmlog"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// machine is one VM with its runs, newest first.
type machine struct {
	store.Standing
	runs []store.RunLog
}

func (m machine) Show(context.Context, int64) (store.Standing, error) { return m.Standing, nil }

func (m machine) Runs(_ context.Context, _ int64, limit int) ([]store.RunLog, error) {
	return m.runs[:min(len(m.runs), limit)], nil
}

// at is a VM at a status whose newest run ended like that.
func at(status pipeline.State, result, text string) machine {
	m := machine{runs: []store.RunLog{
		{ID: 9, Action: "deploy", From: "creation", To: status, Result: result, Error: text, Started: time.Now(), Steps: []store.StepLog{
			{N: 1, Label: "Allocate IP", From: "creation", To: "set_ip", Result: "success", Took: 5100 * time.Millisecond},
			{N: 2, Label: "Clone VM", From: "set_ip", To: "set_ip", Result: map[bool]string{true: "success", false: text}[text == ""]},
		}},
		{ID: 8, Action: "terminate", From: "terminate", To: "remove", Result: "success", Started: time.Now()},
	}}
	m.Machine.ServiceID, m.Machine.Status = 7, status
	return m
}

func look(t *testing.T, m machine, query string) string {
	t.Helper()
	w, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	q, err := url.ParseQuery("id=7" + query)
	if err != nil {
		t.Fatal(err)
	}
	a, err := vmlog.New(m, clock.System{}, w).Show["log"](t.Context(), &pages.Request{Site: web.Site{Link: "x.php?m=1", Page: "machines"}, Bare: true, Query: q})
	if err != nil {
		t.Fatal(err)
	}
	return a.HTML
}

// What a person reads, and how soon it is looked at again, depends on how the VM stands.
func TestShow_tellsWhatGoesOn(t *testing.T) {
	t.Parallel()
	working := at(vm.SetIP, "running", "")
	working.Holder = "somebody"
	retried := at(vm.SetIP, "waiting", "no storage")
	retried.WakeAt, retried.Machine.Failures = time.Now().Add(time.Minute), 3
	stuck := at(vm.ErrorTerminate, "error", "no such node")
	stuck.Machine.Attention = "no such node"
	for name, c := range map[string]struct {
		machine
		has, lacks []string
	}{
		"working":  {working, []string{`data-kb-refresh="2"`, "since=8", "It is being worked on", "RUNNING", `id="kb-run-9"`, `id="kb-run-8"`}, []string{"did not end well"}},
		"retried":  {retried, []string{`data-kb-refresh="10"`, "at step “Clone VM”", "no storage", "tried again by itself", "kb-panel-bad", "WAITING"}, nil},
		"given up": {stuck, []string{"It is not tried again by itself", "ERROR_TERMINATE"}, []string{"data-kb-refresh", "Needs attention"}},
		"at rest":  {at(vm.Ready, "success", ""), []string{"Deploy History (2 runs)", "5.1s", "set_<wbr>ip", "READY"}, []string{"data-kb-refresh", "did not end well"}},
		"new":      {machine{}, []string{"Nothing has been done to this VM yet."}, []string{"Deploy History"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			html := look(t, c.machine, "")
			for _, part := range c.has {
				if !strings.Contains(html, part) {
					t.Errorf("it lacks %q:\n%s", part, html)
				}
			}
			for _, part := range c.lacks {
				if strings.Contains(html, part) {
					t.Errorf("it has %q:\n%s", part, html)
				}
			}
		})
	}
}

// Looking again fetches what can have changed, however long the history is.
func TestShow_fetchesOnlyNewRunsAgain(t *testing.T) {
	t.Parallel()
	m := at(vm.SetIP, "waiting", "x")
	for id := range int64(60) {
		m.runs = append(m.runs, store.RunLog{ID: 7 - id, Action: "deploy", Result: "success"})
	}
	whole, again := look(t, m, ""), look(t, m, "&since=8")
	if n := strings.Count(whole, "<details"); n != 50 {
		t.Errorf("%d runs in the history", n)
	}
	if n := strings.Count(again, "<details"); n != 1 || !strings.Contains(again, `id="kb-run-9"`) || !strings.Contains(again, "(50 runs)") {
		t.Errorf("%d runs are fetched again:\n%s", n, again)
	}
	if !strings.HasPrefix(strings.TrimSpace(again), `<div id="kb-log-live"`) {
		t.Errorf("the piece begins with %.60q", again)
	}
}
