package powerdns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// api of one server.
type api struct {
	root   string // ends with /servers/localhost
	key    string
	client *wire.Client
	tries  wire.Tries
	clock  clock.Clock
	log    *slog.Logger
}

// refusal is an answer that is an error.
type refusal struct {
	status int
	said   string // by the server; may be ""
}

func (e *refusal) Error() string {
	said := e.said
	if said == "" {
		said = http.StatusText(e.status)
	}
	if e.status == http.StatusUnauthorized {
		said += ": the API key is not accepted"
	}
	return fmt.Sprintf("PowerDNS answers %d %s", e.status, said)
}

// Is makes a refusal lasting, unless its status is one that passes: 500 is a database that is busy (dns-providers §1.6).
func (e *refusal) Is(target error) bool { return target == dns.ErrRefused && !passing(e.status) }

func passing(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// status of an answer that was an error; 0 when err is none.
func status(err error) int {
	if r, ok := errors.AsType[*refusal](err); ok {
		return r.status
	}
	return 0
}

// get reads what lies below the server's address into out.
func (a *api) get(ctx context.Context, path string, out any) error {
	return a.call(ctx, wire.Call{Method: http.MethodGet, URL: a.root + path}, out)
}

// send writes; every write of this package may be repeated.
func (a *api) send(ctx context.Context, method, path string, body any) error {
	c := wire.Call{Method: method, URL: a.root + path}
	if body != nil {
		var err error
		if c.Body, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return a.call(ctx, c, nil)
}

// call repeats what fails in passing. Errors are without secrets.
func (a *api) call(ctx context.Context, c wire.Call, out any) error {
	c.Header = http.Header{"X-Api-Key": {a.key}, "Accept": {"application/json"}}
	try := 0
	body, err := wire.Retry(ctx, a.tries, func() ([]byte, error) {
		try++
		return a.once(ctx, c, try)
	})
	if err == nil && out != nil {
		if json.Unmarshal(body, out) != nil {
			err = fmt.Errorf("%w: the answer is not one of PowerDNS's API; is the address right? It begins with: %s", dns.ErrRefused, a.client.Secrets().Quote(body))
		}
	}
	return a.client.Secrets().Error(err)
}

func (a *api) once(ctx context.Context, c wire.Call, try int) ([]byte, error) {
	began := a.clock.Now()
	answer, err := a.client.Do(ctx, c)
	path, _, _ := strings.Cut(strings.TrimPrefix(c.URL, a.root), "?")
	a.log.DebugContext(ctx, "powerdns call", "verb", c.Method, "path", path, "status", answer.Status, "try", try, "took", a.clock.Now().Sub(began), "answered", err == nil)
	switch {
	case wire.Cut(err):
		return nil, fmt.Errorf("%w; is this machine in the server's webserver-allow-from?", err)
	case err != nil:
		return nil, err
	case answer.Status/100 != 2:
		return nil, &refusal{answer.Status, a.said(answer.Body)}
	}
	return answer.Body, nil
}

// said is the text of an error's answer.
func (a *api) said(body []byte) string {
	var e struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &e) == nil && e.Error != "" {
		return e.Error
	}
	return a.client.Secrets().Quote(body)
}
