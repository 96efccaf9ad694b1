package pvesim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

func getVersion(c *call) (any, error) {
	version := map[contract.Version]string{contract.V74: "7.4-16", contract.V84: "8.4.5", contract.V92: "9.2.3"}[c.cfg.Version]
	return map[string]any{"version": version, "release": string(c.cfg.Version), "repoid": "0123456789abcdef"}, nil
}

func getNextID(c *call) (any, error) {
	if c.has("vmid") {
		want := c.num("vmid", 0)
		if c.guests[want] != nil {
			return nil, refusal.Param("vmid", "VM %d already exists", want)
		}
		return itoa(want), nil
	}
	for id := 100; id < 1_000_000; id++ {
		if c.guests[id] == nil {
			return itoa(id), nil
		}
	}
	return nil, refusal.Fault("unable to get any free VMID in range [100, 1000000]")
}

func (s *Sim) nodeIP(name string) string {
	if n := s.node(name); n != nil {
		return fmt.Sprintf("10.10.10.%d", 10+n.index)
	}
	return ""
}

func (s *Sim) clusterName() string {
	if s.cfg.ClusterName == "" {
		return "pvesim"
	}
	return s.cfg.ClusterName
}

func getClusterStatus(c *call) (any, error) {
	online := 0
	rows := []map[string]any{}
	for _, n := range c.nodes {
		rows = append(rows, map[string]any{
			"type": "node", "id": "node/" + n.Name, "name": n.Name, "nodeid": n.index + 1, "ip": c.nodeIP(n.Name),
			"online": boolInt(!n.offline), "local": boolInt(n.index == 0), "level": "",
		})
		online += boolInt(!n.offline)
	}
	if len(c.nodes) < 2 {
		return rows, nil
	}
	head := map[string]any{
		"type": "cluster", "id": "cluster", "name": c.clusterName(), "nodes": len(c.nodes), "version": len(c.nodes),
		"quorate": boolInt(2*online > len(c.nodes)),
	}
	return append([]map[string]any{head}, rows...), nil
}

// figures are a node's load as cluster-wide views show it.
func (s *Sim) figures(n *node) map[string]any {
	out := map[string]any{"node": n.Name, "id": "node/" + n.Name, "type": "node", "level": "", "status": "online"}
	if n.offline {
		out["status"] = "offline"
		return out
	}
	out["maxcpu"], out["cpu"] = n.Cores, 0.05
	out["maxmem"], out["mem"] = int64(n.MemoryMiB)<<20, int64(s.memoryUsed(n))<<20
	out["maxdisk"], out["disk"] = 100*volume.GiB, 10*volume.GiB
	out["uptime"] = 864_000 + int64(s.line.Now().Sub(s.born)/time.Second)
	return out
}

// memoryUsed is what running guests and everything else take of a node, in MiB.
func (s *Sim) memoryUsed(n *node) int {
	sum := n.UsedMiB
	for _, g := range s.guests {
		if g.node == n.Name && g.run != nil {
			sum += g.run.conf.MemoryMiB()
		}
	}
	return min(sum, n.MemoryMiB)
}

const madeUpPrint = "AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99"

func getNodes(c *call) (any, error) {
	rows := []map[string]any{}
	for _, n := range c.nodes {
		row := c.figures(n)
		if !c.may("/nodes/"+n.Name, "Sys.Audit") {
			row = map[string]any{"node": n.Name, "id": row["id"], "type": "node", "level": "", "status": row["status"]}
		}
		row["ssl_fingerprint"] = madeUpPrint
		rows = append(rows, row)
	}
	return rows, nil
}

func getResources(c *call) (any, error) {
	kind := c.str("type")
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
	for _, id := range c.poolIDs() {
		if c.may("/pool/"+id, "Pool.Audit") {
			rows = append(rows, map[string]any{"id": "/pool/" + id, "pool": id, "type": "pool"})
		}
	}
	return rows
}

func (c *call) nodeRows() []map[string]any {
	var rows []map[string]any
	for _, n := range c.nodes {
		if !c.may("/nodes/"+n.Name, "Sys.Audit") {
			continue
		}
		row := c.figures(n)
		if !n.offline {
			row["cgroup-mode"] = 2
		}
		rows = append(rows, row)
	}
	return rows
}

func (c *call) zoneRows() []map[string]any {
	var rows []map[string]any
	if c.old() {
		return rows
	}
	for _, n := range c.nodes {
		if !c.may("/sdn/zones/localnetwork", "SDN.Audit") {
			continue
		}
		row := map[string]any{"node": n.Name, "status": "ok", "type": "sdn", "sdn": "localnetwork", "id": "sdn/" + n.Name + "/localnetwork"}
		if c.cfg.Version == contract.V92 {
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
	for _, st := range c.disks.Storages() {
		for _, n := range c.nodes {
			if !st.On(n.Name) || !c.may("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace") {
				continue
			}
			row := map[string]any{
				"id": "storage/" + n.Name + "/" + st.ID, "storage": st.ID, "node": n.Name, "type": "storage", "status": "available",
				"plugintype": st.Type, "content": strings.Join(st.Content, ","), "shared": boolInt(st.Shared),
				"maxdisk": st.Size, "disk": c.disks.Used(st, n.Name),
			}
			if n.offline || st.Disabled {
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
	for _, g := range c.sortedGuests() {
		if c.may(vmPath(g.vmid), "VM.Audit") {
			rows = append(rows, c.guestRow(g))
		}
	}
	return rows
}

func (c *call) guestRow(g *guest) map[string]any {
	seen, known := c.lastSeen(g)
	row := map[string]any{
		"id": "qemu/" + itoa(g.vmid), "vmid": g.vmid, "node": g.node, "type": "qemu", "status": "unknown",
	}
	for _, key := range []string{"lock", "tags"} {
		if g.conf[key] != "" {
			row[key] = g.conf[key]
		}
	}
	for _, id := range c.poolsOf(vmPath(g.vmid)) {
		row["pool"] = id
	}
	if !known {
		return row
	}
	base := c.basics(g)
	for _, key := range []string{"maxmem", "maxdisk", "disk", "cpu", "mem", "uptime", "netin", "netout", "memhost", "diskread", "diskwrite"} {
		if value, ok := base[key]; ok {
			row[key] = value
		}
	}
	if row["diskread"] == nil {
		row["diskread"], row["diskwrite"] = 0, 0
	}
	row["maxcpu"], row["name"], row["status"], row["template"] = base["cpus"], seen.name, seen.status, boolInt(seen.template)
	return row
}

// observation is what the last broadcast said about a guest.
type observation struct {
	at           time.Time
	name, status string
	template     bool
}

// observe notes how guests look now; cluster/resources answers from these notes when it lags.
func (s *Sim) observe() {
	for _, g := range s.guests {
		now := observation{at: s.line.Now(), name: g.name(), status: g.status(), template: g.template()}
		if n := len(g.seen); n > 0 {
			last := g.seen[n-1]
			if last.at = now.at; last == now {
				continue
			}
		}
		g.seen = append(g.seen, now)
	}
}

func (s *Sim) lastSeen(g *guest) (observation, bool) {
	if s.cfg.ResourceLag == 0 {
		return observation{name: g.name(), status: g.status(), template: g.template()}, true
	}
	horizon := s.line.Now().Add(-s.cfg.ResourceLag)
	for _, o := range slices.Backward(g.seen) {
		if !o.at.After(horizon) {
			return o, true
		}
	}
	return observation{}, false
}
