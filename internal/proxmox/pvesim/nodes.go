package pvesim

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

func getNodeStatus(c *call) (any, error) {
	n := c.Sim.node(c.node)
	total, used := int64(n.MemoryMiB)<<20, int64(c.memoryUsed(n))<<20
	memory := map[string]any{"total": total, "used": used, "free": total - used}
	if c.cfg.Version == "9.2" {
		memory["available"] = total - used
	}
	version, err := getVersion(c)
	if err != nil {
		return nil, err
	}
	out := map[string]any{
		"uptime": 864_000 + int64(c.line.Now().Sub(c.born)/time.Second), "cpu": 0.05, "wait": 0, "idle": 0,
		"loadavg": []string{"0.10", "0.12", "0.09"}, "kversion": "Linux 6.8.12-1-pve", "memory": memory,
		"pveversion": "pve-manager/" + version.(map[string]any)["version"].(string), //nolint:errcheck,forcetypeassert // made above
		"cpuinfo": map[string]any{
			"cpus": n.Cores, "cores": n.Cores, "sockets": 1, "model": "Simulated CPU", "mhz": "3000.000",
			"flags": "vmx sse2", "hvm": "1", "user_hz": 100,
		},
		"rootfs": map[string]any{"total": 100 * volume.GiB, "used": 10 * volume.GiB, "free": 90 * volume.GiB, "avail": 90 * volume.GiB},
		"swap":   map[string]any{"total": 8 * volume.GiB, "used": 0, "free": 8 * volume.GiB},
		"ksm":    map[string]any{"shared": 0},
	}
	if !c.old() {
		out["boot-info"] = map[string]any{"mode": "efi", "secureboot": 0}
		out["current-kernel"] = map[string]any{"sysname": "Linux", "machine": "x86_64", "release": "6.8.12-1-pve", "version": "#1 SMP"}
	}
	return out, nil
}

func getNetwork(c *call) (any, error) {
	rows := []map[string]any{}
	if kind := c.str("type"); kind != "" && kind != "any_bridge" && kind != "bridge" && kind != "any_local_bridge" {
		return rows, nil
	}
	for i, name := range c.Sim.node(c.node).Bridges {
		if !c.old() && !c.may("/sdn/zones/localnetwork/"+name, "SDN.Audit", "SDN.Use") && c.str("type") != "" {
			continue
		}
		row := map[string]any{
			"iface": name, "type": "bridge", "active": 1, "autostart": 1, "bridge_ports": "eth" + itoa(i), "bridge_stp": "off",
			"bridge_fd": "0", "families": []string{"inet"}, "method": "manual", "method6": "manual", "priority": 4 + i,
		}
		if i == 0 {
			row["method"], row["address"], row["netmask"] = "static", c.nodeIP(c.node), "24"
			row["cidr"], row["gateway"] = c.nodeIP(c.node)+"/24", "10.10.10.1"
		}
		rows = append(rows, row)
	}
	return rows, nil
}
