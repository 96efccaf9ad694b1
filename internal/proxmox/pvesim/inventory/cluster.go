package inventory

import (
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GetVersion answers the release; clients pick their contract by it.
func GetVersion(w *world.Call) (any, error) {
	c := &call{w}
	return map[string]any{"version": version(c), "release": string(c.Cfg.Version), "repoid": "0123456789abcdef"}, nil
}

func version(c *call) string {
	return map[contract.Version]string{contract.V74: "7.4-16", contract.V84: "8.4.5", contract.V92: "9.2.3"}[c.Cfg.Version]
}

// GetNextID answers the lowest free number and reserves nothing.
func GetNextID(w *world.Call) (any, error) {
	c := &call{w}
	if c.Has("vmid") {
		want := c.Num("vmid", 0)
		if c.Guests[want] != nil {
			return nil, refusal.Param("vmid", "VM %d already exists", want)
		}
		return world.Itoa(want), nil
	}
	for id := 100; id < 1_000_000; id++ {
		if c.Guests[id] == nil {
			return world.Itoa(id), nil
		}
	}
	return nil, refusal.Fault("unable to get any free VMID in range [100, 1000000]")
}

// GetClusterStatus answers quorum and members.
func GetClusterStatus(w *world.Call) (any, error) {
	c := &call{w}
	online := 0
	rows := []map[string]any{}
	for _, n := range c.Nodes {
		rows = append(rows, map[string]any{
			"type": "node", "id": "node/" + n.Name, "name": n.Name, "nodeid": n.Index + 1, "ip": c.NodeIP(n.Name),
			"online": world.Bit(!n.Down), "local": world.Bit(n.Index == 0), "level": "",
		})
		online += world.Bit(!n.Down)
	}
	if len(c.Nodes) < 2 {
		return rows, nil
	}
	head := map[string]any{
		"type": "cluster", "id": "cluster", "name": c.ClusterName(), "nodes": len(c.Nodes), "version": len(c.Nodes),
		"quorate": world.Bit(2*online > len(c.Nodes)),
	}
	return append([]map[string]any{head}, rows...), nil
}

// figures are a node's load as cluster-wide views show it.
func (c *call) figures(n *world.Node) map[string]any {
	out := map[string]any{"node": n.Name, "id": "node/" + n.Name, "type": "node", "level": "", "status": "online"}
	if n.Down {
		out["status"] = "offline"
		return out
	}
	out["maxcpu"], out["cpu"] = n.Cores, 0.05
	out["maxmem"], out["mem"] = int64(n.MemoryMiB)<<20, int64(c.MemoryUsed(n))<<20
	out["maxdisk"], out["disk"] = 100*volume.GiB, 10*volume.GiB
	out["uptime"] = 864_000 + int64(c.Line.Now().Sub(c.Born)/time.Second)
	return out
}

const madeUpPrint = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"

// GetNodes lists the nodes; their load only to auditors.
func GetNodes(w *world.Call) (any, error) {
	c := &call{w}
	rows := []map[string]any{}
	for _, n := range c.Nodes {
		row := c.figures(n)
		if !c.May("/nodes/"+n.Name, "Sys.Audit") {
			row = map[string]any{"node": n.Name, "id": row["id"], "type": "node", "level": "", "status": row["status"]}
		}
		row["ssl_fingerprint"] = madeUpPrint
		rows = append(rows, row)
	}
	return rows, nil
}

// GetResources lists everything the caller may see, as the last broadcast knew it.
func GetResources(w *world.Call) (any, error) {
	c := &call{w}
	kind := c.Str("type")
	rows := []map[string]any{}
	for _, part := range []struct {
		kind string
		list func() []map[string]any
	}{{"pool", c.poolRows}, {"vm", c.guestRows}, {"node", c.nodeRows}, {"storage", c.storageRows}, {"sdn", c.zoneRows}} {
		if kind == part.kind || (kind == "" && part.kind != "") {
			rows = append(rows, part.list()...)
		}
	}
	return rows, nil
}

func (c *call) poolRows() []map[string]any {
	var rows []map[string]any
	for _, id := range c.PoolIDs() {
		if c.May("/pool/"+id, "Pool.Audit") {
			rows = append(rows, map[string]any{"id": "/pool/" + id, "pool": id, "type": "pool"})
		}
	}
	return rows
}

func (c *call) nodeRows() []map[string]any {
	var rows []map[string]any
	for _, n := range c.Nodes {
		if !c.May("/nodes/"+n.Name, "Sys.Audit") {
			continue
		}
		row := c.figures(n)
		if !n.Down {
			row["cgroup-mode"] = 2
		}
		rows = append(rows, row)
	}
	return rows
}

// GetClusterOptions answers the datacentre's defaults.
func GetClusterOptions(w *world.Call) (any, error) {
	out := map[string]any{
		"keyboard": "en-us", "description": "", "allowed-tags": []string{}, "migration": map[string]any{"type": "insecure"},
	}
	if !w.Old() {
		out["mac_prefix"] = "BC:24:11"
	}
	return out, nil
}

func (c *call) zoneRows() []map[string]any {
	var rows []map[string]any
	if c.Old() {
		return rows
	}
	for _, n := range c.Nodes {
		if !c.May("/sdn/zones/localnetwork", "SDN.Audit") {
			continue
		}
		row := map[string]any{"node": n.Name, "status": "ok", "type": "sdn", "sdn": "localnetwork", "id": "sdn/" + n.Name + "/localnetwork"}
		if c.Cfg.Version == contract.V92 {
			row = map[string]any{
				"node": n.Name, "status": "ok", "type": "network", "network": "localnetwork", "network-type": "zone",
				"id": "network/" + n.Name + "/zone/localnetwork",
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (c *call) storageRows() []map[string]any {
	var rows []map[string]any
	for _, st := range c.Disks.Storages() {
		for _, n := range c.Nodes {
			if !st.On(n.Name) || !c.May("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace") {
				continue
			}
			row := map[string]any{
				"id": "storage/" + n.Name + "/" + st.ID, "storage": st.ID, "node": n.Name, "type": "storage", "status": "available",
				"plugintype": st.Type, "content": strings.Join(st.Content, ","), "shared": world.Bit(st.Shared),
				"maxdisk": st.Size, "disk": c.Disks.Used(st, n.Name),
			}
			if n.Down || st.Disabled {
				row["status"] = "unknown"
				delete(row, "maxdisk")
				delete(row, "disk")
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func (c *call) guestRows() []map[string]any {
	rows := []map[string]any{}
	for _, g := range c.SortedGuests() {
		if c.May(world.VMPath(g.VMID), "VM.Audit") {
			rows = append(rows, c.guestRow(g))
		}
	}
	return rows
}

func (c *call) guestRow(g *world.Guest) map[string]any {
	seen, known := c.LastSeen(g)
	row := map[string]any{
		"id": "qemu/" + world.Itoa(g.VMID), "vmid": g.VMID, "node": g.Node, "type": "qemu", "status": "unknown",
	}
	for _, key := range []string{"lock", "tags"} {
		if g.Conf[key] != "" {
			row[key] = g.Conf[key]
		}
	}
	for _, id := range c.PoolsOf(world.VMPath(g.VMID)) {
		row["pool"] = id
	}
	if !known {
		return row
	}
	base := c.Basics(g)
	for _, key := range []string{"maxmem", "maxdisk", "disk", "cpu", "mem", "uptime", "netin", "netout", "memhost"} {
		if value, ok := base[key]; ok {
			row[key] = value
		}
	}
	row["diskread"], row["diskwrite"] = c.DiskTraffic(g)
	row["maxcpu"], row["name"], row["status"], row["template"] = base["cpus"], seen.Name, seen.Status, world.Bit(seen.Template)
	return row
}
