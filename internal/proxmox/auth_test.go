package proxmox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox"
)

const password = "marker+pass=word&1"

// ticketing is a stub that hands out tickets t1, t2, … and accepts only those that valid allows.
func ticketing(valid func(ticket string) bool) *stub {
	var mu sync.Mutex
	logins := 0
	return &stub{answers: func(_ int, r request) reply {
		if r.path == "/access/ticket" {
			form, _ := url.ParseQuery(r.body)
			if form.Get("username") != "root@pam" || form.Get("password") != password {
				return reply{401, "authentication failure", `{"data":null,"message":"authentication failure for ` + form.Get("password") + `"}`}
			}
			mu.Lock()
			defer mu.Unlock()
			logins++
			return ok(fmt.Sprintf(`{"username":"root@pam","ticket":"PVE:root@pam:%d::s+g/=","CSRFPreventionToken":"csrf%d"}`, logins, logins))
		}
		cookie, _ := url.QueryUnescape(strings.TrimPrefix(r.header.Get("Cookie"), "PVEAuthCookie="))
		if !strings.HasPrefix(cookie, "PVE:root@pam:") || !strings.HasSuffix(cookie, "::s+g/=") || !valid(cookie) {
			return reply{401, "permission denied - invalid PVE ticket", ""}
		}
		if r.method != "GET" && r.header.Get("CSRFPreventionToken") != "csrf"+strings.Split(cookie, ":")[2] {
			return reply{401, "Permission denied - invalid csrf token", ""}
		}
		return ok(`null`)
	}}
}

func byPassword(cfg *proxmox.Config) {
	cfg.Auth = proxmox.Auth{Username: "root@pam", Password: password}
}

func logins(s *stub) int {
	n := 0
	for _, r := range s.requests() {
		if r.path == "/access/ticket" {
			n++
		}
	}
	return n
}

var cores = hypervisor.Change{Set: map[string]string{"cores": "2"}}

// Eight first callers at once: the driver gives seven of them an error.
func TestTrap_ticketsFirstCallersShareOneLogin(t *testing.T) {
	t.Parallel()
	s := ticketing(func(string) bool { return true })
	c := cluster(t, s, byPassword)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := c.Nodes(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := logins(s); n != 1 {
		t.Errorf("got %d logins, want 1", n)
	}
	if first := s.requests()[0]; first.path != "/access/ticket" {
		t.Errorf("the first request was %s; unauthenticated ones cost 3 s", first.path)
	}
}

func TestTrap_ticketsWritesCarryTheSecondToken(t *testing.T) {
	t.Parallel()
	s := ticketing(func(string) bool { return true })
	c := cluster(t, s, byPassword)
	if err := c.SetConfig(context.Background(), "pve1", 100, cores); err != nil {
		t.Fatal(err)
	}
	if r := s.last(t); r.header.Get("CSRFPreventionToken") != "csrf1" || r.header.Get("Authorization") != "" {
		t.Errorf("got headers %v, want csrf1 and no Authorization", r.header)
	}
	if _, err := c.Nodes(context.Background()); err != nil || s.last(t).header.Get("CSRFPreventionToken") != "" {
		t.Errorf("a read carries the second token (%v)", err)
	}
}

// A ticket that Proxmox rejects early is renewed once, and the write, which did not happen, is sent again with its body.
func TestTrap_ticketsRejectedEarlyAreRenewedOnce(t *testing.T) {
	t.Parallel()
	s := ticketing(func(ticket string) bool { return !strings.Contains(ticket, ":1:") })
	if err := cluster(t, s, byPassword).SetConfig(context.Background(), "pve1", 100, cores); err != nil {
		t.Fatal(err)
	}
	if r := s.last(t); logins(s) != 2 || r.sent(t)["cores"] != "2" || r.length != int64(len(r.body)) {
		t.Errorf("got %d logins and body %q, want 2 and the whole body", logins(s), r.body)
	}
	never := ticketing(func(string) bool { return false })
	err := cluster(t, never, byPassword).SetConfig(context.Background(), "pve1", 100, cores)
	if pipeline.FaultOf(err) != pipeline.NeedsPerson || errors.Is(err, hypervisor.ErrUnknownOutcome) || logins(never) != 2 {
		t.Errorf("got %v after %d logins, want a refusal after 2", err, logins(never))
	}
}

func TestTrap_ticketsAreRenewedBeforeTheyEnd(t *testing.T) {
	t.Parallel()
	clk := newInstant()
	s := ticketing(func(string) bool { return true })
	c := cluster(t, s, func(cfg *proxmox.Config) { byPassword(cfg); cfg.Clock = clk })
	for i, step := range []struct {
		later time.Duration
		want  int
	}{{0, 1}, {59 * time.Minute, 1}, {2 * time.Minute, 2}} {
		clk.offset.Add(int64(step.later))
		if _, err := c.Nodes(context.Background()); err != nil || logins(s) != step.want {
			t.Errorf("step %d: %d logins, %v; want %d", i, logins(s), err, step.want)
		}
	}
}

func TestTrap_ticketsWrongPasswordIsSaidWithoutIt(t *testing.T) {
	t.Parallel()
	const wrong = "marker-wrong-9"
	var log bytes.Buffer
	s := ticketing(func(string) bool { return true })
	c := cluster(t, s, func(cfg *proxmox.Config) {
		cfg.Auth = proxmox.Auth{Username: "root@pam", Password: wrong}
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	err := c.SetConfig(context.Background(), "pve1", 100, cores)
	if pipeline.FaultOf(err) != pipeline.NeedsPerson || !strings.Contains(err.Error(), "does not accept the user name and password") {
		t.Errorf("got %v (%v)", err, pipeline.FaultOf(err))
	}
	if said := err.Error() + log.String(); strings.Contains(said, wrong) {
		t.Errorf("the password is in a log or an error: %s", said)
	}
}

func TestTrap_ticketsAndPasswordsStayOutOfLogsAndErrors(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := ticketing(func(string) bool { return false })
	c := cluster(t, s, func(cfg *proxmox.Config) {
		byPassword(cfg)
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := c.Start(context.Background(), "pve1", 100)
	said := fmt.Sprintf("%v %+v %#v %s", err, err, err, log.String())
	for _, marker := range []string{password, url.QueryEscape(password), "PVE:root@pam", "PVE%3Aroot", "csrf1"} {
		if err == nil || strings.Contains(said, marker) {
			t.Errorf("%q is in a log or an error: %s", marker, said)
		}
	}
}

func TestTrap_ticketsSecondFactorIsExplained(t *testing.T) {
	t.Parallel()
	s := always(ok(`{"username":"root@pam","ticket":"PVE:!tfa!","NeedTFA":1}`))
	_, err := cluster(t, s, byPassword).Nodes(context.Background())
	if err == nil || !strings.Contains(err.Error(), "use an API token instead") {
		t.Errorf("got %v, want the advice to use a token", err)
	}
}

func TestTrap_ticketsLostLoginIsNoUnknownOutcome(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]reply{"lost": {}, "gateway": {502, "Bad Gateway", "<html>"}} {
		err := cluster(t, always(answer), byPassword).SetConfig(context.Background(), "pve1", 100, cores)
		if err == nil || errors.Is(err, hypervisor.ErrUnknownOutcome) || pipeline.FaultOf(err) != pipeline.Transient {
			t.Errorf("%s: got %v, want a transient error with a known outcome", name, err)
		}
	}
}

func TestAuth_showsNoSecretHoweverItIsPrinted(t *testing.T) {
	t.Parallel()
	for _, a := range []proxmox.Auth{{TokenID: tokenID, Secret: secret}, {Username: "root@pam", Password: secret}} {
		var out bytes.Buffer
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "auth", a, "config", proxmox.Config{Auth: a})
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "auth", a, "config", proxmox.Config{Auth: a})
		_, _ = fmt.Fprintf(&out, "%v %+v %#v %s %v %+v %#v", a, a, a, a, proxmox.Config{Auth: a}, &proxmox.Config{Auth: a}, proxmox.Config{Auth: a})
		if strings.Contains(out.String(), secret) || !strings.Contains(out.String(), a.TokenID+a.Username) {
			t.Errorf("printed as %s", out.String())
		}
	}
}

func TestAuth_readsTokensAndLogins(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		user, secret string
		want         proxmox.Auth
		complaint    string
	}{
		"token":      {" root@pam!whmcs-dev ", "s ", proxmox.Auth{TokenID: "root@pam!whmcs-dev", Secret: "s"}, ""},
		"login":      {"kvm@pve", "s", proxmox.Auth{Username: "kvm@pve", Password: "s"}, ""},
		"empty":      {"", "s", proxmox.Auth{}, "no Proxmox user name"},
		"no realm":   {"root", "s", proxmox.Auth{}, "has no realm"},
		"no user":    {"@pam", "s", proxmox.Auth{}, "has no realm"},
		"no name":    {"root@pam!", "s", proxmox.Auth{}, "no name after the exclamation mark"},
		"no realm!":  {"root!x", "s", proxmox.Auth{}, "has no realm"},
		"no secret":  {"root@pam", "", proxmox.Auth{}, "has no secret"},
		"line break": {"root@pam!x", "a\nb", proxmox.Auth{}, "line break"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := proxmox.ParseAuth(row.user, row.secret)
			if row.complaint == "" {
				if err != nil || got != row.want {
					t.Errorf("got %v, %v; want %v", got, err, row.want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), row.complaint) {
				t.Errorf("got %v, want a complaint with %q", err, row.complaint)
			}
		})
	}
}
