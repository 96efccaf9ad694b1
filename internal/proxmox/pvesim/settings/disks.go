package settings

import (
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// materialise turns what a caller wrote into what the configuration holds: new volumes are made, sizes
// filled in, cards get their address.
func (c *call) materialise(g *world.Guest, key, value string) (string, error) {
	switch {
	case machine.IsNet(key):
		n := machine.ParseNet(value)
		if n.MAC == "" {
			n.MAC = c.MAC()
		}
		return n.String(), nil
	case machine.IsDisk(key):
		return c.materialiseDrive(g, key, machine.ParseDrive(value))
	case key == "cipassword" && value != "" && !strings.HasPrefix(value, "$5$") && !strings.HasPrefix(value, "$6$"):
		return "$5$" + machine.Digest(machine.Config{"p": value}), nil
	}
	return value, nil
}

func (c *call) materialiseDrive(g *world.Guest, key string, d machine.Drive) (string, error) {
	delete(d.Opts, "size")
	if id, isCI := strings.CutSuffix(d.File, ":cloudinit"); isCI {
		return c.newCloudInit(g, key, id, d)
	}
	if id, size, fresh := d.Wanted(); fresh {
		v, err := c.Disks.Allocate(volume.Order{
			Storage: id, Node: g.Node, VMID: g.VMID, Format: d.Opts["format"], Size: size, At: c.Line.Now(),
		})
		if err != nil {
			return "", err
		}
		delete(d.Opts, "format")
		d.File, d.Opts["size"] = v.ID(), machine.SizeText(v.Size)
		return d.String(), nil
	}
	if d.Storage() == "" {
		return d.String(), nil
	}
	v := c.Disks.Find(d.File, g.Node)
	if v == nil {
		return "", refusal.Fault("volume '%s' does not exist", d.File)
	}
	d.Opts["size"] = machine.SizeText(v.Size)
	for _, k := range g.Conf.Unused() {
		if g.Conf[k] == d.File {
			delete(g.Conf, k)
		}
	}
	return d.String(), nil
}

func (c *call) newCloudInit(g *world.Guest, key, storage string, d machine.Drive) (string, error) {
	if have := g.Conf.CloudInitDrive(); have != "" && have != key {
		return "", refusal.Fault("%s - cloud-init drive is already attached at '%s'", key, have)
	}
	v, err := c.Disks.Allocate(volume.Order{Storage: storage, Node: g.Node, VMID: g.VMID, CloudInit: true, At: c.Line.Now()})
	if err != nil {
		return "", err
	}
	d.File = v.ID()
	d.Opts["media"] = "cdrom"
	return d.String(), nil
}

// detach removes a key together with what hangs on it (pve-behaviour §5.4).
func (c *call) detach(g *world.Guest, key, value string, force bool) error {
	switch {
	case machine.IsUnused(key):
		return c.dropUnused(g, key, value)
	case machine.IsDisk(key):
		delete(g.Conf, key)
		g.Conf.DropBoot(key)
		return c.dropDrive(g, key, machine.ParseDrive(value), force)
	}
	delete(g.Conf, key)
	g.Conf.DropBoot(key)
	return nil
}

func (c *call) dropUnused(g *world.Guest, key, volid string) error {
	v := c.Disks.Find(volid, g.Node)
	if v != nil && v.VMID == g.VMID {
		if g.InSnapshot(volid) {
			return refusal.Fault("unable to delete '%s' - volume is still in use (snapshot?)", volid)
		}
		if err := c.Need("/storage/"+v.Storage, "Datastore.AllocateSpace"); err != nil {
			return err
		}
		if err := c.Disks.Remove(v); err != nil {
			return err
		}
	}
	delete(g.Conf, key)
	return nil
}

func (c *call) dropDrive(g *world.Guest, key string, d machine.Drive, force bool) error {
	v := c.Disks.Find(d.File, g.Node)
	switch {
	case v == nil || (d.IsCDROM() && !d.IsCloudInit()):
		return nil
	case d.IsCloudInit():
		return c.Disks.Remove(v)
	case force && g.InSnapshot(d.File):
		return refusal.Param(key, "unable to apply pending change %s : unable to delete '%s' - volume is still in use (snapshot?)\n", key, d.File)
	case force && v.VMID == g.VMID:
		return c.Disks.Remove(v)
	}
	g.Conf.AddUnused(d.File)
	return nil
}

// PutResize grows a disk: at once on 7, in a task on later releases.
func PutResize(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("skiplock"); err != nil {
		return nil, err
	}
	if c.Old() {
		if err := c.WaitFor(c.Ctx, c.VMID); err != nil {
			return nil, err
		}
		return nil, c.resize(func(string, ...any) {})
	}
	return c.Task("resize", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() { t.Work(func() { t.Done(c.resize(t.Say)) }) })
	})
}

func (c *call) resize(say func(string, ...any)) error {
	g, err := c.Guest()
	if err != nil {
		return err
	}
	if digest := c.Str("digest"); digest != "" && digest != g.Digest() {
		return refusal.Fault("checksum mismatch (file change by other user?)")
	}
	if err := g.Locked(); err != nil {
		return err
	}
	key := c.Str("disk")
	text, set := g.Conf[key]
	if !set {
		return refusal.Fault("disk '%s' does not exist", key)
	}
	d := machine.ParseDrive(text)
	if d.IsCDROM() {
		return refusal.Fault("you can't resize a cdrom")
	}
	v := c.Disks.Find(d.File, g.Node)
	if v == nil {
		return refusal.Fault("volume '%s' does not exist", d.File)
	}
	if err := c.Need("/storage/"+v.Storage, "Datastore.AllocateSpace"); err != nil {
		return err
	}
	if c.Old() && v.Format == "qcow2" && len(g.Snaps) > 0 {
		return refusal.Fault("can't resize volume: %s if snapshot exists", key)
	}
	return c.grow(g, key, d, v, say)
}

func (c *call) grow(g *world.Guest, key string, d machine.Drive, v *volume.Volume, say func(string, ...any)) error {
	text := c.Str("size")
	size := machine.ParseSize(strings.TrimPrefix(text, "+"))
	if strings.HasPrefix(text, "+") {
		size += v.Size
	}
	switch {
	case size < v.Size:
		return refusal.Fault("shrinking disks is not supported")
	case size == v.Size:
		return nil
	}
	if err := c.Disks.Grow(v, g.Node, size); err != nil {
		return err
	}
	if g.Run == nil && v.Format == "qcow2" {
		say("Image resized.")
	}
	d.Opts["size"] = machine.SizeText(size)
	g.Conf[key] = d.String()
	return nil
}

// snapshotable refuses a guest with a data disk that cannot be part of a snapshot.
func (c *call) snapshotable(g *world.Guest) bool {
	return !slices.ContainsFunc(g.Conf.DataDrives(), func(key string) bool {
		v := c.VolumeOf(g, key)
		return v != nil && !c.Disks.CanSnapshot(v)
	})
}
