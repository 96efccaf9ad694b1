package inventory

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GetNodeStatus answers a node's load and build.
func GetNodeStatus(w *world.Call) (any, error) {
	c := &call{w}
	n := c.FindNode(c.Node)
	total, used := int64(n.MemoryMiB)<<20, int64(c.MemoryUsed(n))<<20
	memory := map[string]any{"total": total, "used": used, "free": total - used}
	if c.Cfg.Version == "9.2" {
		memory["available"] = total - used
	}
	out := map[string]any{
		"uptime": 864_000 + int64(c.Line.Now().Sub(c.Born)/time.Second), "cpu": 0.05, "wait": 0, "idle": 0,
		"loadavg": []string{"0.10", "0.12", "0.09"}, "kversion": "Linux 6.8.12-1-pve", "memory": memory,
		"pveversion": "pve-manager/" + version(c),
		"cpuinfo": map[string]any{
			"cpus": n.Cores, "cores": n.Cores, "sockets": 1, "model": "Simulated CPU", "mhz": "3000.000",
			"flags": "vmx sse2", "hvm": "1", "user_hz": 100, "family": "6", "vendor": "GenuineIntel",
		},
		"rootfs": map[string]any{"total": 100 * volume.GiB, "used": 10 * volume.GiB, "free": 90 * volume.GiB, "avail": 90 * volume.GiB},
		"swap":   map[string]any{"total": 8 * volume.GiB, "used": 0, "free": 8 * volume.GiB},
		"ksm":    map[string]any{"shared": 0},
	}
	if !c.Old() {
		out["boot-info"] = map[string]any{"mode": "efi"}
		out["current-kernel"] = map[string]any{"sysname": "Linux", "machine": "x86_64", "release": "6.8.12-1-pve", "version": "#1 SMP"}
	}
	return out, nil
}

// GetNetwork lists a node's bridges; other kinds of interfaces are not simulated.
func GetNetwork(w *world.Call) (any, error) {
	c := &call{w}
	rows := []map[string]any{}
	if kind := c.Str("type"); kind != "" && kind != "any_bridge" && kind != "bridge" && kind != "any_local_bridge" {
		return rows, nil
	}
	for i, name := range c.FindNode(c.Node).Bridges {
		if !c.Old() && !c.May("/sdn/zones/localnetwork/"+name, "SDN.Audit", "SDN.Use") && c.Str("type") != "" {
			continue
		}
		row := map[string]any{
			"iface": name, "type": "bridge", "active": 1, "autostart": 1, "bridge_ports": "eth" + world.Itoa(i), "bridge_stp": "off",
			"bridge_fd": "0", "families": []string{"inet"}, "method": "manual", "method6": "manual", "priority": 4 + i,
		}
		if i == 0 {
			row["method"], row["address"], row["netmask"] = "static", c.NodeIP(c.Node), "24"
			row["cidr"], row["gateway"] = c.NodeIP(c.Node)+"/24", "10.10.10.1"
		}
		rows = append(rows, row)
	}
	return rows, nil
}
