package pvesim

import (
	"context"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/access"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// call is one request on its way through a handler; the simulator's mutex is held.
type call struct {
	*Sim

	ctx   context.Context //nolint:containedctx // a call is a request's own value and lives as long
	id    access.Identity
	ep    *contract.Endpoint
	path  map[string]string
	p     contract.Params
	node  string
	vmid  int
	fault *Fault // what shall go wrong with the task of this call
}

// handler does the work of an endpoint and answers the data.
type handler func(c *call) (any, error)

func (c *call) str(key string) string {
	v := c.p[key]
	if v.IsList {
		return strings.Join(v.List, ",")
	}
	return v.Text
}

func (c *call) has(key string) bool {
	_, ok := c.p[key]
	return ok
}

func (c *call) flag(key string) bool { return c.str(key) == "1" }

func (c *call) num(key string, otherwise int) int {
	if n, err := strconv.Atoi(c.str(key)); err == nil {
		return n
	}
	return otherwise
}

// rest is every parameter but those of the path and the named ones: the values to store.
func (c *call) rest(except ...string) map[string]string {
	out := map[string]string{}
	for key := range c.p {
		out[key] = c.str(key)
	}
	for key := range c.path {
		delete(out, key)
	}
	for _, key := range except {
		delete(out, key)
	}
	return out
}

// need refuses a caller who holds none of the privileges on a path.
func (c *call) need(path string, anyOf ...string) error {
	if c.id.IsRoot() || c.auth.HasAny(c.id, path, anyOf...) {
		return nil
	}
	return refusal.Missing(path, strings.Join(anyOf, "|"))
}

func (c *call) may(path string, anyOf ...string) bool { return c.need(path, anyOf...) == nil }

// onlyRoot refuses parameters that only a login of root@pam may use.
func (c *call) onlyRoot(keys ...string) error {
	for _, key := range keys {
		if c.has(key) && !c.id.IsRoot() {
			return refusal.Param(key, "Only root may use this option.")
		}
	}
	return nil
}
