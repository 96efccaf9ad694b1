package pvesim

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
)

// Request is a line of the request log. Params hold secrets as they were sent: this is a test tool.
type Request struct {
	At           time.Time
	Method, Path string // path without /api2/json
	Params       map[string]string
	Who          string
	Status       int // 0 when the connection was dropped
	Reason       string
}

// ServeHTTP answers paths under /api2/json and /api2/extjs, in the order of pve-behaviour §1.1.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.advance()
	entry := Request{At: s.line.Now(), Method: r.Method, Path: r.URL.Path}
	answer, dropped := s.serve(r, &entry)
	entry.Status, entry.Reason = answer.Status, answer.Reason
	if dropped {
		entry.Status = 0
	}
	s.requests = append(s.requests, entry)
	s.mu.Unlock()
	if dropped {
		wire.Drop(w)
		return
	}
	wire.Send(w, answer)
}

func (s *Sim) serve(r *http.Request, entry *Request) (answer wire.Answer, dropped bool) {
	path, extjs := strings.CutPrefix(r.URL.Path, "/api2/extjs")
	if !extjs {
		var ok bool
		if path, ok = strings.CutPrefix(r.URL.Path, "/api2/json"); !ok {
			return wire.Answer{Status: http.StatusNotFound, Reason: "Not Found"}, false
		}
	}
	path = "/" + strings.Trim(path, "/")
	entry.Path = path
	if n := s.node(s.local()); n != nil && n.offline {
		return wire.Answer{}, true
	}
	fault := s.matchFault(r.Method, path)
	if fault != nil {
		s.sleep(r.Context(), fault.Delay)
		if fault.Drop == DropBefore {
			return wire.Answer{}, true
		}
		if fault.Status != 0 {
			return fault.answer(s.cfg.Version), false
		}
	}
	data, err := s.handle(r, path, entry, fault)
	answer = wire.Success(data)
	if err != nil {
		answer = wire.Failure(err, s.cfg.Version)
	}
	if extjs {
		answer = wire.Wrapped(answer)
	}
	return answer, fault != nil && fault.Drop == DropAfter
}

// handle takes a request through the layers: HTTP, login, method, permission, node, parameters, handler.
func (s *Sim) handle(r *http.Request, path string, entry *Request, fault *Fault) (any, error) {
	v := s.cfg.Version
	if err := wire.CheckRequest(r, v); err != nil {
		return nil, err
	}
	params, err := wire.Params(r, v)
	if err != nil {
		return nil, err
	}
	entry.Params = plainParams(params)
	ep, vars, known := contract.Find(v, r.Method, path)
	c := &call{Sim: s, ctx: r.Context(), ep: ep, path: vars, p: params, node: vars["node"], fault: fault}
	c.vmid, _ = strconv.Atoi(vars["vmid"])
	if !known || !ep.Perm.World() || r.Header.Get("Authorization") != "" {
		if c.id, err = s.login(r); err != nil {
			s.sleep(r.Context(), s.cfg.Durations.FailedLogin)
			return nil, err
		}
		entry.Who = c.id.String()
	}
	do, simulated := routes()[routeKey(ep)]
	if !known || !simulated {
		return nil, &refusal.Error{
			Status: http.StatusNotImplemented, Bare: true,
			Text: "Method '" + r.Method + " " + path + "' not implemented",
		}
	}
	if err := c.admit(); err != nil {
		return nil, err
	}
	if faults := ep.Validate(v, c.p); faults != nil {
		return nil, refusal.Params(faults)
	}
	return do(c)
}

func routeKey(ep *contract.Endpoint) string {
	if ep == nil {
		return ""
	}
	return ep.Method + " " + ep.Path
}

func plainParams(p contract.Params) map[string]string {
	out := map[string]string{}
	for k, v := range p {
		out[k] = v.Text
		if v.IsList {
			out[k] = strings.Join(v.List, "\x00")
		}
	}
	return out
}

// admit does the steps between login and validation.
func (c *call) admit() error {
	for key, value := range c.path {
		if given, again := c.p[key]; again && given.Text != value {
			return refusal.Param(key, "duplicate parameter (already defined in URI) with conflicting values!")
		}
		c.p[key] = contract.Value{Text: value}
	}
	if c.id.Token != "" && !c.ep.AllowToken {
		return tokenRefused(c.ep.Path)
	}
	if !c.id.IsRoot() {
		has := func(path, priv string) bool { return c.auth.Has(c.id, path, priv) }
		if text := c.ep.Perm.Check(c.cfg.Version, c.p, has); text != "" {
			if c.ep.Perm.Broken() {
				return refusal.Fault("%s", text)
			}
			return refusal.Forbidden(text)
		}
	}
	if c.ep.ProxyToNode {
		return c.reach(c.node)
	}
	return nil
}

// tokenRefused is the text for calls that tokens may not make; in the original the closing bracket has
// slipped to the second line (pve-behaviour §24.1).
func tokenRefused(path string) error {
	return &refusal.Error{
		Status: http.StatusForbidden, Tail: ")\n",
		Text: "Permission check failed (URI '" + path + "' not available with API token, need proper ticket.",
	}
}

// reach refuses calls for nodes that are unknown or down.
func (c *call) reach(name string) error {
	n := c.Sim.node(name)
	if n == nil {
		return refusal.Fault("hostname lookup '%s' failed - failed to get address info for: %s: Name or service not known", name, name)
	}
	if n.offline {
		c.sleep(c.ctx, c.cfg.Durations.Unreachable)
		return &refusal.Error{Status: 595, Text: "No route to host", NoBody: true}
	}
	return nil
}

// login finds out who is calling. A cookie is looked at before the Authorization header.
func (s *Sim) login(r *http.Request) (access.Identity, error) {
	now := s.line.Now()
	if cookie, err := r.Cookie("PVEAuthCookie"); err == nil {
		return s.ticketLogin(r, cookie.Value, now)
	}
	id, err := s.auth.CheckToken(r.Header.Get("Authorization"), now)
	if err != nil {
		return id, s.unauthorized(err)
	}
	return id, nil
}

func (s *Sim) ticketLogin(r *http.Request, ticket string, now time.Time) (access.Identity, error) {
	if plain, err := url.PathUnescape(ticket); err == nil {
		ticket = plain
	}
	id, err := s.auth.CheckTicket(ticket, now)
	if err != nil {
		return id, s.unauthorized(err)
	}
	if r.Method != http.MethodGet && !s.auth.CheckCSRF(r.Header.Get("CSRFPreventionToken"), id.User, now) {
		return id, s.unauthorized(access.ErrCSRF)
	}
	return id, nil
}

// unauthorized is the 401 of the login check: no body; release 9 says the same for nearly everything.
func (s *Sim) unauthorized(err error) error {
	text := err.Error()
	if s.cfg.Version == contract.V92 && err != access.ErrNoTicket && err != access.ErrCSRF { //nolint:errorlint // the very sentinels
		text = "Authentication failed!"
	}
	return &refusal.Error{Status: http.StatusUnauthorized, Text: text, NoBody: true}
}

// waitFor blocks a synchronous call until a guest's file lock is free, 10 s at most.
func (s *Sim) waitFor(ctx context.Context, vmid int) error {
	deadline := s.line.Now().Add(lockWait)
	for s.line.Busy(lockName(vmid)) {
		left := deadline.Sub(s.line.Now())
		if left <= 0 {
			return refusal.Fault("%s", lockTimeout(vmid))
		}
		if next, ok := s.line.Next(); ok && next.Before(deadline) {
			left = next.Sub(s.line.Now())
		}
		s.sleep(ctx, max(left, time.Millisecond))
		if ctx.Err() != nil {
			return refusal.Fault("request aborted")
		}
	}
	return nil
}
