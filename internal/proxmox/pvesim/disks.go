package pvesim

import (
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// materialise turns what a caller wrote into what the configuration holds: new volumes are made, sizes
// filled in, cards get their address.
func (c *call) materialise(g *guest, key, value string) (string, error) {
	switch {
	case machine.IsNet(key):
		n := machine.ParseNet(value)
		if n.MAC == "" {
			n.MAC = c.mac()
		}
		return n.String(), nil
	case machine.IsDisk(key):
		return c.materialiseDrive(g, key, machine.ParseDrive(value))
	case key == "cipassword" && value != "" && !strings.HasPrefix(value, "$5$") && !strings.HasPrefix(value, "$6$"):
		return "$5$" + machine.Digest(machine.Config{"p": value}), nil
	}
	return value, nil
}

func (c *call) materialiseDrive(g *guest, key string, d machine.Drive) (string, error) {
	delete(d.Opts, "size")
	if id, isCI := strings.CutSuffix(d.File, ":cloudinit"); isCI {
		return c.newCloudInit(g, key, id, d)
	}
	if id, size, fresh := d.Wanted(); fresh {
		v, err := c.disks.Allocate(volume.Order{
			Storage: id, Node: g.node, VMID: g.vmid, Format: d.Opts["format"], Size: size, At: c.line.Now(),
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
	v := c.disks.Find(d.File, g.node)
	if v == nil {
		return "", refusal.Fault("volume '%s' does not exist", d.File)
	}
	d.Opts["size"] = machine.SizeText(v.Size)
	for _, k := range g.conf.Unused() {
		if g.conf[k] == d.File {
			delete(g.conf, k)
		}
	}
	return d.String(), nil
}

func (c *call) newCloudInit(g *guest, key, storage string, d machine.Drive) (string, error) {
	if have := g.conf.CloudInitDrive(); have != "" && have != key {
		return "", refusal.Fault("%s - cloud-init drive is already attached at '%s'", key, have)
	}
	v, err := c.disks.Allocate(volume.Order{Storage: storage, Node: g.node, VMID: g.vmid, CloudInit: true, At: c.line.Now()})
	if err != nil {
		return "", err
	}
	d.File = v.ID()
	d.Opts["media"] = "cdrom"
	return d.String(), nil
}

// detach removes a key together with what hangs on it (pve-behaviour §5.4).
func (c *call) detach(g *guest, key, value string, force bool) error {
	switch {
	case machine.IsUnused(key):
		return c.dropUnused(g, key, value)
	case machine.IsDisk(key):
		delete(g.conf, key)
		g.conf.DropBoot(key)
		return c.dropDrive(g, key, machine.ParseDrive(value), force)
	}
	delete(g.conf, key)
	g.conf.DropBoot(key)
	return nil
}

func (c *call) dropUnused(g *guest, key, volid string) error {
	v := c.disks.Find(volid, g.node)
	if v != nil && v.VMID == g.vmid {
		if g.inSnapshot(volid) {
			return refusal.Fault("unable to delete '%s' - volume is still in use (snapshot?)", volid)
		}
		if err := c.need("/storage/"+v.Storage, "Datastore.AllocateSpace"); err != nil {
			return err
		}
		if err := c.disks.Remove(v); err != nil {
			return err
		}
	}
	delete(g.conf, key)
	return nil
}

func (c *call) dropDrive(g *guest, key string, d machine.Drive, force bool) error {
	v := c.disks.Find(d.File, g.node)
	switch {
	case v == nil || (d.IsCDROM() && !d.IsCloudInit()):
		return nil
	case d.IsCloudInit():
		return c.disks.Remove(v)
	case force && g.inSnapshot(d.File):
		return refusal.Param(key, "unable to apply pending change %s : unable to delete '%s' - volume is still in use (snapshot?)\n", key, d.File)
	case force && v.VMID == g.vmid:
		return c.disks.Remove(v)
	}
	g.conf.AddUnused(d.File)
	return nil
}

func putResize(c *call) (any, error) {
	if err := c.onlyRoot("skiplock"); err != nil {
		return nil, err
	}
	if c.old() {
		if err := c.waitFor(c.ctx, c.vmid); err != nil {
			return nil, err
		}
		return nil, c.resize(func(string, ...any) {})
	}
	return c.task("resize", itoa(c.vmid), func(t *task) {
		t.lock(c.vmid, func() { t.work(func() { t.done(c.resize(t.say)) }) })
	})
}

func (c *call) resize(say func(string, ...any)) error {
	g, err := c.guest()
	if err != nil {
		return err
	}
	if digest := c.str("digest"); digest != "" && digest != g.digest() {
		return refusal.Fault("checksum mismatch (file change by other user?)")
	}
	if err := g.locked(); err != nil {
		return err
	}
	key := c.str("disk")
	text, set := g.conf[key]
	if !set {
		return refusal.Fault("disk '%s' does not exist", key)
	}
	d := machine.ParseDrive(text)
	if d.IsCDROM() {
		return refusal.Fault("you can't resize a cdrom")
	}
	v := c.disks.Find(d.File, g.node)
	if v == nil {
		return refusal.Fault("volume '%s' does not exist", d.File)
	}
	if err := c.need("/storage/"+v.Storage, "Datastore.AllocateSpace"); err != nil {
		return err
	}
	if c.old() && v.Format == "qcow2" && len(g.snaps) > 0 {
		return refusal.Fault("can't resize volume: %s if snapshot exists", key)
	}
	return c.grow(g, key, d, v, say)
}

func (c *call) grow(g *guest, key string, d machine.Drive, v *volume.Volume, say func(string, ...any)) error {
	text := c.str("size")
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
	if err := c.disks.Grow(v, g.node, size); err != nil {
		return err
	}
	if g.run == nil && v.Format == "qcow2" {
		say("Image resized.")
	}
	d.Opts["size"] = machine.SizeText(size)
	g.conf[key] = d.String()
	return nil
}

// snapshotable refuses a guest with a data disk that cannot be part of a snapshot.
func (s *Sim) snapshotable(g *guest) bool {
	return !slices.ContainsFunc(g.conf.DataDrives(), func(key string) bool {
		v := s.volumeOf(g, key)
		return v != nil && !s.disks.CanSnapshot(v)
	})
}
