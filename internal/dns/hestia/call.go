package hestia

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// panel is a server with credentials. Its methods need the server's turn.
type panel struct {
	endpoint string
	auth     url.Values
	key      bool     // auth is an access key
	id       [32]byte // of auth, without telling it
	client   *wire.Client
	timeout  time.Duration
	lane     *lane
	clock    clock.Clock
	log      *slog.Logger
}

// pauses before another try, on the panel's clock.
func pauses() []time.Duration { return []time.Duration{5 * time.Second, 30 * time.Second} }

// list runs a command for its output. Reads are repeated when what stopped them passes.
func (p *panel) list(ctx context.Context, cmd string, args ...string) ([]byte, error) {
	for try := 0; ; try++ {
		a, err := p.call(ctx, cmd, "no", args)
		if err == nil {
			var out []byte
			if out, err = p.output(a); err == nil {
				return out, nil
			}
		}
		if !passes(err) || try == len(pauses()) || clock.Sleep(ctx, p.clock, pauses()[try]) != nil {
			return nil, err
		}
	}
}

// run runs a command once for its exit code; a code other than 0 is a *failure.
func (p *panel) run(ctx context.Context, cmd string, args ...string) error {
	a, err := p.call(ctx, cmd, "yes", args)
	if err != nil {
		return err
	}
	code, err := p.exitCode(a)
	if err == nil && code != 0 {
		err = &failure{code: code}
	}
	return err
}

// call sends every argument, empty ones too: the panel closes gaps up, which shifts what follows.
func (p *panel) call(ctx context.Context, cmd, returncode string, args []string) (wire.Answer, error) {
	if !p.lane.mayLogin(p.id, p.clock.Now()) {
		return wire.Answer{}, &failure{code: badPassword, said: "not asked again for ten minutes, because the panel locks out whoever fails five times"}
	}
	form := url.Values{"returncode": {returncode}, "cmd": {cmd}}
	maps.Copy(form, p.auth)
	for i, arg := range args {
		form.Set(fmt.Sprintf("arg%d", i+1), arg)
	}
	began := p.clock.Now()
	a, err := p.client.Do(ctx, wire.Call{
		Method: http.MethodPost, URL: p.endpoint, Body: []byte(form.Encode()), Limit: wire.List,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	})
	p.note(ctx, cmd, a, err, p.clock.Now().Sub(began))
	return a, err
}

// note counts logins and logs the call: neither form nor answer, which hold secrets and what a stranger says.
func (p *panel) note(ctx context.Context, cmd string, a wire.Answer, err error, took time.Duration) {
	if err == nil {
		switch no := p.denied(a); {
		case no == nil && a.Status < http.StatusInternalServerError:
			p.lane.noteLogin(p.id, p.clock.Now(), true)
		case no != nil && no.code == badPassword:
			p.lane.noteLogin(p.id, p.clock.Now(), false)
		}
	}
	p.log.DebugContext(ctx, "panel call", "command", cmd, "status", a.Status, "code", a.Header.Get(codeHeader), "took", took, "answered", err == nil)
}

const codeHeader = "Hestia-Exit-Code"

//nolint:gochecknoglobals // immutable
var (
	digits = regexp.MustCompile(`^\d{1,3}$`)
	// words by which password mode tells why, with a status of 200 and without a code.
	words = []struct {
		said string
		code int
	}{
		{"API has been disabled", disabled},
		{"Error: Disabled", disabled},
		{"IP is not allowed", forbidden},
		{"authentication failed", badPassword},
		{"Invalid secret key", badPassword},
		{"have permission to run", forbidden},
		{"doesn't match the key's user", forbidden},
		{"doesn't exist", missing},
		{"is suspended", suspended},
		{"is not enabled", disabled},
	}
)

// denied finds the refusal of a call that was not carried out; nil when the command ran, or may have.
func (p *panel) denied(a wire.Answer) *failure {
	f := p.failureOf(a)
	switch {
	case f == nil:
		return nil
	case a.Status == http.StatusNotFound, a.Status == http.StatusMethodNotAllowed:
		return f
	case f.code == badPassword, f.code == forbidden, f.code == disabled, f.code == noKeys:
		return f
	}
	return nil
}

// failureOf reads an answer that is not a success; nil when it may be one. Secrets go from the panel's words before these are
// cut or quoted, which would hide a part of one.
func (p *panel) failureOf(a wire.Answer) *failure {
	body := strings.TrimSpace(string(a.Body))
	if a.Status/100 == 2 && !strings.HasPrefix(body, "Error:") && !strings.HasPrefix(body, "Usage:") {
		return nil
	}
	f := &failure{code: unknown, status: a.Status}
	if n, err := strconv.Atoi(a.Header.Get(codeHeader)); err == nil {
		f.code = n
	} else if n, err := strconv.Atoi(body); err == nil && a.Status != http.StatusOK {
		f.code = n
	}
	if strings.HasPrefix(body, "<") || digits.MatchString(body) {
		return f
	}
	f.said = p.client.Secrets().Quote([]byte(strings.TrimPrefix(body, "Error: ")))
	for _, w := range words {
		if f.code == unknown && strings.Contains(body, w.said) {
			f.code = w.code
		}
	}
	return f
}

// output of a command that was asked for one.
func (p *panel) output(a wire.Answer) ([]byte, error) {
	if f := p.failureOf(a); f != nil {
		return nil, f
	}
	if !strings.HasPrefix(strings.TrimSpace(string(a.Body)), "{") {
		// "OK" is what a command says that failed without a word.
		return nil, &failure{code: unknown, status: a.Status, odd: true, said: p.client.Secrets().Quote(a.Body)}
	}
	return a.Body, nil
}

// exitCode of a command that was asked for it. Only one to three digits are a code; what else does not tell that the command did not
// run is an error without a known outcome.
func (p *panel) exitCode(a wire.Answer) (int, error) {
	body := strings.TrimSpace(string(a.Body))
	if f := p.denied(a); f != nil {
		return 0, f
	}
	if a.Status/100 == 2 && digits.MatchString(body) {
		return strconv.Atoi(body)
	}
	f := p.failureOf(a)
	if f == nil {
		f = &failure{status: a.Status, said: p.client.Secrets().Quote(a.Body)}
	}
	f.code, f.odd = unknown, true
	return 0, f
}
