package inventory

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// agent finds the call's guest and its agent, which answers some time after the start.
func (c *call) agent() (*world.Guest, error) {
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	switch {
	case !g.Conf.AgentOn():
		return nil, refusal.Fault("No QEMU guest agent configured")
	case g.Run == nil:
		return nil, refusal.Fault("VM %d is not running", g.VMID)
	case g.Habits.NoAgent, c.Line.Now().Sub(g.Run.Since) < c.Cfg.Durations.AgentBoot:
		return nil, refusal.Fault("QEMU guest agent is not running")
	}
	return g, nil
}

// inside is a handler that asks the agent and wraps its answer.
func inside(ask func(c *call, g *world.Guest) (any, error)) world.Handler {
	return func(w *world.Call) (any, error) {
		c := &call{w}
		g, err := c.agent()
		if err != nil {
			return nil, err
		}
		result, err := ask(c, g)
		if err != nil {
			return nil, err
		}
		return map[string]any{"result": result}, nil
	}
}

func says(result any) world.Handler {
	return inside(func(*call, *world.Guest) (any, error) { return result, nil })
}

// AgentRoutes are the endpoints of the guest agent below a path.
func AgentRoutes(base string) map[string]world.Handler {
	none := map[string]any{}
	return map[string]world.Handler{
		"POST " + base + "/ping":                  says(none),
		"POST " + base + "/fstrim":                says(map[string]any{"paths": []any{}}),
		"POST " + base + "/fsfreeze-freeze":       says(1),
		"POST " + base + "/fsfreeze-thaw":         says(1),
		"POST " + base + "/fsfreeze-status":       says("thawed"),
		"GET " + base + "/info":                   says(map[string]any{"version": "9.0.0", "supported_commands": []any{}}),
		"GET " + base + "/get-host-name":          inside(func(_ *call, g *world.Guest) (any, error) { return map[string]any{"host-name": g.Name()}, nil }),
		"GET " + base + "/get-osinfo":             says(map[string]any{"kernel-release": "6.1.0", "kernel-version": "#1 SMP", "machine": "x86_64"}),
		"GET " + base + "/get-users":              says([]any{}),
		"GET " + base + "/get-fsinfo":             says([]any{}),
		"GET " + base + "/get-timezone":           says(map[string]any{"offset": 0, "zone": "UTC"}),
		"GET " + base + "/get-time":               inside(func(c *call, _ *world.Guest) (any, error) { return c.Line.Now().UnixNano(), nil }),
		"GET " + base + "/network-get-interfaces": inside(interfaces),
		"POST " + base + "/set-user-password":     inside(setPassword),
		"POST " + base + "/exec":                  execute,
		"GET " + base + "/exec-status":            executed,
	}
}

func setPassword(c *call, g *world.Guest) (any, error) {
	if user := c.Str("username"); user != "root" && user != g.Conf["ciuser"] {
		return nil, refusal.Fault("Agent error: child process has failed to set user password: chpasswd: unknown user\n")
	}
	return map[string]any{}, nil
}

// execute pretends to run a program; the output of echo is what it was told to say.
func execute(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.agent()
	if err != nil {
		return nil, err
	}
	v := c.P["command"]
	command := v.List
	if !v.IsList {
		command = strings.Split(v.Text, "\x00")
	}
	out := ""
	if i := slices.Index(command, "echo"); i >= 0 {
		out = strings.Join(command[i+1:], " ") + "\n"
	}
	c.PID++
	g.Run.Output[c.PID] = out
	return map[string]any{"pid": c.PID}, nil
}

func executed(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.agent()
	if err != nil {
		return nil, err
	}
	out, known := g.Run.Output[c.Num("pid", 0)]
	if !known {
		return nil, refusal.Fault("Agent error: PID ld does not exist")
	}
	delete(g.Run.Output, c.Num("pid", 0))
	answer := map[string]any{"exited": 1, "exitcode": 0}
	if out != "" {
		answer["out-data"], answer["out-truncated"] = out, 0
	}
	return answer, nil
}

func interfaces(_ *call, g *world.Guest) (any, error) {
	rows := []map[string]any{card("lo", "00:00:00:00:00:00", "127.0.0.1/8", "::1/128")}
	for i, key := range g.Run.Conf.Nets() {
		mac := strings.ToLower(machine.ParseNet(g.Run.Conf[key]).MAC)
		ip := machine.ParseDrive(g.Run.Conf["ipconfig"+strings.TrimPrefix(key, "net")]).Opts
		rows = append(rows, card(fmt.Sprintf("eth%d", i), mac, ip["ip"], ip["ip6"], linkLocal(mac)))
	}
	return rows, nil
}

func card(name, mac string, addresses ...string) map[string]any {
	list := []map[string]any{}
	for _, text := range addresses {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			continue
		}
		kind := "ipv6"
		if p.Addr().Is4() {
			kind = "ipv4"
		}
		list = append(list, map[string]any{"ip-address": p.Addr().String(), "ip-address-type": kind, "prefix": p.Bits()})
	}
	stats := map[string]any{}
	for _, way := range []string{"rx", "tx"} {
		for _, what := range []string{"bytes", "packets", "errs", "dropped"} {
			stats[way+"-"+what] = 0
		}
	}
	return map[string]any{"name": name, "hardware-address": mac, "ip-addresses": list, "statistics": stats}
}

// linkLocal is the address a guest makes of its card's (EUI-64).
func linkLocal(mac string) string {
	var b [6]byte
	if n, err := fmt.Sscanf(mac, "%02x:%02x:%02x:%02x:%02x:%02x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]); err != nil || n != 6 {
		return ""
	}
	a := [16]byte{0xfe, 0x80, 8: b[0] ^ 2, 9: b[1], 10: b[2], 11: 0xff, 12: 0xfe, 13: b[3], 14: b[4], 15: b[5]}
	return netip.AddrFrom16(a).String() + "/64"
}
