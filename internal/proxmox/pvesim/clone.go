package pvesim

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// cloning is a clone order that was accepted.
type cloning struct {
	from    *guest
	conf    machine.Config // what is copied: the present state or a snapshot
	newID   int
	target  string
	full    bool
	storage string
	format  string
}

func postClone(c *call) (any, error) {
	if err := c.poolExists(); err != nil {
		return nil, err
	}
	o, err := c.cloneOrder()
	if err != nil {
		return nil, err
	}
	return c.task("qmclone", itoa(c.vmid), func(t *task) { c.runClone(t, o) })
}

// cloneOrder makes the synchronous checks, in the order of the original.
func (c *call) cloneOrder() (*cloning, error) {
	o := &cloning{newID: c.num("newid", 0), target: c.node, storage: c.str("storage"), format: c.str("format")}
	if t := c.str("target"); t != "" {
		if c.Sim.node(t) == nil {
			return nil, refusal.Fault("no such cluster node '%s'", t)
		}
		o.target = t
	}
	if err := c.cloneStorage(o); err != nil {
		return nil, err
	}
	g, err := c.findGuest()
	if err != nil {
		return nil, err
	}
	if err := g.locked(); err != nil {
		return nil, err
	}
	o.from, o.conf = g, g.conf.Clone()
	if name := c.str("snapname"); name != "" {
		snap, err := g.snapshot(name)
		if err != nil {
			return nil, err
		}
		o.conf = snap.conf.Clone()
	}
	o.full = !g.template()
	if c.has("full") {
		o.full = c.flag("full")
	}
	if err := c.cloneDrives(o); err != nil {
		return nil, err
	}
	if other := c.guests[o.newID]; other != nil && other.node == c.node {
		return nil, refusal.Fault("unable to create VM %d: config file already exists", o.newID)
	}
	return o, nil
}

// cloneStorage checks the target storage, if one was named.
func (c *call) cloneStorage(o *cloning) error {
	if o.storage == "" {
		return nil
	}
	if err := c.need("/storage/"+o.storage, "Datastore.AllocateSpace"); err != nil {
		return err
	}
	st, err := c.disks.Usable(o.storage, c.node)
	if err != nil {
		return err
	}
	if o.target != c.node {
		if _, err := c.disks.Usable(o.storage, o.target); err != nil {
			return err
		}
		if !st.Shared {
			return refusal.Fault("can't clone to non-shared storage '%s'", o.storage)
		}
	}
	return nil
}

func (c *call) cloneDrives(o *cloning) error {
	if !o.full {
		for _, key := range []string{"storage", "format"} {
			if c.has(key) {
				return refusal.Fault("parameter '%s' not allowed for linked clones", key)
			}
		}
	}
	for _, key := range o.conf.Drives() {
		if err := c.cloneDrive(o, key); err != nil {
			return err
		}
	}
	for _, key := range o.conf.Nets() {
		if err := c.checkBridges(o.conf[key]); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) cloneDrive(o *cloning, key string) error {
	d := machine.ParseDrive(o.conf[key])
	v := c.disks.Find(d.File, c.node)
	if v == nil {
		return nil
	}
	st, err := c.disks.Get(v.Storage)
	if err != nil {
		return err
	}
	if !d.IsCDROM() {
		if !o.full && !c.disks.CanLink(v) {
			where := " (" + key + ")"
			if c.old() {
				where = " for drive '" + key + "'"
				return refusal.Fault("Linked clone feature is not supported%s", where)
			}
			return refusal.Fault("Linked clone feature is not supported for '%s'%s", v.ID(), where)
		}
		if o.storage == "" {
			if err := c.need("/storage/"+v.Storage, "Datastore.AllocateSpace"); err != nil {
				return err
			}
		}
	}
	if o.target != c.node && !st.Shared {
		return refusal.Fault("can't clone VM to node '%s' (VM uses local storage)", o.target)
	}
	return nil
}

// runClone is the worker: reserve the id, stand in line at the source and its storage, copy, finish.
func (c *call) runClone(t *task, o *cloning) {
	c.claimNew(t, o.newID, func() {
		if other := c.guests[o.newID]; other != nil {
			t.fail("close (rename) atomic file '/etc/pve/" + confFile(c.node, o.newID) + "' failed: File exists")
			return
		}
		g := newGuest(o.newID, c.node, machine.Config{"lock": "clone", "description": " qmclone temporary file"})
		c.guests[o.newID] = g
		t.undo = append(t.undo, func() { c.discard(g) })
		t.stopText = "clone failed: interrupted by signal"
		t.share(c.vmid, o.from.run != nil, func() {
			id, shared := c.sourceStorage(o)
			t.slot(id, shared, func() { c.copyGuest(t, o, g) })
		})
	})
}

func (c *call) claimNew(t *task, vmid int, then func()) {
	t.claim(timeline.Claim{Name: lockName(vmid), Wait: lockWait / 10}, lockTimeout(vmid), then)
}

func (c *call) sourceStorage(o *cloning) (id string, shared bool) {
	for _, key := range o.conf.DataDrives() {
		if v := c.disks.Find(machine.ParseDrive(o.conf[key]).File, c.node); v != nil {
			st, err := c.disks.Get(v.Storage)
			return v.Storage, err == nil && st.Shared
		}
	}
	return "", false
}

// copyGuest takes the time of a clone. For its first moments the new guest is a placeholder, then it has
// its keys but no disks yet.
func (c *call) copyGuest(t *task, o *cloning, g *guest) {
	t.say("creating a clone of VM %d with ID %d", c.vmid, o.newID)
	whole := c.cfg.Durations.Clone
	t.after(whole/10, func() {
		g.conf = c.cloneConf(o)
		agent := g.conf["agent"]
		for _, key := range append(g.conf.Drives(), "agent") {
			delete(g.conf, key)
		}
		g.conf["lock"] = "clone"
		t.after(whole-whole/10, func() {
			if agent != "" {
				g.conf["agent"] = agent
			}
			if err := c.cloneVolumes(t, o, g); err != nil {
				t.fail("clone failed: " + err.Error())
				return
			}
			c.finishClone(o, g)
			t.ok()
		})
	})
}

// cloneConf is the copied configuration: everything but what belongs to the source alone.
func (c *call) cloneConf(o *cloning) machine.Config {
	conf := o.conf.Clone()
	for _, key := range slices.Concat(conf.Unused(), []string{"template", "lock", "parent", "snaptime", "vmstate"}) {
		delete(conf, key)
	}
	for _, key := range conf.Nets() {
		n := machine.ParseNet(conf[key])
		n.MAC = c.mac()
		conf[key] = n.String()
	}
	conf["smbios1"] = "uuid=" + c.uuid()
	if conf["vmgenid"] != "" {
		conf["vmgenid"] = c.uuid()
	}
	conf["name"] = "Copy-of-VM-" + itoa(c.vmid)
	if o.conf["name"] != "" {
		conf["name"] = "Copy-of-VM-" + o.conf["name"]
	}
	for _, key := range []string{"name", "description"} {
		if c.has(key) {
			conf[key] = c.str(key)
		}
	}
	return conf
}

func (c *call) cloneVolumes(t *task, o *cloning, g *guest) error {
	keys := o.conf.Drives()
	slices.SortFunc(keys, func(a, b string) int { return ciFirst(o.conf, a) - ciFirst(o.conf, b) })
	for _, key := range keys {
		d := machine.ParseDrive(o.conf[key])
		v := c.disks.Find(d.File, c.node)
		if v != nil && (!d.IsCDROM() || d.IsCloudInit()) {
			made, err := c.cloneVolume(t, o, key, d, v)
			if err != nil {
				return err
			}
			d.File, d.Opts["size"] = made.ID(), machine.SizeText(made.Size)
		}
		g.conf[key] = d.String()
	}
	return nil
}

func ciFirst(conf machine.Config, key string) int {
	if machine.ParseDrive(conf[key]).IsCloudInit() {
		return 0
	}
	return 1
}

func (c *call) cloneVolume(t *task, o *cloning, key string, d machine.Drive, v *volume.Volume) (*volume.Volume, error) {
	if !o.full && !d.IsCloudInit() {
		t.say("create linked clone of drive %s (%s)", key, v.ID())
		return c.disks.Link(v, c.node, o.newID, c.line.Now())
	}
	t.say("create full clone of drive %s (%s)", key, v.ID())
	order := volume.Order{
		Storage: o.storage, Node: c.node, VMID: o.newID, Format: o.format, Size: v.Size,
		CloudInit: d.IsCloudInit(), At: c.line.Now(),
	}
	if order.Storage == "" {
		order.Storage = v.Storage
	}
	if st, err := c.disks.Get(order.Storage); err == nil && order.Format == "" && st.IsDir() {
		order.Format = v.Format
	}
	made, err := c.disks.Allocate(order)
	if err != nil {
		return nil, err
	}
	t.say("allocated target volume '%s'", made.ID())
	if !d.IsCloudInit() {
		gib := float64(v.Size) / float64(volume.GiB)
		t.say("transferred %.1f GiB of %.1f GiB (100.00%%)", gib, gib)
	}
	return made, nil
}

func (c *call) finishClone(o *cloning, g *guest) {
	delete(g.conf, "lock")
	g.node = o.target
	if fw := c.fires[c.vmid]; fw != nil {
		c.fires[o.newID] = fw.Clone()
	}
	if p := c.pools[c.str("pool")]; p != nil {
		p.add(o.newID)
	}
}

// discard removes a guest that never came to be, with its disks.
func (c *call) discard(g *guest) {
	for _, v := range c.disks.Owned(g.vmid, g.node) {
		_ = c.disks.Remove(v)
	}
	if c.guests[g.vmid] == g {
		delete(c.guests, g.vmid)
	}
}

func postTemplate(c *call) (any, error) {
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	if err := g.locked(); err != nil {
		return nil, err
	}
	only := c.str("disk")
	switch {
	case len(g.snaps) > 0:
		return nil, refusal.Fault("unable to create template, because VM contains snapshots")
	case g.template() && only == "":
		return nil, refusal.Fault("you can't convert a template to a template")
	case g.run != nil:
		return nil, refusal.Fault("you can't convert a VM to template if VM is running")
	}
	return c.task("qmtemplate", itoa(c.vmid), func(t *task) {
		t.lock(c.vmid, func() {
			t.work(func() {
				g.conf["template"] = "1"
				for _, key := range g.conf.DataDrives() {
					if only == "" || only == key {
						c.toBase(g, key)
					}
				}
				t.ok()
			})
		})
	})
}
