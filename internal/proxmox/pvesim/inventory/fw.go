package inventory

import (
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/firewall"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// wallOf finds the firewall of a call: the guest's, made on first use even for a free id, or the
// datacentre's on paths below /cluster.
func (c *call) wallOf() (*firewall.Config, string) {
	if c.VMID == 0 {
		return c.Wall, "cluster"
	}
	fw := c.Fires[c.VMID]
	if fw == nil {
		fw = firewall.New()
		c.Fires[c.VMID] = fw
	}
	return fw, "vm"
}

// onWall is a handler over a firewall that answers data.
func onWall(do func(c *call, fw *firewall.Config, env string) (any, error)) world.Handler {
	return func(w *world.Call) (any, error) {
		c := &call{w}
		fw, env := c.wallOf()
		return do(c, fw, env)
	}
}

// changeWall is a handler over a firewall that answers null.
func changeWall(do func(c *call, fw *firewall.Config, env string) error) world.Handler {
	return onWall(func(c *call, fw *firewall.Config, env string) (any, error) { return nil, do(c, fw, env) })
}

// FirewallRoutes are the endpoints of a firewall below a path: the guests' and the datacentre's.
func FirewallRoutes(base string) map[string]world.Handler {
	return map[string]world.Handler{
		"GET " + base + "/options": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.GetOptions(), nil }),
		"PUT " + base + "/options": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetOptions(c.Rest("delete", "digest"), world.Words(c.Str("delete")), c.Str("digest"))
		}),
		"GET " + base + "/ipset": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListSets(), nil }),
		"POST " + base + "/ipset": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.CreateSet(c.Str("name"), c.Str("comment"), c.Str("rename"), c.Str("digest"))
		}),
		"GET " + base + "/ipset/{name}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.ListMembers(c.Str("name")) }),
		"POST " + base + "/ipset/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.AddMember(c.Str("name"), c.Str("cidr"), c.Rest("cidr"))
		}),
		"DELETE " + base + "/ipset/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteSet(c.Str("name"), c.Flag("force"), c.Str("digest"))
		}),
		"GET " + base + "/ipset/{name}/{cidr}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) {
			return fw.GetMember(c.Str("name"), c.Str("cidr"))
		}),
		"PUT " + base + "/ipset/{name}/{cidr}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetMember(c.Str("name"), c.Str("cidr"), c.Rest("digest"), c.Str("digest"))
		}),
		"DELETE " + base + "/ipset/{name}/{cidr}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteMember(c.Str("name"), c.Str("cidr"), c.Str("digest"))
		}),
		"GET " + base + "/rules": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListRules(), nil }),
		"POST " + base + "/rules": changeWall(func(c *call, fw *firewall.Config, env string) error {
			return fw.AddRule(env, c.Rest("digest", "pos"), c.Str("digest"))
		}),
		"GET " + base + "/rules/{pos}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.GetRule(c.Num("pos", -1)) }),
		"PUT " + base + "/rules/{pos}": changeWall(func(c *call, fw *firewall.Config, env string) error {
			return fw.SetRule(env, c.Num("pos", -1), c.Rest("delete", "digest", "moveto"), world.Words(c.Str("delete")), c.Num("moveto", -1), c.Str("digest"))
		}),
		"DELETE " + base + "/rules/{pos}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteRule(c.Num("pos", -1), c.Str("digest"))
		}),
		"GET " + base + "/aliases": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListAliases(), nil }),
		"POST " + base + "/aliases": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.AddAlias(c.Str("name"), c.Str("cidr"), c.Str("comment"))
		}),
		"GET " + base + "/aliases/{name}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.GetAlias(c.Str("name")) }),
		"PUT " + base + "/aliases/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetAlias(c.Str("name"), c.Str("cidr"), c.Str("comment"), c.Str("rename"), c.Str("digest"))
		}),
		"DELETE " + base + "/aliases/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteAlias(c.Str("name"), c.Str("digest"))
		}),
		"GET " + base + "/refs": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.Refs(c.Str("type")), nil }),
	}
}

// GetFirewallLog answers a log that was never written, for nothing is filtered.
func GetFirewallLog(*world.Call) (any, error) { return noFile(), nil }

// GetMacros lists the macros that rules may name.
func GetMacros(*world.Call) (any, error) {
	rows := []map[string]any{}
	for _, name := range firewall.Macros() {
		rows = append(rows, map[string]any{"macro": name, "descr": name + " traffic"})
	}
	return rows, nil
}

// noFile is a log that was never written.
func noFile() wire.Paged {
	return wire.Paged{Rows: []map[string]any{{"n": 1, "t": "unable to open file - No such file or directory"}}, Total: 1}
}
