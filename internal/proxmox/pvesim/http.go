package pvesim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
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
	params, refused := readRequest(r, s.world.Cfg.Version)
	leave := s.enter()
	entry := Request{At: s.world.Line.Now(), Method: r.Method, Path: r.URL.Path, Params: plainParams(params)}
	answer, dropped := s.serve(r, params, refused, &entry)
	entry.Status, entry.Reason = answer.Status, answer.Reason
	if dropped {
		entry.Status = 0
	}
	s.log(entry)
	leave()
	if dropped {
		wire.Drop(w)
		return
	}
	wire.Send(w, answer)
}

// keptRequests bounds the log of a simulator that runs for days.
const keptRequests = 200_000

func (s *Sim) log(entry Request) {
	if len(s.requests) >= keptRequests {
		s.requests = slices.Clone(s.requests[keptRequests/2:])
	}
	s.requests = append(s.requests, entry)
}

// readRequest takes everything off the wire before the world is entered, so that a slow client holds nobody up.
func readRequest(r *http.Request, v contract.Version) (contract.Params, error) {
	if err := wire.CheckRequest(r, v); err != nil {
		wire.Drain(r)
		return nil, err
	}
	return wire.Params(r, v)
}

func (s *Sim) serve(r *http.Request, params contract.Params, refused error, entry *Request) (answer wire.Answer, dropped bool) {
	path, extjs := strings.CutPrefix(r.URL.Path, "/api2/extjs")
	if !extjs {
		var ok bool
		if path, ok = strings.CutPrefix(r.URL.Path, "/api2/json"); !ok {
			return wire.Answer{Status: http.StatusNotFound, Reason: "Not Found"}, false
		}
	}
	path = "/" + strings.Trim(path, "/")
	entry.Path = path
	if n := s.world.FindNode(s.world.Local()); n != nil && n.Down {
		return wire.Answer{}, true
	}
	fault := s.matchFault(r.Method, path)
	if fault != nil {
		s.world.Sleep(r.Context(), fault.Delay)
		if fault.Drop == DropBefore {
			return wire.Answer{}, true
		}
		if fault.Status != 0 {
			return fault.answer(s.world.Cfg.Version), false
		}
	}
	data, err := any(nil), refused
	if err == nil {
		data, err = s.handle(r, path, params, entry, fault)
	}
	answer = wire.Success(data)
	if err != nil {
		answer = wire.Failure(err, s.world.Cfg.Version)
	}
	if extjs {
		answer = wire.Wrapped(answer)
	}
	return answer, fault != nil && fault.Drop == DropAfter
}

// handle takes a request that HTTP had nothing against through the other layers: login, method, permission, node, parameters, handler.
func (s *Sim) handle(r *http.Request, path string, params contract.Params, entry *Request, fault *Fault) (any, error) {
	v := s.world.Cfg.Version
	ep, vars, known := contract.Find(v, r.Method, path)
	c := &world.Call{World: s.world, Ctx: r.Context(), EP: ep, Path: vars, P: params, Node: vars["node"]}
	c.VMID, _ = strconv.Atoi(vars["vmid"])
	if fault != nil {
		c.Fault = world.TaskFault{Exit: fault.TaskFails, Warnings: fault.TaskWarnings}
	}
	if !known || !ep.Perm.World() || strings.HasPrefix(r.Header.Get("Authorization"), "PVEAPIToken=") {
		id, err := s.login(r)
		if err != nil {
			s.world.Sleep(r.Context(), s.world.Cfg.Durations.FailedLogin)
			return nil, err
		}
		c.ID, entry.Who = id, id.String()
	}
	do, simulated := routes()[routeKey(ep)]
	if !known || !simulated {
		return nil, &refusal.Error{
			Status: http.StatusNotImplemented, Bare: true,
			Text: "Method '" + r.Method + " " + path + "' not implemented",
		}
	}
	if err := admit(c); err != nil {
		return nil, err
	}
	if faults := ep.Validate(v, c.P); faults != nil {
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
func admit(c *world.Call) error {
	for key, value := range c.Path {
		if given, again := c.P[key]; again && given.Text != value {
			return refusal.Param(key, "duplicate parameter (already defined in URI) with conflicting values!")
		}
		c.P[key] = contract.Value{Text: value}
	}
	if c.ID.Token != "" && !c.EP.AllowToken {
		return tokenRefused(c.EP.Path)
	}
	if !c.ID.IsRoot() {
		has := func(path, priv string) bool { return c.Auth.Has(c.ID, path, priv) }
		if text := c.EP.Perm.Check(c.Cfg.Version, c.P, has); text != "" {
			if c.EP.Perm.Broken() {
				return refusal.Fault("%s", text)
			}
			return refusal.Forbidden(text)
		}
	}
	if c.EP.ProxyToNode {
		if err := reach(c, c.Node); err != nil {
			return err
		}
	}
	return checkQuorum(c)
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
func reach(c *world.Call, name string) error {
	n := c.FindNode(name)
	if n == nil {
		return refusal.Fault("hostname lookup '%s' failed - failed to get address info for: %s: Name or service not known", name, name)
	}
	if n.Down {
		c.Sleep(c.Ctx, c.Cfg.Durations.Unreachable)
		return &refusal.Error{Status: 595, Text: "No route to host", NoBody: true}
	}
	return nil
}

// login finds out who is calling. A cookie is looked at before the Authorization header.
func (s *Sim) login(r *http.Request) (access.Identity, error) {
	now := s.world.Line.Now()
	if cookie, err := r.Cookie("PVEAuthCookie"); err == nil {
		return s.ticketLogin(r, cookie.Value, now)
	}
	id, err := s.world.Auth.CheckToken(r.Header.Get("Authorization"), now)
	if err != nil {
		return id, s.unauthorized(err)
	}
	return id, nil
}

func (s *Sim) ticketLogin(r *http.Request, ticket string, now time.Time) (access.Identity, error) {
	if plain, err := url.PathUnescape(ticket); err == nil {
		ticket = plain
	}
	id, err := s.world.Auth.CheckTicket(ticket, now)
	if err != nil {
		return id, s.unauthorized(err)
	}
	if r.Method != http.MethodGet && !s.world.Auth.CheckCSRF(r.Header.Get("CSRFPreventionToken"), id.User, now) {
		return id, s.unauthorized(access.ErrCSRF)
	}
	return id, nil
}

// unauthorized is the 401 of the login check: no body; release 9 says the same for nearly everything.
func (s *Sim) unauthorized(err error) error {
	text := err.Error()
	if s.world.Cfg.Version == contract.V92 && err != access.ErrNoTicket && err != access.ErrCSRF { //nolint:errorlint // the very sentinels
		text = "Authentication failed!"
	}
	return &refusal.Error{Status: http.StatusUnauthorized, Text: text, NoBody: true}
}
