package world

import (
	"context"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// Call is one request on its way through a handler; the world's mutex is held.
type Call struct {
	*World

	Ctx   context.Context //nolint:containedctx // a call is a request's own value and lives as long
	ID    access.Identity
	EP    *contract.Endpoint
	Path  map[string]string
	P     contract.Params
	Node  string
	VMID  int
	Fault TaskFault // what shall go wrong with the task of this call
}

// TaskFault is what shall go wrong with a task: it ends with Exit and has no effect, or ends well but with
// warnings.
type TaskFault struct {
	Exit     string
	Warnings int
}

// Handler does the work of an endpoint and answers the data.
type Handler func(c *Call) (any, error)

// Str is a parameter as text, lists joined by commas; empty when it was not given.
func (c *Call) Str(key string) string {
	v := c.P[key]
	if v.IsList {
		return strings.Join(v.List, ",")
	}
	return v.Text
}

// Has tells whether a parameter was given.
func (c *Call) Has(key string) bool {
	_, ok := c.P[key]
	return ok
}

// Flag tells whether a boolean parameter is on.
func (c *Call) Flag(key string) bool { return c.Str(key) == "1" }

// Num is an integer parameter, or the default when it was not given.
func (c *Call) Num(key string, otherwise int) int {
	if n, err := strconv.Atoi(c.Str(key)); err == nil {
		return n
	}
	return otherwise
}

// Rest is every parameter but those of the path and the named ones: the values to store.
func (c *Call) Rest(except ...string) map[string]string {
	out := map[string]string{}
	for key := range c.P {
		out[key] = c.Str(key)
	}
	for key := range c.Path {
		delete(out, key)
	}
	for _, key := range except {
		delete(out, key)
	}
	return out
}

// Need refuses a caller who holds none of the privileges on a path.
func (c *Call) Need(path string, anyOf ...string) error {
	if c.ID.IsRoot() || c.Auth.HasAny(c.ID, path, anyOf...) {
		return nil
	}
	return refusal.Missing(path, strings.Join(anyOf, "|"))
}

// May is Need as a question.
func (c *Call) May(path string, anyOf ...string) bool { return c.Need(path, anyOf...) == nil }

// OnlyRoot refuses parameters that only a login of root@pam may use.
func (c *Call) OnlyRoot(keys ...string) error {
	for _, key := range keys {
		if c.Has(key) && !c.ID.IsRoot() {
			return refusal.Param(key, "Only root may use this option.")
		}
	}
	return nil
}
