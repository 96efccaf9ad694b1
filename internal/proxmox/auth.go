package proxmox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

// Auth is either an API token (TokenID and Secret) or a login (Username with realm, and Password).
type Auth struct {
	TokenID, Secret    string // user@realm!name and its secret
	Username, Password string // user@realm
}

// ParseAuth reads the user name and password fields of a server entry: a name with an exclamation mark is a token.
// The error is a sentence for a person and never repeats the secret.
func ParseAuth(name, secret string) (Auth, error) {
	name, secret = strings.TrimSpace(name), strings.TrimSpace(secret)
	a := Auth{Username: name, Password: secret}
	if strings.Contains(name, "!") {
		a = Auth{TokenID: name, Secret: secret}
	}
	return a, a.valid()
}

// String names the account without its secret.
func (a Auth) String() string {
	if a.token() {
		return "API token " + a.TokenID
	}
	return "user " + a.Username
}

// GoString keeps secrets out of %#v.
func (a Auth) GoString() string { return a.String() }

// MarshalText keeps secrets out of JSON, such as that of a log.
func (a Auth) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

func (a Auth) token() bool { return a.TokenID != "" }

func (a Auth) valid() error {
	name, secret := a.Username, a.Password
	if a.token() {
		name, secret = a.TokenID, a.Secret
	}
	user, rest, found := strings.Cut(name, "@")
	realm, token, named := strings.Cut(rest, "!")
	switch {
	case name == "":
		return errors.New("the server has no Proxmox user name; enter an API token such as kvmbridge@pve!whmcs, or user@realm")
	case !found || user == "" || realm == "":
		return fmt.Errorf("the Proxmox user name %q has no realm; write it as user@realm (such as root@pam) or user@realm!token", name)
	case a.token() && (!named || token == ""):
		return fmt.Errorf("the API token %q has no name after the exclamation mark; write it as user@realm!token", name)
	case secret == "":
		return fmt.Errorf("%s has no secret; enter it in the password field", a)
	case strings.ContainsAny(name+secret, "\r\n") && a.token():
		return fmt.Errorf("%s or its secret contains a line break", a)
	}
	return nil
}

const (
	loginPath = "/access/ticket"
	// ticketLife: a ticket lives two hours (pve-behaviour §2); a new one is fetched at half time.
	ticketLife = time.Hour
)

type ticket struct {
	Ticket    string `json:"ticket"`
	CSRF      string `json:"CSRFPreventionToken"`
	NeedTFA   flag   `json:"NeedTFA"`
	fetchedAt time.Time
}

// session authenticates requests with a ticket. The driver's own session is not used: several first callers at once get
// errors from it, and a ticket that Proxmox rejects early is not renewed.
type session struct {
	base    http.RoundTripper
	root    string
	auth    Auth
	clock   clock.Clock
	timeout time.Duration

	logins singleflight.Group
	mu     sync.Mutex
	held   ticket
}

func newSession(base http.RoundTripper, root string, cfg Config) *session {
	return &session{base: base, root: root, auth: cfg.Auth, clock: cfg.Clock, timeout: cfg.Timeout}
}

// RoundTrip implements http.RoundTripper. A 401 means that nothing was done, so one repetition after a new login is safe
// for writes too.
func (s *session) RoundTrip(r *http.Request) (*http.Response, error) {
	t, err := s.ticket(r.Context(), "")
	if err != nil {
		return nil, err
	}
	res, err := s.send(r, t)
	if refused, ok := errors.AsType[*Error](err); !ok || refused.Code != http.StatusUnauthorized {
		return res, err
	}
	if t, err = s.ticket(r.Context(), t.Ticket); err != nil {
		return nil, err
	}
	return s.send(r, t)
}

// send sends a copy of r with the ticket; every verb but GET needs the second token.
func (s *session) send(r *http.Request, t ticket) (*http.Response, error) {
	r2 := r.Clone(r.Context())
	if r.GetBody != nil {
		body, err := r.GetBody()
		if err != nil {
			return nil, fmt.Errorf("repeat the request: %w", err)
		}
		r2.Body = body
	}
	r2.Header.Set("Cookie", "PVEAuthCookie="+url.QueryEscape(t.Ticket))
	if r.Method != http.MethodGet {
		r2.Header.Set("CSRFPreventionToken", t.CSRF)
	}
	return s.base.RoundTrip(r2)
}

// ticket returns a valid ticket other than rejected; callers who need a new one at the same time share one login.
func (s *session) ticket(ctx context.Context, rejected string) (ticket, error) {
	if t, ok := s.current(rejected); ok {
		return t, nil
	}
	// The login serves everybody who waits, so it must not end with the first one's patience.
	shared := s.logins.DoChan("login", func() (any, error) {
		if t, ok := s.current(rejected); ok {
			return t, nil
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
		defer cancel()
		return s.login(ctx)
	})
	select {
	case <-ctx.Done():
		return ticket{}, &NoAnswerError{Method: http.MethodPost, Path: loginPath, Host: place(s.root), Cause: ctx.Err()}
	case got := <-shared:
		t, _ := got.Val.(ticket)
		return t, got.Err
	}
}

func (s *session) current(rejected string) (ticket, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.held.Ticket != "" && s.held.Ticket != rejected && s.clock.Now().Sub(s.held.fetchedAt) < ticketLife
	return s.held, fresh
}

// login fetches a ticket with the password, which works however old the last ticket is.
func (s *session) login(ctx context.Context) (ticket, error) {
	form := url.Values{"username": {s.auth.Username}, "password": {s.auth.Password}}.Encode()
	//nolint:gosec // the address is the setting of the operator, checked by baseURL
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.root+loginPath, strings.NewReader(form))
	if err != nil {
		return ticket{}, fmt.Errorf("prepare the Proxmox login: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.base.RoundTrip(r)
	if err != nil {
		return ticket{}, s.silent(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Data ticket `json:"data"`
	}
	body, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	t := answer.Data
	switch {
	case err != nil || t.Ticket == "":
		return ticket{}, &NoAnswerError{Method: http.MethodPost, Path: loginPath, Sent: true, Cause: errors.New("the login answered without a ticket")}
	case bool(t.NeedTFA):
		return ticket{}, &Error{
			Code: http.StatusUnauthorized, Method: http.MethodPost, Path: loginPath,
			Reason: "user " + s.auth.Username + " needs a second factor; use an API token instead",
		}
	}
	t.fetchedAt = s.clock.Now()
	s.mu.Lock()
	s.held = t
	s.mu.Unlock()
	return t, nil
}

// silent blanks the password in a refusal that repeats it.
func (s *session) silent(err error) error {
	if refused, ok := errors.AsType[*Error](err); ok {
		refused.hide(s.auth.Password)
	}
	return err
}
