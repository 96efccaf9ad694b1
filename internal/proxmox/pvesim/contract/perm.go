package contract

import (
	"regexp"
	"strings"
	"sync"
)

// Perm is the declarative permission of a call, checked before its parameters
// are validated (pve-behaviour §1.1, §2). The zero value is a method that only
// root@pam may call.
type Perm struct {
	kind    permKind
	path    string // template, placeholders filled from the parameters
	privs   []string
	any     bool   // one privilege is enough
	require string // the branch counts only when this parameter is given
	parts   []Perm
}

type permKind int

const (
	permRoot permKind = iota
	permWorld
	permUser
	permPriv
	permAnd
	permOr
	permBroken
)

const permFailed = "Permission check failed"

func world() Perm    { return Perm{kind: permWorld} }
func everyone() Perm { return Perm{kind: permUser} }
func rootOnly() Perm { return Perm{} }

// on asks for every one of the privileges.
func on(path string, privs ...string) Perm {
	return Perm{kind: permPriv, path: path, privs: privs}
}

// anyOn asks for one of the privileges.
func anyOn(path string, privs ...string) Perm {
	return Perm{kind: permPriv, path: path, privs: privs, any: true}
}

// brokenOn is a check that the release fails to evaluate, see [Perm.Broken].
func brokenOn(path, priv string) Perm {
	return Perm{kind: permBroken, path: path, privs: []string{priv}}
}

func (p Perm) ifGiven(param string) Perm { p.require = param; return p }

func both(parts ...Perm) Perm   { return Perm{kind: permAnd, parts: parts} }
func either(parts ...Perm) Perm { return Perm{kind: permOr, parts: parts} }

// World tells that the call needs no login at all.
func (p Perm) World() bool { return p.kind == permWorld }

// RootOnly tells that only a root@pam login, not even its token, may call.
func (p Perm) RootOnly() bool { return p.kind == permRoot }

// Broken tells that the release checks this permission with a faulty
// expression: everybody but root@pam gets status 500 instead of 403, with the
// text that Check returns (7.4, PUT cloudinit).
func (p Perm) Broken() bool { return p.kind == permBroken }

// Check returns "" when the caller may go on, else the text of the 403. The
// params include those of the path; has answers for one caller, one path and
// one privilege. A root@pam login passes everything and is not to be asked.
func (p Perm) Check(_ Version, params Params, has func(path, priv string) bool) string {
	ok, what := p.eval(params, has)
	switch {
	case ok:
		return ""
	case p.kind == permBroken:
		return what
	case what == "":
		return permFailed
	default:
		return permFailed + " (" + what + ")"
	}
}

// eval returns the detail of the first missing privilege. Branches of an "or"
// are tried silently, so a failed one has no detail.
func (p Perm) eval(params Params, has func(path, priv string) bool) (ok bool, what string) {
	switch p.kind {
	case permRoot:
		return false, "user != root@pam"
	case permWorld, permUser:
		return true, ""
	case permPriv:
		return p.evalPriv(params, has)
	case permAnd:
		for _, part := range p.parts {
			if ok, what := part.eval(params, has); !ok {
				return false, what
			}
		}
		return true, ""
	case permOr:
		for _, part := range p.parts {
			if ok, _ := part.eval(params, has); ok {
				return true, ""
			}
		}
		return false, ""
	case permBroken:
		return false, `Can't use string ("` + p.privs[0] + `") as an ARRAY ref while "strict refs" in use`
	}
	return false, ""
}

func (p Perm) evalPriv(params Params, has func(path, priv string) bool) (ok bool, what string) {
	if _, given := params[p.require]; p.require != "" && !given {
		return false, ""
	}
	path := fillPath(p.path, params)
	if p.any {
		for _, priv := range p.privs {
			if has(path, priv) {
				return true, ""
			}
		}
		return false, path + ", " + strings.Join(p.privs, "|")
	}
	for _, priv := range p.privs {
		if !has(path, priv) {
			return false, path + ", " + priv
		}
	}
	return true, ""
}

// placeholder finds {name} in path templates.
func placeholder() *regexp.Regexp { return placeholderOnce() }

//nolint:gochecknoglobals // immutable, compiled once
var placeholderOnce = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\{([^}]+)\}`)
})

// fillPath writes parameters into an ACL path; one that is not given leaves
// nothing behind, and double or trailing slashes vanish.
func fillPath(template string, params Params) string {
	path := placeholder().ReplaceAllStringFunc(template, func(s string) string {
		return params[s[1:len(s)-1]].Text
	})
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	return "/" + strings.Join(parts, "/")
}
