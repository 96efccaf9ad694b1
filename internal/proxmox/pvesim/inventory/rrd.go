package inventory

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// grid is the distance of rows and their number.
type grid struct {
	step time.Duration
	rows int
}

func gridOf(v contract.Version, frame string) grid {
	const day = 24 * time.Hour
	if v == contract.V92 {
		return map[string]grid{
			"hour": {time.Minute, 60}, "day": {time.Minute, 1440}, "week": {30 * time.Minute, 336},
			"month": {30 * time.Minute, 1440}, "year": {6 * time.Hour, 1440}, "decade": {7 * day, 570},
		}[frame]
	}
	return map[string]grid{
		"hour": {time.Minute, 70}, "day": {30 * time.Minute, 70}, "week": {3 * time.Hour, 70},
		"month": {12 * time.Hour, 70}, "year": {7 * day, 70},
	}[frame]
}

func (c *call) series(row func() map[string]any) []map[string]any {
	g := gridOf(c.Cfg.Version, c.Str("timeframe"))
	end := c.Line.Now().Truncate(g.step)
	rows := make([]map[string]any, 0, g.rows)
	for i := g.rows - 1; i >= 0; i-- {
		r := row()
		r["time"] = end.Add(-time.Duration(i) * g.step).Unix()
		rows = append(rows, r)
	}
	return rows
}

// GetGuestRRD answers made-up but plausible load over time.
func GetGuestRRD(w *world.Call) (any, error) {
	c := &call{w}
	g := c.Guests[c.VMID]
	if g == nil {
		return nil, refusal.Fault("RRD error: rrdcached@unix:/var/run/rrdcached.sock: rrd_fetch_r failed: opening '/var/lib/rrdcached/db/pve-vm-9.0/%d': No such file or directory", c.VMID)
	}
	return c.series(func() map[string]any {
		r := map[string]any{"maxcpu": g.Conf.CPUs(), "maxmem": int64(g.Conf.MemoryMiB()) << 20, "maxdisk": g.MaxDisk(), "disk": 0}
		for _, key := range []string{"cpu", "mem", "netin", "netout", "diskread", "diskwrite"} {
			r[key] = 0
		}
		if g.Run != nil {
			r["cpu"], r["mem"], r["netin"], r["netout"] = 0.02, int64(g.Conf.MemoryMiB())<<18, 2000, 900
			r["diskread"], r["diskwrite"] = 5000, 7000
		}
		if c.Cfg.Version == contract.V92 {
			r["memhost"] = r["mem"]
			for _, what := range pressures() {
				r["pressure"+what] = 0
			}
		}
		return r
	}), nil
}

func pressures() []string {
	return []string{"cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"}
}

// GetNodeRRD is the same for a node.
func GetNodeRRD(w *world.Call) (any, error) {
	c := &call{w}
	n := c.FindNode(c.Node)
	if n == nil {
		return nil, refusal.Fault("RRD error: no such node '%s'", c.Node)
	}
	return c.series(func() map[string]any {
		total, used := int64(n.MemoryMiB)<<20, int64(c.MemoryUsed(n))<<20
		r := map[string]any{
			"maxcpu": n.Cores, "cpu": 0.05, "iowait": 0, "loadavg": 0.1, "memtotal": total, "memused": used,
			"swaptotal": 8 * volume.GiB, "swapused": 0, "roottotal": 100 * volume.GiB, "rootused": 10 * volume.GiB,
			"netin": 1000, "netout": 1000,
		}
		if c.Cfg.Version == contract.V92 {
			r["memavailable"], r["arcsize"] = total-used, 0
			for _, what := range pressures()[:1] {
				r["pressure"+what] = 0
			}
			for _, what := range pressures()[2:] {
				r["pressure"+what] = 0
			}
		}
		return r
	}), nil
}
