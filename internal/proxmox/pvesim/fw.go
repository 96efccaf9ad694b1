package pvesim

import (
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/firewall"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/wire"
)

// wallOf finds the firewall of a call: the guest's, made on first use even for a free id, or the
// datacentre's on paths below /cluster.
func (c *call) wallOf() (*firewall.Config, string) {
	if c.vmid == 0 {
		return c.wall, "cluster"
	}
	fw := c.fires[c.vmid]
	if fw == nil {
		fw = firewall.New()
		c.fires[c.vmid] = fw
	}
	return fw, "vm"
}

// onWall is a handler over a firewall that answers data.
func onWall(do func(c *call, fw *firewall.Config, env string) (any, error)) handler {
	return func(c *call) (any, error) {
		fw, env := c.wallOf()
		return do(c, fw, env)
	}
}

// changeWall is a handler over a firewall that answers null.
func changeWall(do func(c *call, fw *firewall.Config, env string) error) handler {
	return onWall(func(c *call, fw *firewall.Config, env string) (any, error) { return nil, do(c, fw, env) })
}

func firewallRoutes(base string) map[string]handler {
	return map[string]handler{
		"GET " + base + "/options": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.GetOptions(), nil }),
		"PUT " + base + "/options": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetOptions(c.rest("delete", "digest"), words(c.str("delete")), c.str("digest"))
		}),
		"GET " + base + "/ipset": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListSets(), nil }),
		"POST " + base + "/ipset": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.CreateSet(c.str("name"), c.str("comment"), c.str("rename"), c.str("digest"))
		}),
		"GET " + base + "/ipset/{name}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.ListMembers(c.str("name")) }),
		"POST " + base + "/ipset/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.AddMember(c.str("name"), c.str("cidr"), c.rest("cidr"))
		}),
		"DELETE " + base + "/ipset/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteSet(c.str("name"), c.flag("force"), c.str("digest"))
		}),
		"GET " + base + "/ipset/{name}/{cidr}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) {
			return fw.GetMember(c.str("name"), c.str("cidr"))
		}),
		"PUT " + base + "/ipset/{name}/{cidr}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetMember(c.str("name"), c.str("cidr"), c.rest("digest"), c.str("digest"))
		}),
		"DELETE " + base + "/ipset/{name}/{cidr}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteMember(c.str("name"), c.str("cidr"), c.str("digest"))
		}),
		"GET " + base + "/rules": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListRules(), nil }),
		"POST " + base + "/rules": changeWall(func(c *call, fw *firewall.Config, env string) error {
			return fw.AddRule(env, c.rest("digest", "pos"), c.str("digest"))
		}),
		"GET " + base + "/rules/{pos}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.GetRule(c.num("pos", -1)) }),
		"PUT " + base + "/rules/{pos}": changeWall(func(c *call, fw *firewall.Config, env string) error {
			return fw.SetRule(env, c.num("pos", -1), c.rest("delete", "digest", "moveto"), words(c.str("delete")), c.num("moveto", -1), c.str("digest"))
		}),
		"DELETE " + base + "/rules/{pos}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteRule(c.num("pos", -1), c.str("digest"))
		}),
		"GET " + base + "/aliases": onWall(func(_ *call, fw *firewall.Config, _ string) (any, error) { return fw.ListAliases(), nil }),
		"POST " + base + "/aliases": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.AddAlias(c.str("name"), c.str("cidr"), c.str("comment"))
		}),
		"GET " + base + "/aliases/{name}": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.GetAlias(c.str("name")) }),
		"PUT " + base + "/aliases/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.SetAlias(c.str("name"), c.str("cidr"), c.str("comment"), c.str("rename"), c.str("digest"))
		}),
		"DELETE " + base + "/aliases/{name}": changeWall(func(c *call, fw *firewall.Config, _ string) error {
			return fw.DeleteAlias(c.str("name"), c.str("digest"))
		}),
		"GET " + base + "/refs": onWall(func(c *call, fw *firewall.Config, _ string) (any, error) { return fw.Refs(c.str("type")), nil }),
		"GET " + base + "/log":  func(*call) (any, error) { return noFile(), nil },
	}
}

// noFile is a log that was never written.
func noFile() wire.Paged {
	return wire.Paged{Rows: []map[string]any{{"n": 1, "t": "unable to open file - No such file or directory"}}, Total: 1}
}
