package lifecycle

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

var createOnly = []string{"vmid", "archive", "force", "unique", "storage", "pool", "start", "bwlimit", "live-restore", "ha-managed", "import-working-storage"} //nolint:gochecknoglobals // immutable table

// PostCreate makes a guest, from nothing or from an archive.
func PostCreate(w *world.Call) (any, error) {
	c := &call{w}
	c.VMID = c.Num("vmid", 0)
	if err := c.mayCreate(); err != nil {
		return nil, err
	}
	if c.Has("archive") {
		return c.restore()
	}
	set := c.Rest(createOnly...)
	if c.Flag("start") && c.Cfg.Version == contract.V92 {
		if err := c.Need(world.VMPath(c.VMID), "VM.PowerMgmt"); err != nil {
			return nil, err
		}
	}
	if err := settings.CheckNew(c.Call, set); err != nil {
		return nil, err
	}
	if other := c.Guests[c.VMID]; other != nil {
		return nil, refusal.Fault("unable to create VM %d - VM %d already exists on node '%s'", c.VMID, c.VMID, other.Node)
	}
	g := world.NewGuest(c.VMID, c.Node, machine.Config{"lock": "create"})
	c.Guests[c.VMID] = g
	return c.Task("qmcreate", world.Itoa(c.VMID), func(t *world.Task) {
		t.Undo = append(t.Undo, func() { c.Discard(g) })
		t.Lock(c.VMID, func() { t.Work(func() { t.Done(c.build(t, g, set)) }) })
	})
}

func (c *call) mayCreate() error {
	if err := c.poolExists(); err != nil {
		return err
	}
	restoresOwn := c.Has("archive") && c.Flag("force") && c.Guests[c.VMID] != nil && c.May(world.VMPath(c.VMID), "VM.Backup")
	if restoresOwn || c.May(world.VMPath(c.VMID), "VM.Allocate") {
		return nil
	}
	if pool := c.Str("pool"); pool != "" {
		return c.Need("/pool/"+pool, "VM.Allocate")
	}
	return c.Need(world.VMPath(c.VMID), "VM.Allocate")
}

func (c *call) poolExists() error {
	if name := c.Str("pool"); name != "" && c.Pools[name] == nil {
		return refusal.Forbidden("Permission check failed (pool '" + name + "' does not exist)")
	}
	return nil
}

// build is the worker of a creation.
func (c *call) build(t *world.Task, g *world.Guest, set map[string]string) error {
	conf := machine.Config{}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		value, err := settings.Materialise(c.Call, g, key, set[key])
		if err != nil {
			return err
		}
		if machine.IsDisk(key) {
			t.Say("%s: successfully created disk '%s'", key, value)
		}
		g.Conf[key], conf[key] = value, value
	}
	if _, given := conf["boot"]; !given {
		conf["boot"] = conf.DefaultBoot()
	}
	if err := conf.CheckBoot(); err != nil {
		return err
	}
	conf["meta"] = fmt.Sprintf("creation-qemu=9.2.0,ctime=%d", c.Line.Now().Unix())
	if conf["smbios1"] == "" {
		conf["smbios1"] = "uuid=" + c.UUID()
	}
	if v := conf["vmgenid"]; v == "" || v == "1" {
		conf["vmgenid"] = c.UUID()
	}
	g.Conf = conf
	if p := c.Pools[c.Str("pool")]; p != nil {
		p.Add(g.VMID)
	}
	if c.Flag("start") {
		t.Say("Execute autostart")
		c.startLater(c.ID, g)
	}
	return nil
}

// DeleteGuest destroys a guest with its disks and everything filed under its number.
func DeleteGuest(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("skiplock"); err != nil {
		return nil, err
	}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	if err := removable(g); err != nil {
		return nil, err
	}
	return c.Task("qmdestroy", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			if err := c.stillRemovable(g); err != nil {
				t.Fail(err.Error())
				return
			}
			t.Work(func() {
				c.destroy(t, g)
				t.OK()
			})
		})
	})
}

func removable(g *world.Guest) error {
	if g.Conf.Flag("protection") {
		return refusal.Fault("can't remove VM %d - protection mode enabled", g.VMID)
	}
	if g.Run != nil {
		return refusal.Fault("VM %d is running - destroy failed", g.VMID)
	}
	return nil
}

func (c *call) stillRemovable(g *world.Guest) error {
	if _, err := c.Guest(); err != nil {
		return err
	}
	if err := g.Locked("suspended"); err != nil {
		return err
	}
	if err := removable(g); err != nil {
		return err
	}
	for _, v := range c.Disks.Owned(g.VMID, g.Node) {
		if len(c.Disks.Children(v)) > 0 {
			return refusal.Fault("base volume '%s' is still in use by linked cloned", v.ID())
		}
	}
	return nil
}

// destroy removes the guest's volumes, its configuration and everything filed under its id.
func (c *call) destroy(t *world.Task, g *world.Guest) {
	if c.Flag("purge") {
		t.Say("purging VM %d from related configurations..", g.VMID)
	}
	for _, v := range c.Disks.Owned(g.VMID, g.Node) {
		if !c.Flag("destroy-unreferenced-disks") && !refers(g, v.ID()) {
			continue
		}
		if err := c.Disks.Remove(v); err != nil {
			t.Say("Could not remove disk '%s', check manually: %s", v.ID(), err)
		}
	}
	delete(c.Guests, g.VMID)
	delete(c.Fires, g.VMID)
	c.Auth.Forget(world.VMPath(g.VMID))
	for _, p := range c.Pools {
		p.Remove(g.VMID)
	}
}

// refers tells whether the configuration, a snapshot or a pending change names a volume.
func refers(g *world.Guest, volid string) bool {
	for _, conf := range []machine.Config{g.Conf, g.Pending} {
		for _, value := range conf {
			if machine.ParseDrive(value).File == volid {
				return true
			}
		}
	}
	return g.InSnapshot(volid)
}
