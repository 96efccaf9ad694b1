package pvesim

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

var createOnly = []string{"vmid", "archive", "force", "unique", "storage", "pool", "start", "bwlimit", "live-restore", "ha-managed", "import-working-storage"} //nolint:gochecknoglobals // immutable table

func postCreate(c *call) (any, error) {
	c.vmid = c.num("vmid", 0)
	if err := c.mayCreate(); err != nil {
		return nil, err
	}
	if c.has("archive") {
		return c.restore()
	}
	ch := &change{set: c.rest(createOnly...)}
	for key, value := range ch.set {
		ch.set[key] = machine.Normal(key, value)
	}
	if err := c.checkCreate(ch.set); err != nil {
		return nil, err
	}
	if other := c.guests[c.vmid]; other != nil {
		return nil, refusal.Fault("unable to create VM %d - VM %d already exists on node '%s'", c.vmid, c.vmid, other.node)
	}
	g := newGuest(c.vmid, c.node, machine.Config{"lock": "create"})
	c.guests[c.vmid] = g
	return c.task("qmcreate", itoa(c.vmid), func(t *task) {
		t.undo = append(t.undo, func() { c.discard(g) })
		t.lock(c.vmid, func() { t.work(func() { t.done(c.build(t, g, ch.set)) }) })
	})
}

func (c *call) mayCreate() error {
	if err := c.poolExists(); err != nil {
		return err
	}
	restoresOwn := c.has("archive") && c.flag("force") && c.guests[c.vmid] != nil && c.may(vmPath(c.vmid), "VM.Backup")
	if restoresOwn || c.may(vmPath(c.vmid), "VM.Allocate") {
		return nil
	}
	if pool := c.str("pool"); pool != "" {
		return c.need("/pool/"+pool, "VM.Allocate")
	}
	return c.need(vmPath(c.vmid), "VM.Allocate")
}

func (c *call) poolExists() error {
	if name := c.str("pool"); name != "" && c.pools[name] == nil {
		return refusal.Forbidden("Permission check failed (pool '" + name + "' does not exist)")
	}
	return nil
}

func (c *call) checkCreate(set map[string]string) error {
	if err := checkKeys(set); err != nil {
		return err
	}
	if err := c.checkDrives(set); err != nil {
		return err
	}
	if c.flag("start") && c.cfg.Version == "9.2" {
		if err := c.need(vmPath(c.vmid), "VM.PowerMgmt"); err != nil {
			return err
		}
	}
	if err := c.checkResources(machine.Config{}, set); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if machine.IsDisk(key) {
			continue
		}
		if err := c.checkKeyPriv(key, set[key]); err != nil {
			return err
		}
	}
	return nil
}

// build is the worker of a creation.
func (c *call) build(t *task, g *guest, set map[string]string) error {
	conf := machine.Config{}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		value, err := c.materialise(g, key, set[key])
		if err != nil {
			return err
		}
		if machine.IsDisk(key) {
			t.say("%s: successfully created disk '%s'", key, value)
		}
		g.conf[key], conf[key] = value, value
	}
	if _, given := conf["boot"]; !given {
		conf["boot"] = conf.DefaultBoot()
	}
	if err := conf.CheckBoot(); err != nil {
		return err
	}
	conf["meta"] = fmt.Sprintf("creation-qemu=9.2.0,ctime=%d", c.line.Now().Unix())
	if conf["smbios1"] == "" {
		conf["smbios1"] = "uuid=" + c.uuid()
	}
	if v := conf["vmgenid"]; v == "" || v == "1" {
		conf["vmgenid"] = c.uuid()
	}
	g.conf = conf
	if p := c.pools[c.str("pool")]; p != nil {
		p.add(g.vmid)
	}
	if c.flag("start") {
		t.say("Execute autostart")
		c.startLater(c.id, g)
	}
	return nil
}

func deleteGuest(c *call) (any, error) {
	if err := c.onlyRoot("skiplock"); err != nil {
		return nil, err
	}
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	if err := g.removable(); err != nil {
		return nil, err
	}
	return c.task("qmdestroy", itoa(c.vmid), func(t *task) {
		t.lock(c.vmid, func() {
			if err := c.stillRemovable(g); err != nil {
				t.fail(err.Error())
				return
			}
			t.work(func() { t.done(c.destroy(t, g)) })
		})
	})
}

func (g *guest) removable() error {
	if g.conf.Flag("protection") {
		return refusal.Fault("can't remove VM %d - protection mode enabled", g.vmid)
	}
	if g.run != nil {
		return refusal.Fault("VM %d is running - destroy failed", g.vmid)
	}
	return nil
}

func (c *call) stillRemovable(g *guest) error {
	if _, err := c.guest(); err != nil {
		return err
	}
	if err := g.locked("suspended"); err != nil {
		return err
	}
	if err := g.removable(); err != nil {
		return err
	}
	for _, v := range c.disks.Owned(g.vmid, g.node) {
		if len(c.disks.Children(v)) > 0 {
			return refusal.Fault("base volume '%s' is still in use by linked cloned", v.ID())
		}
	}
	return nil
}

// destroy removes the guest's volumes, its configuration and everything filed under its id.
func (c *call) destroy(t *task, g *guest) error {
	if c.flag("purge") {
		t.say("purging VM %d from related configurations..", g.vmid)
	}
	for _, v := range c.disks.Owned(g.vmid, g.node) {
		if !c.flag("destroy-unreferenced-disks") && !g.refers(v.ID()) {
			continue
		}
		if err := c.disks.Remove(v); err != nil {
			t.say("Could not remove disk '%s', check manually: %s", v.ID(), err)
		}
	}
	delete(c.guests, g.vmid)
	delete(c.fires, g.vmid)
	c.auth.Forget(vmPath(g.vmid))
	for _, p := range c.pools {
		p.remove(g.vmid)
	}
	return nil
}

// refers tells whether the configuration, a snapshot or a pending change names a volume.
func (g *guest) refers(volid string) bool {
	for _, conf := range []machine.Config{g.conf, g.pending} {
		for _, value := range conf {
			if machine.ParseDrive(value).File == volid {
				return true
			}
		}
	}
	return g.inSnapshot(volid)
}
