package access

import (
	"slices"
	"time"
)

// Root is the administrator whose name some checks compare with.
const Root = "root@pam"

// Identity is who a request comes from. Token is the token's name without the user, empty for a login.
type Identity struct{ User, Token string }

// String is the form that stands in task ids: user@realm or user@realm!token.
func (id Identity) String() string {
	if id.Token == "" {
		return id.User
	}
	return id.User + "!" + id.Token
}

// IsRoot tells whether the caller passes a comparison with root@pam; a token of root does not.
func (id Identity) IsRoot() bool { return id.User == Root && id.Token == "" }

// User is an account with a password.
type User struct {
	Name, Password string
	Disabled       bool
}

// Token is an API token. With Separate it needs grants of its own; Expire zero means never.
type Token struct {
	User, Name, Secret string
	Separate           bool
	Expire             time.Time
}

// Grant gives privileges on a path to a user ("a@pve") or a token ("a@pve!t"). "*" is every
// privilege, "NoAccess" takes all away. Here keeps the grant from reaching deeper paths.
type Grant struct {
	Who, Path string
	Privs     []string
	Here      bool
}

// Registry holds all of it. Callers serialise access.
type Registry struct {
	// PoolsOf names the pools that the guest or storage of a path is a member of; may be nil.
	PoolsOf func(path string) []string

	users  map[string]User
	tokens map[string]Token
	grants []Grant
	key    []byte
}

// New makes an empty registry whose tickets are signed with the given key.
func New(key []byte) *Registry {
	return &Registry{users: map[string]User{Root: {Name: Root}}, tokens: map[string]Token{}, key: key}
}

// AddUser adds or replaces an account.
func (r *Registry) AddUser(u User) { r.users[u.Name] = u }

// AddToken adds or replaces a token, and its user when that is new.
func (r *Registry) AddToken(t Token) {
	if _, ok := r.users[t.User]; !ok {
		r.users[t.User] = User{Name: t.User}
	}
	r.tokens[t.User+"!"+t.Name] = t
}

// Grant adds a grant; one for the same path and holder is replaced.
func (r *Registry) Grant(g Grant) {
	r.Revoke(g.Who, g.Path)
	r.grants = append(r.grants, g)
}

// Revoke takes the grant of a holder on exactly this path away.
func (r *Registry) Revoke(who, path string) {
	r.grants = slices.DeleteFunc(r.grants, func(g Grant) bool { return g.Who == who && g.Path == path })
}

// Forget drops every grant on a path: what destroying a guest does.
func (r *Registry) Forget(path string) {
	r.grants = slices.DeleteFunc(r.grants, func(g Grant) bool { return g.Path == path })
}

// Has tells whether the caller holds a privilege on a path.
func (r *Registry) Has(id Identity, path, priv string) bool {
	if id.Token == "" {
		return r.holds(id.User, path, priv)
	}
	if !r.holds(id.User, path, priv) {
		return false
	}
	return !r.tokens[id.String()].Separate || r.holds(id.String(), path, priv)
}

// HasAny tells whether the caller holds at least one of the privileges.
func (r *Registry) HasAny(id Identity, path string, privs ...string) bool {
	return slices.ContainsFunc(privs, func(p string) bool { return r.Has(id, path, p) })
}

func (r *Registry) holds(who, path, priv string) bool {
	if who == Root {
		return true
	}
	privs := r.effective(who, path)
	if slices.Contains(privs, "NoAccess") {
		return false
	}
	if r.PoolsOf != nil {
		for _, pool := range r.PoolsOf(path) {
			privs = append(privs, r.effective(who, "/pool/"+pool)...)
		}
	}
	return slices.Contains(privs, priv) || slices.Contains(privs, "*")
}

// effective walks from the root to the path; each deeper grant replaces what was inherited.
func (r *Registry) effective(who, path string) []string {
	var privs []string
	for _, step := range steps(path) {
		for _, g := range r.grants {
			if g.Who == who && g.Path == step && (!g.Here || step == path) {
				privs = slices.Clone(g.Privs)
			}
		}
	}
	return privs
}

func steps(path string) []string {
	out := []string{"/"}
	for i := range path {
		if i > 0 && path[i] == '/' {
			out = append(out, path[:i])
		}
	}
	if path != "/" {
		out = append(out, path)
	}
	return out
}
