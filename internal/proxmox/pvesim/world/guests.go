package world

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// Guest is a virtual machine.
type Guest struct {
	VMID    int
	Node    string
	Conf    machine.Config
	Pending machine.Config
	Dropped map[string]int // pending deletions: 1, or 2 when forced
	Image   machine.Config // the configuration when the cloud-init drive was last written
	Snaps   []*Snapshot
	Run     *Process // nil when stopped
	Habits  Habits
	seen    []Observation
}

// Process is the running side of a guest. State is running or paused; Conf is what it was started with.
type Process struct {
	Since time.Time
	PID   int
	State string
	Conf  machine.Config
	// Output is what programs run by the agent have said, by process id.
	Output map[int]string
}

// Habits are how a guest's inside behaves.
type Habits struct {
	// IgnoresACPI makes a shutdown run into its timeout.
	IgnoresACPI bool
	// NoAgent keeps the guest agent from ever answering.
	NoAgent bool
}

// NewGuest makes a stopped guest that is not yet part of the world.
func NewGuest(vmid int, node string, conf machine.Config) *Guest {
	return &Guest{
		VMID: vmid, Node: node, Conf: conf, Pending: machine.Config{},
		Dropped: map[string]int{}, Image: machine.Config{},
	}
}

// ConfFile is the path of a configuration as texts name it.
func ConfFile(node string, vmid int) string {
	return fmt.Sprintf("nodes/%s/qemu-server/%d.conf", node, vmid)
}

// Guest finds the call's guest on the call's node; missing is the 500 most calls give.
func (c *Call) Guest() (*Guest, error) { return c.GuestOn(c.Node, c.VMID) }

// GuestOn finds a guest on a node; a guest elsewhere is missing, too.
func (s *World) GuestOn(node string, vmid int) (*Guest, error) {
	g := s.Guests[vmid]
	if g == nil || g.Node != node {
		return nil, refusal.Fault("Configuration file '%s' does not exist", ConfFile(node, vmid))
	}
	return g, nil
}

// FindGuest is guest with the other text of a missing one (clone, reset, reboot, suspend, resume).
func (c *Call) FindGuest() (*Guest, error) {
	g := c.Guests[c.VMID]
	if g == nil || g.Node != c.Node {
		return nil, refusal.Fault("unable to find configuration file for VM %d on node '%s'", c.VMID, c.Node)
	}
	return g, nil
}

// Locked refuses a guest whose configuration holds a lock key.
func (g *Guest) Locked(except ...string) error {
	if lock := g.Conf["lock"]; lock != "" && !slices.Contains(except, lock) {
		return refusal.Fault("VM is locked (%s)", lock)
	}
	return nil
}

// Name is the name, made up from the number when the configuration has none.
func (g *Guest) Name() string {
	if n := g.Conf["name"]; n != "" {
		return n
	}
	return fmt.Sprintf("VM %d", g.VMID)
}

// Template tells whether the guest is a template.
func (g *Guest) Template() bool { return g.Conf.Flag("template") }

// Status is running or stopped; a paused guest is running.
func (g *Guest) Status() string {
	if g.Run == nil {
		return "stopped"
	}
	return "running"
}

// Digest changes with everything that is written to the configuration.
func (g *Guest) Digest() string {
	dropped := machine.Config{}
	for k, v := range g.Dropped {
		dropped[k] = strconv.Itoa(v)
	}
	sections := []machine.Config{g.Conf, g.Pending, dropped}
	for _, snap := range g.Snaps {
		sections = append(sections, snap.Conf)
	}
	return machine.Digest(sections...)
}

// Merged is the configuration with what is pending, as GET config shows it.
func (g *Guest) Merged() machine.Config {
	c := g.Conf.Clone()
	for k := range g.Dropped {
		delete(c, k)
	}
	maps.Copy(c, g.Pending)
	return c
}

// MaxDisk is the size of the boot disk in bytes.
func (g *Guest) MaxDisk() int64 {
	key := g.Conf.BootDisk()
	if key == "" {
		return 0
	}
	return machine.ParseSize(machine.ParseDrive(g.Conf[key]).Opts["size"])
}

// Render is a configuration as the API answers it.
func (s *World) Render(c machine.Config) map[string]any {
	out := map[string]any{}
	for k, v := range c {
		out[k] = machine.Render(k, v, s.Old())
	}
	return out
}

// VolumeOf finds the volume of a drive as seen from the guest's node.
func (s *World) VolumeOf(g *Guest, key string) *volume.Volume {
	return s.Disks.Find(machine.ParseDrive(g.Conf[key]).File, g.Node)
}

// SortedGuests lists all guests by number.
func (s *World) SortedGuests() []*Guest {
	out := slices.Collect(maps.Values(s.Guests))
	slices.SortFunc(out, func(a, b *Guest) int { return a.VMID - b.VMID })
	return out
}

// Basics are the figures every view of a guest shares.
func (s *World) Basics(g *Guest) map[string]any {
	out := map[string]any{
		"vmid": g.VMID, "name": g.Name(), "status": g.Status(), "cpus": g.Conf.CPUs(),
		"maxmem": int64(g.Conf.MemoryMiB()) << 20, "maxdisk": g.MaxDisk(), "disk": 0,
		"cpu": 0, "mem": 0, "uptime": 0, "netin": 0, "netout": 0,
	}
	if !s.Old() && s.Cfg.Version != "8.4" {
		out["memhost"] = 0
	}
	if g.Template() {
		out["template"] = 1
	}
	for _, key := range []string{"lock", "tags"} {
		if g.Conf[key] != "" {
			out[key] = g.Conf[key]
		}
	}
	if g.Conf["serial0"] != "" {
		out["serial"] = 1
	}
	if g.Run != nil {
		s.busy(g, out)
	}
	return out
}

// busy adds the figures of a running guest: made up, but growing as they should.
func (s *World) busy(g *Guest, out map[string]any) {
	up := int64(s.Line.Now().Sub(g.Run.Since) / time.Second)
	out["uptime"], out["pid"], out["cpu"] = up, g.Run.PID, 0.02
	out["mem"] = int64(g.Run.Conf.MemoryMiB()) << 20 / 4
	out["netin"], out["netout"] = up*2000, up*900
	if s.Cfg.Version == "9.2" {
		out["memhost"] = out["mem"]
		for _, what := range []string{"cpusome", "cpufull", "iosome", "iofull", "memorysome", "memoryfull"} {
			out["pressure"+what] = 0
		}
	}
}

// VMPath is the access path of a guest.
func VMPath(vmid int) string { return "/vms/" + Itoa(vmid) }

// DiskTraffic is what a guest has read and written since its start, in bytes; the node's list of guests
// does not show it, other views do.
func (s *World) DiskTraffic(g *Guest) (read, written int64) {
	if g.Run == nil {
		return 0, 0
	}
	up := int64(s.Line.Now().Sub(g.Run.Since) / time.Second)
	return up * 5000, up * 7000
}
