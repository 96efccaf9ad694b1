package lifecycle

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// storageMap says where volumes of a storage go; the key "" is for all that are not named.
type storageMap map[string]string

func (m storageMap) target(id string) string {
	if to := m[id]; to != "" {
		return to
	}
	if to := m[""]; to != "" {
		return to
	}
	return id
}

func parseStorageMap(text string) storageMap {
	m := storageMap{}
	for _, item := range world.Words(text) {
		from, to, pair := strings.Cut(item, ":")
		switch {
		case pair:
			m[from] = to
		case item != "1":
			m[""] = item
		}
	}
	return m
}

// PostMigrate moves a guest to another node.
func PostMigrate(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.OnlyRoot("force", "migration_type", "migration_network"); err != nil {
		return nil, err
	}
	g, target, err := c.migrateOrder()
	if err != nil {
		return nil, err
	}
	moves := parseStorageMap(c.Str("targetstorage"))
	if err := c.migrateStorages(g, target, moves); err != nil {
		return nil, err
	}
	return c.Task("qmigrate", world.Itoa(c.VMID), func(t *world.Task) { c.runMigrate(t, target, moves) })
}

func (c *call) migrateOrder() (*world.Guest, string, error) {
	target := c.Str("target")
	if target == c.Node {
		return nil, "", refusal.Param("target", "target is local node.")
	}
	n := c.FindNode(target)
	if n == nil {
		return nil, "", refusal.Fault("no such cluster node '%s'", target)
	}
	if n.Down {
		return nil, "", refusal.Fault("target node '%s' is not online", target)
	}
	g, err := c.Guest()
	if err != nil {
		return nil, "", err
	}
	if err := g.Locked(); err != nil {
		return nil, "", err
	}
	if g.Run != nil && !c.Flag("online") {
		return nil, "", refusal.Fault("can't migrate running VM without --online")
	}
	return g, target, nil
}

func (c *call) migrateStorages(g *world.Guest, target string, moves storageMap) error {
	if c.Has("targetstorage") {
		if err := c.Need(world.VMPath(c.VMID), "VM.Config.Disk"); err != nil {
			return err
		}
		for _, to := range moves {
			if err := c.Need("/storage/"+to, "Datastore.AllocateSpace"); err != nil {
				return err
			}
			if _, err := c.Disks.Usable(to, target); err != nil {
				return err
			}
		}
	}
	for _, key := range g.Conf.Drives() {
		id := machine.ParseDrive(g.Conf[key]).Storage()
		if id == "" {
			continue
		}
		if _, err := c.Disks.Usable(moves.target(id), target); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) runMigrate(t *world.Task, target string, moves storageMap) {
	t.Lock(c.VMID, func() {
		g, err := c.Guest()
		if err == nil {
			err = g.Locked()
		}
		if err != nil {
			t.Fail(err.Error())
			return
		}
		begun := c.Line.Now()
		stamp := func(format string, args ...any) {
			t.Say("%s %s", c.Line.Now().Format(time.DateTime), fmt.Sprintf(format, args...))
		}
		stamp("starting migration of VM %d to node '%s' (%s)", c.VMID, target, c.NodeIP(target))
		if problem := c.migrateProblem(g, stamp); problem != "" {
			stamp("ERROR: migration aborted (duration 00:00:00): %s", problem)
			t.Fail("migration aborted")
			return
		}
		g.Conf["lock"] = "migrate"
		t.StopText = "migration aborted"
		t.Undo = append(t.Undo, func() { delete(g.Conf, "lock") })
		t.Work(func() {
			if err := c.moveVolumes(g, target, moves, stamp); err != nil {
				stamp("ERROR: migration aborted: %s", err)
				t.Fail("migration aborted")
				return
			}
			delete(g.Conf, "lock")
			g.Node = target
			stamp("migration finished successfully (duration %s)", clockFace(c.Line.Now().Sub(begun)))
			t.OK()
		})
	})
}

func clockFace(d time.Duration) string {
	sec := int(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}

// migrateProblem is why the volumes cannot come along, empty when they can.
func (c *call) migrateProblem(g *world.Guest, stamp func(string, ...any)) string {
	for _, key := range g.Conf.Drives() {
		v := c.VolumeOf(g, key)
		if v == nil || v.Node == "" {
			continue
		}
		stamp("found local disk '%s' (attached)", v.ID())
		switch {
		case v.Parent != "":
			return fmt.Sprintf("Problem found while scanning volumes - can't migrate '%s' as it's a clone of '%s'", v.ID(), path.Base(v.Parent))
		case len(c.Disks.Children(v)) > 0:
			return fmt.Sprintf("Problem found while scanning volumes - can't migrate '%s' as it's a base image", v.ID())
		case g.Run != nil && !c.Flag("with-local-disks"):
			return "can't live migrate attached local disks without with-local-disks option"
		}
	}
	return ""
}

func (c *call) moveVolumes(g *world.Guest, target string, moves storageMap, stamp func(string, ...any)) error {
	copied := false
	for _, key := range append(g.Conf.Drives(), g.Conf.Unused()...) {
		d := machine.ParseDrive(g.Conf[key])
		v := c.Disks.Find(d.File, g.Node)
		if v == nil || v.Node == "" {
			continue
		}
		if !copied {
			stamp("copying local disk images")
			copied = true
		}
		was := v.ID()
		moved, err := c.Disks.Move(v, moves.target(v.Storage), target, "", c.Line.Now())
		if err != nil {
			return err
		}
		stamp("volume '%s' is '%s' on the target", was, moved.ID())
		renameVolume(g, was, moved)
	}
	return nil
}

// GetMigrate says where a guest could go.
func GetMigrate(w *world.Call) (any, error) {
	c := &call{w}
	g, err := c.Guest()
	if err != nil {
		return nil, err
	}
	if err := g.Locked(); err != nil {
		return nil, err
	}
	out := map[string]any{"running": world.Bit(g.Run != nil), "local_resources": []string{}, "local_disks": c.localDisks(g)}
	if !c.Old() {
		out["mapped-resources"] = []string{}
	}
	if c.Cfg.Version == "9.2" {
		out["mapped-resource-info"], out["has-dbus-vmstate"] = map[string]any{}, 1
	}
	if g.Run != nil {
		return out, nil
	}
	allowed, refused := []string{}, map[string]any{}
	for _, n := range c.Nodes {
		if n.Name == c.Node {
			continue
		}
		missing := c.missingStorages(g, n.Name)
		if len(missing) > 0 {
			refused[n.Name] = map[string]any{"unavailable_storages": missing}
			continue
		}
		allowed = append(allowed, n.Name)
		if c.Cfg.Version == "9.2" {
			refused[n.Name] = map[string]any{}
		}
	}
	out["allowed_nodes"], out["not_allowed_nodes"] = allowed, refused
	return out, nil
}

func (c *call) missingStorages(g *world.Guest, node string) []string {
	var out []string
	for _, key := range g.Conf.Drives() {
		if id := machine.ParseDrive(g.Conf[key]).Storage(); id != "" {
			if _, err := c.Disks.Usable(id, node); err != nil {
				out = append(out, id)
			}
		}
	}
	return out
}

func (c *call) localDisks(g *world.Guest) []map[string]any {
	out := []map[string]any{}
	for _, key := range g.Conf.Drives() {
		d, v := machine.ParseDrive(g.Conf[key]), c.VolumeOf(g, key)
		if v == nil || v.Node == "" {
			continue
		}
		out = append(out, map[string]any{
			"cdrom": world.Bit(d.IsCDROM()), "drivename": key, "is_attached": 1, "is_cloudinit": world.Bit(d.IsCloudInit()),
			"is_tpmstate": 0, "is_unused": 0, "is_vmstate": 0, "replicate": 1, "shared": 0, "size": v.Size, "volid": v.ID(),
		})
	}
	return out
}

// renameVolume follows a moved volume in the configuration and in every snapshot.
func renameVolume(g *world.Guest, was string, v *volume.Volume) {
	confs := []machine.Config{g.Conf, g.Pending}
	for _, s := range g.Snaps {
		confs = append(confs, s.Conf)
	}
	for _, conf := range confs {
		for _, key := range conf.Drives() {
			if d := machine.ParseDrive(conf[key]); d.File == was {
				d.File, d.Opts["size"] = v.ID(), machine.SizeText(v.Size)
				conf[key] = d.String()
			}
		}
		for _, key := range conf.Unused() {
			if conf[key] == was {
				conf[key] = v.ID()
			}
		}
	}
}
