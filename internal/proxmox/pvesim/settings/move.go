package settings

import (
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// PostMoveDisk copies a disk to another storage. Giving a disk to another guest is not simulated.
func PostMoveDisk(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.moveTarget(); err != nil {
		return nil, err
	}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	v, err := c.movable(g)
	if err != nil {
		return nil, err
	}
	return c.Task("qmmove", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() { t.Work(func() { t.Done(c.moveDisk(g, v)) }) })
	})
}

func (c *call) moveTarget() error {
	storage, other := c.Has("storage"), c.Has("target-vmid")
	var text string
	switch {
	case !storage && !other:
		text = "both 'storage' and 'target-vmid' missing, either needs to be set"
	case storage && other:
		text = "either set 'storage' or 'target-vmid', but not both"
	case other:
		return refusal.Fault("moving a disk to another VM is not simulated")
	default:
		return nil
	}
	return refusal.Params(map[string]string{"storage": text, "target-vmid": text})
}

func (c *call) movable(g *world.Guest) (*volume.Volume, error) {
	key, to := c.Str("disk"), c.Str("storage")
	if err := c.Need("/storage/"+to, "Datastore.AllocateSpace"); err != nil {
		return nil, err
	}
	st, err := c.Disks.Usable(to, g.Node)
	if err != nil {
		return nil, err
	}
	text, set := g.Conf[key]
	if !set {
		return nil, refusal.Fault("disk '%s' does not exist", key)
	}
	d := machine.ParseDrive(text)
	v := c.Disks.Find(d.File, g.Node)
	switch {
	case d.IsCDROM() && !d.IsCloudInit():
		return nil, refusal.Fault("you can't move a cdrom")
	case v == nil:
		return nil, refusal.Fault("disk '%s' has no associated volume", key)
	case v.Storage == to && (c.Str("format") == "" || st.Format(c.Str("format")) == v.Format):
		return nil, refusal.Fault("you can't move to the same storage with same format")
	case c.Flag("delete") && len(g.Snaps) > 0:
		return nil, refusal.Fault("you can't move a disk with snapshots and delete the source")
	}
	return v, nil
}

func (c *call) moveDisk(g *world.Guest, v *volume.Volume) error {
	key := c.Str("disk")
	format := c.Str("format")
	if format == "" {
		format = v.Format
	}
	st, err := c.Disks.Get(c.Str("storage"))
	if err != nil {
		return err
	}
	made, err := c.Disks.Allocate(volume.Order{
		Storage: st.ID, Node: g.Node, VMID: g.VMID, Format: st.Format(format), Size: v.Size, At: c.Line.Now(),
	})
	if err != nil {
		return refusal.Fault("storage migration failed: %s", err)
	}
	d := machine.ParseDrive(g.Conf[key])
	d.File = made.ID()
	g.Conf[key] = d.String()
	if c.Flag("delete") {
		return c.Disks.Remove(v)
	}
	g.Conf.AddUnused(v.ID())
	return nil
}
