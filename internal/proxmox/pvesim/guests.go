package pvesim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// guest is a virtual machine.
type guest struct {
	vmid    int
	node    string
	conf    machine.Config
	pending machine.Config
	dropped map[string]int // pending deletions: 1, or 2 when forced
	image   machine.Config // cloud-init values as they were last written to the drive
	snaps   []*snapshot
	run     *running // nil when stopped
	habits  Habits
	seen    []observation
}

type running struct {
	since time.Time
	pid   int
	state string // running, paused
	conf  machine.Config
}

// Habits are how a guest's inside behaves.
type Habits struct {
	// IgnoresACPI makes a shutdown run into its timeout.
	IgnoresACPI bool
	// NoAgent keeps the guest agent from ever answering.
	NoAgent bool
}

func newGuest(vmid int, node string, conf machine.Config) *guest {
	return &guest{
		vmid: vmid, node: node, conf: conf, pending: machine.Config{},
		dropped: map[string]int{}, image: machine.Config{},
	}
}

func confFile(node string, vmid int) string {
	return fmt.Sprintf("nodes/%s/qemu-server/%d.conf", node, vmid)
}

// guest finds the call's guest on the call's node; missing is the 500 most calls give.
func (c *call) guest() (*guest, error) { return c.guestOn(c.node, c.vmid) }

func (s *Sim) guestOn(node string, vmid int) (*guest, error) {
	g := s.guests[vmid]
	if g == nil || g.node != node {
		return nil, refusal.Fault("Configuration file '%s' does not exist", confFile(node, vmid))
	}
	return g, nil
}

// findGuest is guest with the other text of a missing one (clone, reset, reboot, suspend, resume).
func (c *call) findGuest() (*guest, error) {
	g := c.guests[c.vmid]
	if g == nil || g.node != c.node {
		return nil, refusal.Fault("unable to find configuration file for VM %d on node '%s'", c.vmid, c.node)
	}
	return g, nil
}

// locked refuses a guest whose configuration holds a lock key.
func (g *guest) locked(except ...string) error {
	if lock := g.conf["lock"]; lock != "" && !slices.Contains(except, lock) {
		return refusal.Fault("VM is locked (%s)", lock)
	}
	return nil
}

func (g *guest) name() string {
	if n := g.conf["name"]; n != "" {
		return n
	}
	return fmt.Sprintf("VM %d", g.vmid)
}

func (g *guest) template() bool { return g.conf.Flag("template") }

func (g *guest) status() string {
	if g.run == nil {
		return "stopped"
	}
	return "running"
}

func (g *guest) digest() string {
	dropped := machine.Config{}
	for k, v := range g.dropped {
		dropped[k] = strconv.Itoa(v)
	}
	sections := []machine.Config{g.conf, g.pending, dropped}
	for _, snap := range g.snaps {
		sections = append(sections, snap.conf)
	}
	return machine.Digest(sections...)
}

// merged is the configuration with what is pending, as GET config shows it.
func (g *guest) merged() machine.Config {
	c := g.conf.Clone()
	for k := range g.dropped {
		delete(c, k)
	}
	maps.Copy(c, g.pending)
	return c
}

// maxDisk is the size of the boot disk in bytes.
func (g *guest) maxDisk() int64 {
	key := g.conf.BootDisk()
	if key == "" {
		return 0
	}
	return machine.ParseSize(machine.ParseDrive(g.conf[key]).Opts["size"])
}

func (s *Sim) render(c machine.Config) map[string]any {
	out := map[string]any{}
	for k, v := range c {
		out[k] = machine.Render(k, v, s.old())
	}
	return out
}

// volumeOf finds the volume of a drive as seen from the guest's node.
func (s *Sim) volumeOf(g *guest, key string) *volume.Volume {
	return s.disks.Find(machine.ParseDrive(g.conf[key]).File, g.node)
}

func (s *Sim) sortedGuests() []*guest {
	out := slices.Collect(maps.Values(s.guests))
	slices.SortFunc(out, func(a, b *guest) int { return a.vmid - b.vmid })
	return out
}

func getConfig(c *call) (any, error) {
	if c.flag("current") && c.has("snapshot") {
		return nil, refusal.Params(map[string]string{
			"snapshot": "cannot use 'snapshot' parameter with 'current'",
			"current":  "cannot use 'snapshot' parameter with 'current'",
		})
	}
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	conf := g.merged()
	switch {
	case c.has("snapshot"):
		snap, err := g.snapshot(c.str("snapshot"))
		if err != nil {
			return nil, err
		}
		conf = snap.conf
	case c.flag("current"):
		conf = g.conf
	}
	out := c.render(conf)
	out["digest"] = g.digest()
	return out, nil
}

func getPending(c *call) (any, error) {
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{{"key": "digest", "value": g.digest()}}
	all := g.conf.Clone()
	maps.Copy(all, g.pending)
	for _, key := range all.Keys() {
		row := map[string]any{"key": key}
		if old, ok := g.conf[key]; ok {
			row["value"] = machine.Render(key, old, c.old())
		}
		if val, ok := g.pending[key]; ok {
			row["pending"] = machine.Render(key, val, c.old())
		}
		if mode := g.dropped[key]; mode != 0 {
			row["delete"] = mode
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// basics are the figures every view of a guest shares.
func (s *Sim) basics(g *guest) map[string]any {
	out := map[string]any{
		"vmid": g.vmid, "name": g.name(), "status": g.status(), "cpus": g.conf.CPUs(),
		"maxmem": int64(g.conf.MemoryMiB()) << 20, "maxdisk": g.maxDisk(), "disk": 0,
		"cpu": 0, "mem": 0, "uptime": 0, "netin": 0, "netout": 0,
	}
	if !s.old() && s.cfg.Version != "8.4" {
		out["memhost"] = 0
	}
	if g.template() {
		out["template"] = 1
	}
	for _, key := range []string{"lock", "tags"} {
		if g.conf[key] != "" {
			out[key] = g.conf[key]
		}
	}
	if g.conf["serial0"] != "" {
		out["serial"] = 1
	}
	if g.run != nil {
		s.busy(g, out)
	}
	return out
}

// busy adds the figures of a running guest: made up, but growing as they should.
func (s *Sim) busy(g *guest, out map[string]any) {
	up := int64(s.line.Now().Sub(g.run.since) / time.Second)
	out["uptime"], out["pid"], out["cpu"] = up, g.run.pid, 0.02
	out["mem"] = int64(g.run.conf.MemoryMiB()) << 20 / 4
	out["netin"], out["netout"] = up*2000, up*900
	out["diskread"], out["diskwrite"] = up*5000, up*7000
	if s.cfg.Version == "9.2" {
		out["memhost"] = out["mem"]
		for _, what := range []string{"cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"} {
			out["pressure"+what] = 0
		}
	}
}

func listGuests(c *call) (any, error) {
	out := []map[string]any{}
	for _, g := range c.sortedGuests() {
		if g.node == c.node && c.may(vmPath(g.vmid), "VM.Audit") {
			out = append(out, c.basics(g))
		}
	}
	return out, nil
}

func vmPath(vmid int) string { return "/vms/" + itoa(vmid) }

func getCurrent(c *call) (any, error) {
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	out := c.basics(g)
	out["qmpstatus"] = "stopped"
	out["ha"] = map[string]any{"managed": 0}
	if g.conf.AgentOn() {
		out["agent"] = 1
	}
	if g.run == nil {
		return out, nil
	}
	out["qmpstatus"] = g.run.state
	out["running-qemu"], out["running-machine"] = "9.2.0", "pc-i440fx-9.2+pve1"
	stats := map[string]any{}
	for _, key := range g.conf.Drives() {
		if strings.HasPrefix(key, "efidisk") || strings.HasPrefix(key, "tpm") {
			continue
		}
		stats[key] = map[string]any{"rd_bytes": out["diskread"], "wr_bytes": out["diskwrite"]}
	}
	out["blockstat"] = stats
	nics := map[string]any{}
	for _, key := range g.conf.Nets() {
		tap := fmt.Sprintf("tap%di%s", g.vmid, strings.TrimPrefix(key, "net"))
		nics[tap] = map[string]any{"netin": out["netin"], "netout": out["netout"]}
	}
	out["nics"] = nics
	out["proxmox-support"] = map[string]any{"backup-max-workers": true}
	return out, nil
}
