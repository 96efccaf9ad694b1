package lifecycle

import (
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/settings"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// GetSnapshots lists the snapshots, and the present as one more named "current".
func GetSnapshots(w *world.Call) (any, error) {
	g, err := w.Guest()
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{}
	for _, s := range g.Snaps {
		row := map[string]any{"name": s.Name, "description": s.Text, "snaptime": s.At.Unix(), "vmstate": world.Bit(s.RAM)}
		if s.Parent != "" {
			row["parent"] = s.Parent
		}
		rows = append(rows, row)
	}
	here := map[string]any{"name": "current", "description": "You are here!", "digest": g.Digest(), "running": world.Bit(g.Run != nil)}
	if g.Conf["parent"] != "" {
		here["parent"] = g.Conf["parent"]
	}
	return append(rows, here), nil
}

// PostSnapshot takes a snapshot.
func PostSnapshot(w *world.Call) (any, error) {
	c := &call{w}
	name := c.Str("snapname")
	if name == "current" || strings.EqualFold(name, "pending") {
		return nil, refusal.Fault("unable to use snapshot name '%s' (reserved name)", name)
	}
	if !c.Old() {
		if _, err := c.Guest(); err != nil {
			return nil, err
		}
	}
	return c.Task("qmsnapshot", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			g, err := c.snapshotReady(name)
			if err != nil {
				t.Fail(err.Error())
				return
			}
			g.Conf["lock"] = "snapshot"
			t.Undo = append(t.Undo, func() { delete(g.Conf, "lock") })
			t.Work(func() {
				delete(g.Conf, "lock")
				c.snap(t, g, name)
				t.OK()
			})
		})
	})
}

func (c *call) snapshotReady(name string) (*world.Guest, error) {
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	_, missing := g.Snapshot(name)
	switch {
	case g.Template():
		return nil, refusal.Fault("you can't take a snapshot if it's a template")
	case missing == nil:
		return nil, refusal.Fault("snapshot name '%s' already used", name)
	case !settings.Snapshotable(c.Call, g):
		return nil, refusal.Fault("snapshot feature is not available")
	}
	return g, nil
}

func (c *call) snap(t *world.Task, g *world.Guest, name string) {
	for _, key := range g.Conf.DataDrives() {
		t.Say("snapshotting 'drive-%s' (%s)", key, machine.ParseDrive(g.Conf[key]).File)
		if v := c.VolumeOf(g, key); v != nil {
			v.Snaps = append(v.Snaps, name)
		}
	}
	conf := g.Conf.Clone()
	for _, key := range append(conf.Unused(), "lock") {
		delete(conf, key)
	}
	g.Snaps = append(g.Snaps, &world.Snapshot{
		Name: name, Text: c.Str("description"), Parent: g.Conf["parent"], At: c.Line.Now(),
		RAM: c.Flag("vmstate") && g.Run != nil, Conf: conf,
	})
	g.Conf["parent"] = name
}

// aSnapshot finds the snapshot that the path names.
func (c *call) aSnapshot() (*world.Guest, *world.Snapshot, error) {
	g, err := c.Guest()
	if err != nil {
		return nil, nil, err
	}
	s, err := g.Snapshot(c.Str("snapname"))
	return g, s, err
}

// GetSnapshot is the index below a snapshot.
func GetSnapshot(*world.Call) (any, error) {
	return []map[string]any{{"cmd": "rollback"}, {"cmd": "config"}}, nil
}

// GetSnapshotConfig answers the stored configuration; the crypted password is not hidden here.
func GetSnapshotConfig(w *world.Call) (any, error) {
	c := &call{w}
	_, s, err := c.aSnapshot()
	if err != nil {
		return nil, err
	}
	out := c.Render(s.Conf)
	if hash := s.Conf["cipassword"]; hash != "" {
		out["cipassword"] = hash
	}
	out["snaptime"] = s.At.Unix()
	delete(out, "description")
	if s.Text != "" {
		out["description"] = s.Text
	}
	return out, nil
}

// PutSnapshotConfig changes the description.
func PutSnapshotConfig(w *world.Call) (any, error) {
	c := &call{w}
	g, s, err := c.aSnapshot()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	if c.Has("description") {
		s.Text = c.Str("description")
	}
	return nil, nil //nolint:nilnil // the API answers null
}

// PostRollback brings a snapshot back.
func PostRollback(w *world.Call) (any, error) {
	c := &call{w}
	if c.Flag("start") && c.Cfg.Version == "9.2" {
		if err := c.Need(world.VMPath(c.VMID), "VM.PowerMgmt"); err != nil {
			return nil, err
		}
	}
	return c.Task("qmrollback", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			g, s, err := c.aSnapshot()
			if err == nil {
				err = c.rollbackReady(g, s)
			}
			if err != nil {
				t.Fail(err.Error())
				return
			}
			g.Conf["lock"] = "rollback"
			t.Undo = append(t.Undo, func() { delete(g.Conf, "lock") })
			t.Work(func() {
				c.rollback(g, s)
				if c.Flag("start") || s.RAM {
					c.startLater(c.ID, g)
				}
				t.OK()
			})
		})
	})
}

// rollbackReady refuses locked guests and templates, and storages that only go back to the newest snapshot.
func (c *call) rollbackReady(g *world.Guest, s *world.Snapshot) error {
	if err := g.Locked(); err != nil {
		return err
	}
	if g.Template() {
		return refusal.Fault("you can't rollback if vm is a template")
	}
	for _, key := range s.Conf.DataDrives() {
		v := c.Disks.Find(machine.ParseDrive(s.Conf[key]).File, g.Node)
		if v == nil || len(v.Snaps) == 0 || v.Snaps[len(v.Snaps)-1] == s.Name {
			continue
		}
		if st, err := c.Disks.Get(v.Storage); err == nil && st.Type == "zfspool" {
			return refusal.Fault("can't rollback, '%s' is not most recent snapshot on '%s'", s.Name, v.ID())
		}
	}
	return nil
}

// rollback restores the configuration; disks that only the present has become unused.
func (c *call) rollback(g *world.Guest, s *world.Snapshot) {
	g.Run = nil
	old := g.Conf
	g.Conf, g.Pending, g.Dropped = s.Conf.Clone(), machine.Config{}, map[string]int{}
	g.Conf["parent"] = s.Name
	delete(g.Conf, "description")
	if old["description"] != "" {
		g.Conf["description"] = old["description"]
	}
	if g.Conf["vmgenid"] != "" {
		g.Conf["vmgenid"] = c.UUID()
	}
	for _, key := range slices.Concat(old.DataDrives(), old.Unused()) {
		file := machine.ParseDrive(old[key]).File
		if v := c.Disks.Find(file, g.Node); v != nil && !refers(g, file) {
			g.Conf.AddUnused(file)
		}
	}
	for _, key := range g.Conf.DataDrives() {
		d := machine.ParseDrive(g.Conf[key])
		if v := c.Disks.Find(d.File, g.Node); v != nil {
			v.Size = machine.ParseSize(d.Opts["size"])
		}
	}
}

// DeleteSnapshot removes a snapshot; its children get its parent.
func DeleteSnapshot(w *world.Call) (any, error) {
	c := &call{w}
	return c.Task("qmdelsnapshot", world.Itoa(c.VMID), func(t *world.Task) {
		t.Lock(c.VMID, func() {
			g, s, err := c.aSnapshot()
			if err == nil {
				err = g.Locked()
			}
			if err != nil {
				t.Fail(err.Error())
				return
			}
			g.Conf["lock"] = "snapshot-delete"
			t.Undo = append(t.Undo, func() { delete(g.Conf, "lock") })
			t.Work(func() {
				delete(g.Conf, "lock")
				c.unsnap(g, s)
				t.OK()
			})
		})
	})
}

func (c *call) unsnap(g *world.Guest, s *world.Snapshot) {
	g.Snaps = slices.DeleteFunc(g.Snaps, func(x *world.Snapshot) bool { return x == s })
	for _, x := range g.Snaps {
		if x.Parent == s.Name {
			x.Parent = s.Parent
		}
	}
	if g.Conf["parent"] == s.Name {
		g.Conf["parent"] = s.Parent
		if s.Parent == "" {
			delete(g.Conf, "parent")
		}
	}
	for _, key := range s.Conf.DataDrives() {
		if v := c.Disks.Find(machine.ParseDrive(s.Conf[key]).File, g.Node); v != nil {
			v.Snaps = slices.DeleteFunc(v.Snaps, func(name string) bool { return name == s.Name })
		}
	}
}
