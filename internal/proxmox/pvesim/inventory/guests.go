package inventory

import (
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// ListGuests lists a node's guests as they are now.
func ListGuests(w *world.Call) (any, error) {
	c := &call{w}
	out := []map[string]any{}
	for _, g := range c.SortedGuests() {
		if g.Node == c.Node && c.May(world.VMPath(g.VMID), "VM.Audit") {
			out = append(out, c.Basics(g))
		}
	}
	return out, nil
}

// GetCurrent answers what a guest does right now.
func GetCurrent(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	out := c.Basics(g)
	out["qmpstatus"] = "stopped"
	out["ha"] = map[string]any{"managed": 0}
	if g.Conf.AgentOn() {
		out["agent"] = 1
	}
	if g.Run == nil {
		return out, nil
	}
	out["qmpstatus"] = g.Run.State
	out["running-qemu"], out["running-machine"] = "9.2.0", "pc-i440fx-9.2+pve1"
	read, written := c.DiskTraffic(g)
	out["diskread"], out["diskwrite"] = read, written
	stats := map[string]any{}
	for _, key := range g.Conf.Drives() {
		if strings.HasPrefix(key, "efidisk") || strings.HasPrefix(key, "tpm") {
			continue
		}
		stats[key] = map[string]any{"rd_bytes": read, "wr_bytes": written}
	}
	out["blockstat"] = stats
	nics := map[string]any{}
	for _, key := range g.Conf.Nets() {
		tap := fmt.Sprintf("tap%di%s", g.VMID, strings.TrimPrefix(key, "net"))
		nics[tap] = map[string]any{"netin": out["netin"], "netout": out["netout"]}
	}
	out["nics"] = nics
	out["proxmox-support"] = map[string]any{"backup-max-workers": true}
	return out, nil
}
