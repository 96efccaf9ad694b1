package lifecycle

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// restore is a creation from an archive, over a new id or, by force, over the guest itself.
func (c *call) restore() (any, error) {
	set := c.Rest(createOnly...)
	conflicts := map[string]string{}
	for key := range set {
		if machine.IsDisk(key) {
			conflicts[key] = "option conflicts with option 'archive'"
		}
	}
	if len(conflicts) > 0 {
		return nil, refusal.Params(conflicts)
	}
	archive, err := c.restoreSource()
	if err != nil {
		return nil, err
	}
	if err := settings.CheckNew(c.Call, set); err != nil {
		return nil, err
	}
	g, fresh, err := c.restoreTarget()
	if err != nil {
		return nil, err
	}
	return c.Task("qmrestore", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			if g.Run != nil {
				t.Fail("unable to restore VM " + world.Itoa(c.VMID) + " - vm is running")
				return
			}
			g.Conf["lock"] = "create"
			t.Undo = append(t.Undo, func() {
				delete(g.Conf, "lock")
				if fresh {
					g.Conf = machine.Config{} // the original leaves an empty configuration behind
				}
			})
			t.Work(func() { t.Done(c.unpack(g, archive, set)) })
		})
	})
}

func (c *call) restoreSource() (*volume.Volume, error) {
	v, err := c.archiveNamed(c.Str("archive"))
	if err != nil {
		return nil, err
	}
	where := "/storage/" + v.Storage
	if c.May(where, "Datastore.Allocate") || v.VMID == c.VMID {
		return v, nil
	}
	if err := c.Need(where, "Datastore.AllocateSpace"); err != nil {
		return nil, err
	}
	return v, c.Need(world.VMPath(v.VMID), "VM.Backup")
}

func (c *call) restoreTarget() (g *world.Guest, fresh bool, err error) {
	no := func(why string) error { return refusal.Fault("unable to restore VM %d - %s", c.VMID, why) }
	g = c.Guests[c.VMID]
	switch {
	case g == nil:
		g = world.NewGuest(c.VMID, c.Node, machine.Config{"lock": "create"})
		c.Guests[c.VMID] = g
		return g, true, nil
	case !c.Flag("force") || g.Node != c.Node:
		return nil, false, no("VM " + world.Itoa(c.VMID) + " already exists on node '" + g.Node + "'")
	case g.Locked() != nil:
		return nil, false, no(g.Locked().Error())
	case g.Conf.Flag("protection"):
		return nil, false, no("protection mode enabled")
	}
	return g, false, nil
}

// unpack writes the archive's guest: its disks replace those of the same name, the others become unused.
func (c *call) unpack(g *world.Guest, archive *volume.Volume, set map[string]string) error {
	s, ok := archive.Payload.(saved)
	if !ok {
		return refusal.Fault("unable to read archive '%s'", archive.Name)
	}
	conf := s.conf.Clone()
	for _, key := range conf.Drives() {
		value, err := c.unpackDisk(g, key, machine.ParseDrive(conf[key]))
		if err != nil {
			return err
		}
		conf[key] = value
	}
	for _, key := range slices.Concat(g.Conf.DataDrives(), g.Conf.Unused()) {
		file := machine.ParseDrive(g.Conf[key]).File
		if v := c.Disks.Find(file, g.Node); v != nil && conf[key] != g.Conf[key] {
			conf.AddUnused(file)
		}
	}
	for key, value := range set {
		text, err := settings.Materialise(c.Call, g, key, value)
		if err != nil {
			return err
		}
		conf[key] = text
	}
	c.renew(conf)
	g.Conf, g.Pending, g.Snaps, g.Dropped = conf, machine.Config{}, nil, map[string]int{}
	if s.fw != nil {
		c.Fires[g.VMID] = s.fw.Clone()
	}
	if c.Flag("start") {
		c.startLater(c.ID, g)
	}
	return nil
}

func (c *call) unpackDisk(g *world.Guest, key string, d machine.Drive) (string, error) {
	if d.IsCDROM() && !d.IsCloudInit() {
		return d.String(), nil
	}
	if old := machine.ParseDrive(g.Conf[key]); old.File != "" {
		if v := c.Disks.Find(old.File, g.Node); v != nil && v.VMID == g.VMID {
			if err := c.Disks.Remove(v); err != nil {
				return "", err
			}
			delete(g.Conf, key)
		}
	}
	order := volume.Order{
		Storage: d.Storage(), Node: g.Node, VMID: g.VMID, Size: machine.ParseSize(d.Opts["size"]),
		CloudInit: d.IsCloudInit(), At: c.Line.Now(),
	}
	if c.Has("storage") {
		order.Storage = c.Str("storage")
	}
	if st, err := c.Disks.Get(order.Storage); err == nil && st.IsDir() {
		order.Format = "qcow2"
	}
	v, err := c.Disks.Allocate(order)
	if err != nil {
		return "", err
	}
	d.File, d.Opts["size"] = v.ID(), machine.SizeText(v.Size)
	return d.String(), nil
}

// renew gives a restored guest what must not exist twice.
func (c *call) renew(conf machine.Config) {
	conf["vmgenid"] = c.UUID()
	if !c.Flag("unique") {
		return
	}
	conf["smbios1"] = "uuid=" + c.UUID()
	for _, key := range conf.Nets() {
		n := machine.ParseNet(conf[key])
		n.MAC = c.MAC()
		conf[key] = n.String()
	}
}
