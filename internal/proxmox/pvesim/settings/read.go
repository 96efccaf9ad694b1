package settings

import (
	"maps"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GetConfig reads a configuration: with pending changes, as it runs, or of a snapshot.
func GetConfig(w *world.Call) (any, error) {
	c := &call{w}
	if c.Flag("current") && c.Has("snapshot") {
		return nil, refusal.Params(map[string]string{
			"snapshot": "cannot use 'snapshot' parameter with 'current'",
			"current":  "cannot use 'snapshot' parameter with 'current'",
		})
	}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	conf := g.Merged()
	switch {
	case c.Has("snapshot"):
		snap, err := g.Snapshot(c.Str("snapshot"))
		if err != nil {
			return nil, err
		}
		conf = snap.Conf
	case c.Flag("current"):
		conf = g.Conf
	}
	out := c.Render(conf)
	out["digest"] = g.Digest()
	return out, nil
}

// GetPending lists every key with what it is and what it will be.
func GetPending(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{{"key": "digest", "value": g.Digest()}}
	all := g.Conf.Clone()
	maps.Copy(all, g.Pending)
	for _, key := range all.Keys() {
		row := map[string]any{"key": key}
		if old, ok := g.Conf[key]; ok {
			row["value"] = machine.Render(key, old, c.Old())
		}
		if val, ok := g.Pending[key]; ok {
			row["pending"] = machine.Render(key, val, c.Old())
		}
		if mode := g.Dropped[key]; mode != 0 {
			row["delete"] = mode
		}
		rows = append(rows, row)
	}
	return rows, nil
}
