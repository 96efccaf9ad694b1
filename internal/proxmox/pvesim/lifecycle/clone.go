package lifecycle

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// cloning is a clone order that was accepted.
type cloning struct {
	from    *world.Guest
	conf    machine.Config // what is copied: the present state or a snapshot
	newID   int
	target  string
	full    bool
	storage string
	format  string
}

// PostClone copies a guest or a template.
func PostClone(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.poolExists(); err != nil {
		return nil, err
	}
	o, err := c.cloneOrder()
	if err != nil {
		return nil, err
	}
	return c.Task("qmclone", world.Itoa(c.VMID), func(t *world.Task) { c.runClone(t, o) })
}

// cloneOrder makes the synchronous checks, in the order of the original.
func (c *call) cloneOrder() (*cloning, error) {
	o := &cloning{newID: c.Num("newid", 0), target: c.Node, storage: c.Str("storage"), format: c.Str("format")}
	if t := c.Str("target"); t != "" {
		if c.FindNode(t) == nil {
			return nil, refusal.Fault("no such cluster node '%s'", t)
		}
		o.target = t
	}
	if err := c.cloneStorage(o); err != nil {
		return nil, err
	}
	g, err := c.FindGuest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	o.from, o.conf = g, g.Conf.Clone()
	if name := c.Str("snapname"); name != "" {
		snap, err := g.Snapshot(name)
		if err != nil {
			return nil, err
		}
		o.conf = snap.Conf.Clone()
	}
	o.full = !g.Template()
	if c.Has("full") {
		o.full = c.Flag("full")
	}
	if err := c.cloneDrives(o); err != nil {
		return nil, err
	}
	if other := c.Guests[o.newID]; other != nil && other.Node == c.Node {
		return nil, refusal.Fault("unable to create VM %d: config file already exists", o.newID)
	}
	return o, nil
}

// cloneStorage checks the target storage, if one was named.
func (c *call) cloneStorage(o *cloning) error {
	if o.storage == "" {
		return nil
	}
	if err := c.Need("/storage/"+o.storage, "Datastore.AllocateSpace"); err != nil {
		return err
	}
	st, err := c.Disks.Usable(o.storage, c.Node)
	if err != nil {
		return err
	}
	if o.target != c.Node {
		if _, err := c.Disks.Usable(o.storage, o.target); err != nil {
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
			if c.Has(key) {
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
		if err := settings.CheckBridges(c.Call, o.conf[key]); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) cloneDrive(o *cloning, key string) error {
	d := machine.ParseDrive(o.conf[key])
	v := c.Disks.Find(d.File, c.Node)
	if v == nil {
		return nil
	}
	st, err := c.Disks.Get(v.Storage)
	if err != nil {
		return err
	}
	if !d.IsCDROM() {
		if err := c.cloneData(o, key, v); err != nil {
			return err
		}
	}
	if o.target != c.Node && !st.Shared {
		return refusal.Fault("can't clone VM to node '%s' (VM uses local storage)", o.target)
	}
	return nil
}

// cloneData checks a disk with content; CD-ROM and cloud-init drives need none of it.
func (c *call) cloneData(o *cloning, key string, v *volume.Volume) error {
	switch {
	case o.full || c.Disks.CanLink(v):
	case c.Old():
		return refusal.Fault("Linked clone feature is not supported for drive '%s'", key)
	default:
		return refusal.Fault("Linked clone feature is not supported for '%s' (%s)", v.ID(), key)
	}
	if o.storage != "" {
		return nil
	}
	return c.Need("/storage/"+v.Storage, "Datastore.AllocateSpace")
}

// runClone is the worker: reserve the id, stand in line at the source and its storage, copy, finish.
func (c *call) runClone(t *world.Task, o *cloning) {
	c.claimNew(t, o.newID, func() {
		if other := c.Guests[o.newID]; other != nil {
			t.Fail("close (rename) atomic file '/etc/pve/" + world.ConfFile(c.Node, o.newID) + "' failed: File exists")
			return
		}
		g := world.NewGuest(o.newID, c.Node, machine.Config{"lock": "clone", "description": " qmclone temporary file"})
		c.Guests[o.newID] = g
		t.Undo = append(t.Undo, func() { c.Discard(g) })
		t.StopText = "clone failed: interrupted by signal"
		t.Share(c.VMID, o.from.Run != nil, func() {
			id, shared := c.sourceStorage(o)
			t.Slot(id, shared, func() { c.copyGuest(t, o, g) })
		})
	})
}

func (c *call) claimNew(t *world.Task, vmid int, then func()) {
	t.Claim(timeline.Claim{Name: world.LockName(vmid), Wait: world.LockWait / 10}, world.LockTimeout(vmid), then)
}

func (c *call) sourceStorage(o *cloning) (id string, shared bool) {
	for _, key := range o.conf.DataDrives() {
		if v := c.Disks.Find(machine.ParseDrive(o.conf[key]).File, c.Node); v != nil {
			st, err := c.Disks.Get(v.Storage)
			return v.Storage, err == nil && st.Shared
		}
	}
	return "", false
}

// copyGuest takes the time of a clone. For its first moments the new guest is a placeholder, then it has
// its keys but no disks yet.
func (c *call) copyGuest(t *world.Task, o *cloning, g *world.Guest) {
	t.Say("creating a clone of VM %d with ID %d", c.VMID, o.newID)
	whole := c.Cfg.Durations.Clone
	t.After(whole/10, func() {
		g.Conf = c.cloneConf(o)
		for _, key := range g.Conf.Drives() {
			delete(g.Conf, key)
		}
		g.Conf["lock"] = "clone"
		t.After(whole-whole/10, func() {
			if err := c.cloneVolumes(t, o, g); err != nil {
				t.Fail("clone failed: " + err.Error())
				return
			}
			c.finishClone(o, g)
			t.OK()
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
		n.MAC = c.MAC()
		conf[key] = n.String()
	}
	conf["smbios1"] = "uuid=" + c.UUID()
	if conf["vmgenid"] != "" {
		conf["vmgenid"] = c.UUID()
	}
	conf["name"] = "Copy-of-VM-" + world.Itoa(c.VMID)
	if o.conf["name"] != "" {
		conf["name"] = "Copy-of-VM-" + o.conf["name"]
	}
	for _, key := range []string{"name", "description"} {
		if c.Has(key) {
			conf[key] = c.Str(key)
		}
	}
	return conf
}

func (c *call) cloneVolumes(t *world.Task, o *cloning, g *world.Guest) error {
	keys := o.conf.Drives()
	slices.SortFunc(keys, func(a, b string) int { return ciFirst(o.conf, a) - ciFirst(o.conf, b) })
	for _, key := range keys {
		d := machine.ParseDrive(o.conf[key])
		v := c.Disks.Find(d.File, c.Node)
		if v != nil && (!d.IsCDROM() || d.IsCloudInit()) {
			made, err := c.cloneVolume(t, o, key, d, v)
			if err != nil {
				return err
			}
			d.File, d.Opts["size"] = made.ID(), machine.SizeText(made.Size)
		}
		g.Conf[key] = d.String()
	}
	return nil
}

func ciFirst(conf machine.Config, key string) int {
	if machine.ParseDrive(conf[key]).IsCloudInit() {
		return 0
	}
	return 1
}

func (c *call) cloneVolume(t *world.Task, o *cloning, key string, d machine.Drive, v *volume.Volume) (*volume.Volume, error) {
	if !o.full && !d.IsCloudInit() {
		t.Say("create linked clone of drive %s (%s)", key, v.ID())
		return c.Disks.Link(v, c.Node, o.newID, c.Line.Now())
	}
	t.Say("create full clone of drive %s (%s)", key, v.ID())
	order := volume.Order{
		Storage: o.storage, Node: c.Node, VMID: o.newID, Format: o.format, Size: v.Size,
		CloudInit: d.IsCloudInit(), At: c.Line.Now(),
	}
	if order.Storage == "" {
		order.Storage = v.Storage
	}
	if st, err := c.Disks.Get(order.Storage); err == nil && order.Format == "" && st.IsDir() {
		order.Format = v.Format
	}
	made, err := c.Disks.Allocate(order)
	if err != nil {
		return nil, err
	}
	t.Say("allocated target volume '%s'", made.ID())
	if !d.IsCloudInit() {
		gib := float64(v.Size) / float64(volume.GiB)
		t.Say("transferred %.1f GiB of %.1f GiB (100.00%%)", gib, gib)
	}
	return made, nil
}

func (c *call) finishClone(o *cloning, g *world.Guest) {
	delete(g.Conf, "lock")
	g.Node = o.target
	if fw := c.Fires[c.VMID]; fw != nil {
		c.Fires[o.newID] = fw.Clone()
	}
	if p := c.Pools[c.Str("pool")]; p != nil {
		p.Add(o.newID)
	}
}

// PostTemplate makes a template of a guest; there is no way back.
func PostTemplate(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	only := c.Str("disk")
	switch {
	case len(g.Snaps) > 0:
		return nil, refusal.Fault("unable to create template, because VM contains snapshots")
	case g.Template() && only == "":
		return nil, refusal.Fault("you can't convert a template to a template")
	case g.Run != nil:
		return nil, refusal.Fault("you can't convert a VM to template if VM is running")
	}
	return c.Task("qmtemplate", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			t.Work(func() {
				g.Conf["template"] = "1"
				for _, key := range g.Conf.DataDrives() {
					if only == "" || only == key {
						c.ToBase(g, key)
					}
				}
				t.OK()
			})
		})
	})
}
