package proxmox_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

func TestTrap_deletePurgesByTheQueryAndHasNoBody(t *testing.T) {
	t.Parallel()
	s := always(ok(`"` + upid + `"`))
	got, err := cluster(t, s, nil).Delete(context.Background(), "pve1", 100)
	r := s.last(t)
	if err != nil || got != upid || r.method != "DELETE" || r.path != "/nodes/pve1/qemu/100" || r.query != "purge=1" {
		t.Errorf("got %q, %v and sent %s %s?%s", got, err, r.method, r.path, r.query)
	}
	if r.body != "" || r.chunked || r.length > 0 {
		t.Errorf("a body of %q was sent; Proxmox refuses one", r.body)
	}
}

func TestTrap_shutdownSendsWholeSecondsAndNeverForces(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]string{2 * time.Minute: "120", 1500 * time.Millisecond: "2", time.Millisecond: "1", 0: "1", -time.Second: "1"} {
		s := always(ok(`"` + upid + `"`))
		got, err := cluster(t, s, nil).Shutdown(context.Background(), "pve1", 100, timeout)
		r := s.last(t)
		if sent := r.sent(t); err != nil || got != upid || r.path != "/nodes/pve1/qemu/100/status/shutdown" || !maps.Equal(sent, map[string]string{"timeout": want}) {
			t.Errorf("%v: got %q, %v and sent %v to %s", timeout, got, err, sent, r.path)
		}
	}
}

// 7.4 does not know the wish to overrule a shutdown and guests under high availability are refused it: neither must keep a
// guest from being stopped. Anything else is sent once.
func TestTrap_stopOverrulesAShutdownWhereItMay(t *testing.T) {
	t.Parallel()
	refused := func(text string) reply {
		return reply{400, "Parameter verification failed.", `{"data":null,"errors":{"overrule-shutdown":"` + text + `"}}`}
	}
	old := refused("property is not defined in schema and the schema does not allow additional properties")
	for name, row := range map[string]struct {
		version string // "" = not known
		first   reply
		want    []string // bodies
		fails   bool
	}{
		"9.2":                       {"9.2.3", ok(`"` + upid + `"`), []string{`{"overrule-shutdown":1}`}, false},
		"8.4":                       {"8.4.5", ok(`"` + upid + `"`), []string{`{"overrule-shutdown":1}`}, false},
		"7.4":                       {"7.4-16", ok(`"` + upid + `"`), []string{""}, false},
		"unknown release":           {"", ok(`"` + upid + `"`), []string{`{"overrule-shutdown":1}`}, false},
		"7.4, unknown":              {"", old, []string{`{"overrule-shutdown":1}`, ""}, false},
		"7.4 in a cluster with 8.4": {"8.4.5", old, []string{`{"overrule-shutdown":1}`, ""}, false},
		"high availability":         {"9.2.3", refused("Not applicable for HA resources."), []string{`{"overrule-shutdown":1}`, ""}, false},
		"another refusal":           {"9.2.3", reply{400, "Parameter verification failed.", `{"errors":{"vmid":"bad"}}`}, []string{`{"overrule-shutdown":1}`}, true},
		"lost":                      {"9.2.3", reply{596, "Connection timed out", ""}, []string{`{"overrule-shutdown":1}`}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bodies []string
			s := &stub{answers: func(_ int, r request) reply {
				if r.path == "/version" {
					return ok(`{"version":"` + row.version + `","release":"x"}`)
				}
				bodies = append(bodies, r.body)
				if len(bodies) == 1 {
					return row.first
				}
				return ok(`"` + upid + `"`)
			}}
			c := cluster(t, s, nil)
			if row.version != "" {
				if _, err := c.Version(context.Background()); err != nil {
					t.Fatal(err)
				}
			}
			got, err := c.Stop(context.Background(), "pve1", 100)
			if (err != nil) != row.fails || (got == upid) == row.fails {
				t.Errorf("got %q, %v", got, err)
			}
			if strings.Join(bodies, "|") != strings.Join(row.want, "|") {
				t.Errorf("sent %q, want %q", bodies, row.want)
			}
		})
	}
}

// Every verb that starts a task: an answer that names none leaves the outcome open, and so does a lost one.
func TestTrap_anAnswerWithoutATaskLeavesTheOutcomeOpen(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*proxmox.Cluster) (string, error){
		"shutdown": func(c *proxmox.Cluster) (string, error) {
			return c.Shutdown(context.Background(), "pve1", 100, time.Minute)
		},
		"stop":   func(c *proxmox.Cluster) (string, error) { return c.Stop(context.Background(), "pve1", 100) },
		"delete": func(c *proxmox.Cluster) (string, error) { return c.Delete(context.Background(), "pve1", 100) },
		"snapshot": func(c *proxmox.Cluster) (string, error) {
			return c.DeleteSnapshot(context.Background(), "pve1", 100, "s1")
		},
		"backup": func(c *proxmox.Cluster) (string, error) {
			return c.DeleteBackup(context.Background(), "pve1", "bk", "bk:backup/vm/100/2026-01-31T23:59:59Z")
		},
	} {
		for what, answer := range map[string]reply{"no task": ok(`"OK"`), "an object": ok(`{"pid":7}`), "null": ok(`null`), "lost": {}, "596": {596, "Connection timed out", ""}} {
			if name == "backup" && what == "null" {
				continue // there it means that the work is done
			}
			s := always(answer)
			got, err := do(cluster(t, s, nil))
			if got != "" || !errors.Is(err, hypervisor.ErrUnknownOutcome) || pipeline.FaultOf(err) != pipeline.Transient {
				t.Errorf("%s, %s: got %q, %v; want ErrUnknownOutcome", name, what, got, err)
			}
			if n := len(s.requests()); n != 1 {
				t.Errorf("%s, %s: sent %d times", name, what, n)
			}
		}
	}
}

func TestTrap_passwordsGoToTheAgentAndNowhereElse(t *testing.T) {
	t.Parallel()
	const password = "marker-agent-password-7"
	for name, answer := range map[string]reply{
		"accepted":       ok(`{"result":{}}`),
		"refused field":  {400, "Parameter verification failed.", `{"errors":{"password":"value '` + password + `' is too weak"}}`},
		"agent error":    {500, "", `{"data":null,"message":"Agent error: chpasswd: line 1: root:` + password + `: failed\n"}`},
		"in the status":  {500, "cannot set user password: " + password, ""},
		"proxy in front": {502, "Bad Gateway " + password, "<html>" + password + "</html>"},
		"no JSON":        {200, "OK", "it is " + password},
		"lost":           {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			s := always(answer)
			c := cluster(t, s, func(cfg *proxmox.Config) {
				cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			err := c.SetPassword(context.Background(), "pve1", 100, "root", password)
			if (err == nil) != (name == "accepted") {
				t.Errorf("got %v", err)
			}
			if err != nil && strings.Contains(err.Error(), password) || strings.Contains(log.String(), password) {
				t.Errorf("the password is in the error %v or the log:\n%s", err, log.String())
			}
			r := s.last(t)
			if sent := r.sent(t); r.method != "POST" || r.path != "/nodes/pve1/qemu/100/agent/set-user-password" || r.query != "" ||
				!maps.Equal(sent, map[string]string{"username": "root", "password": password}) {
				t.Errorf("sent %s %s?%s with %d keys", r.method, r.path, r.query, len(sent))
			}
			if len(s.requests()) != 1 {
				t.Errorf("sent %d times", len(s.requests()))
			}
		})
	}
}
