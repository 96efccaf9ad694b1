package contract

import (
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// Endpoint is one verb on one path of one release.
type Endpoint struct {
	Method string
	Path   string // template, e.g. /nodes/{node}/qemu/{vmid}/config

	AllowToken  bool // false: API tokens get 403 before anything else
	ProxyToNode bool // the call is answered by the node named in the path
	// Protected tells that the privileged daemon answers. 7.4 re-encodes such
	// calls as a form on their way there, which turns JSON true into 1.
	Protected bool
	Perm      Perm

	parts []string
	takes schema.Object
}

// Find matches method and path against the endpoints of a release. The path is
// without /api2/json, its segments unescaped; slashes at its end are ignored. An
// unknown path gives no endpoint and ok false, and so does a verb that a known
// path lacks: both are answered with 501 (pve-behaviour §1.1).
func Find(v Version, method, path string) (ep *Endpoint, pathParams map[string]string, ok bool) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, e := range endpoints(v) {
		if e.Method != method {
			continue
		}
		if vars, fits := e.match(segments); fits {
			return e, vars, true
		}
	}
	return nil, nil, false
}

// Endpoints lists every endpoint of a release in table order.
func Endpoints(v Version) []*Endpoint { return endpoints(v) }

// Takes tells whether the call knows a parameter of that name.
func (ep *Endpoint) Takes(name string) bool { return ep.takes.Row(name) != nil }

// match compares segments with the template. The last placeholder of a path
// that ends in it swallows slashes where values may hold some.
func (ep *Endpoint) match(segments []string) (vars map[string]string, ok bool) {
	if n := len(ep.parts); len(segments) > n && swallows(ep.parts[n-1]) {
		tail := strings.Join(segments[n-1:], "/")
		segments = append(slices.Clone(segments[:n-1]), tail)
	}
	if !slices.EqualFunc(ep.parts, segments, fitsPart) {
		return nil, false
	}
	vars = map[string]string{}
	for i, part := range ep.parts {
		if isVar(part) {
			vars[part[1:len(part)-1]] = segments[i]
		}
	}
	return vars, true
}

func isVar(part string) bool { return strings.HasPrefix(part, "{") }

func fitsPart(part, segment string) bool {
	return part == segment || isVar(part) && segment != ""
}

// swallows names the path parameters that may contain slashes: volumes, and
// CIDRs whose slash was not escaped (pve-behaviour §16, §19).
func swallows(part string) bool { return part == "{volume}" || part == "{cidr}" }

// route is a row of the endpoint tables, for all releases in its span.
type route struct {
	Endpoint

	span       schema.Span
	open       bool             // unknown parameters are let through
	permBefore map[Version]Perm // releases whose permission differs
	rows       params
}

func call(method, path string, perm Perm, groups []params) route {
	ep := Endpoint{
		Method: method, Path: path, Perm: perm, AllowToken: true,
		Protected: method != http.MethodGet,
		parts:     strings.Split(strings.Trim(path, "/"), "/"),
	}
	return route{Endpoint: ep, rows: join(groups...)}
}

func get(path string, perm Perm, groups ...params) route {
	return call(http.MethodGet, path, perm, groups)
}

func post(path string, perm Perm, groups ...params) route {
	return call(http.MethodPost, path, perm, groups)
}

func put(path string, perm Perm, groups ...params) route {
	return call(http.MethodPut, path, perm, groups)
}

func del(path string, perm Perm, groups ...params) route {
	return call(http.MethodDelete, path, perm, groups)
}

func (r route) onNode() route        { r.ProxyToNode = true; return r }
func (r route) private() route       { r.Protected = true; return r }
func (r route) noToken() route       { r.AllowToken = false; return r }
func (r route) anyParam() route      { r.open = true; return r }
func (r route) From(v Version) route { r.span.Since = v; return r }

// before gives the permission of older releases.
func (r route) before(p Perm, vs ...Version) route {
	r.permBefore = map[Version]Perm{}
	for _, v := range vs {
		r.permBefore[v] = p
	}
	return r
}

func (r route) at(v Version) *Endpoint {
	ep := r.Endpoint
	if p, ok := r.permBefore[v]; ok {
		ep.Perm = p
	}
	ep.takes = schema.NewObject(v, r.rows, r.open)
	return &ep
}

//nolint:gochecknoglobals // immutable tables, built once per release
var builtTables = map[Version]func() []*Endpoint{
	V74: sync.OnceValue(func() []*Endpoint { return build(V74) }),
	V84: sync.OnceValue(func() []*Endpoint { return build(V84) }),
	V92: sync.OnceValue(func() []*Endpoint { return build(V92) }),
}

func endpoints(v Version) []*Endpoint {
	if built, ok := builtTables[v]; ok {
		return built()
	}
	return nil
}

func build(v Version) []*Endpoint {
	var all []*Endpoint
	for _, table := range [][]route{
		accessRoutes(), clusterRoutes(), clusterFirewallRoutes(), nodeRoutes(), networkRoutes(),
		qemuRoutes(), qemuPartRoutes(), qemuStateRoutes(), qemuAgentRoutes(), qemuFirewallRoutes(), taskRoutes(),
		backupRoutes(), storageRoutes(), poolRoutes(),
	} {
		for _, r := range table {
			if r.span.Holds(v) {
				all = append(all, r.at(v))
			}
		}
	}
	return all
}
