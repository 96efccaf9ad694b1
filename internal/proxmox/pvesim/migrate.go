package pvesim

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
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
	for _, item := range words(text) {
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

func postMigrate(c *call) (any, error) {
	if err := c.onlyRoot("force", "migration_type", "migration_network"); err != nil {
		return nil, err
	}
	g, target, err := c.migrateOrder()
	if err != nil {
		return nil, err
	}
	moves := parseStorageMap(c.str("targetstorage"))
	if err := c.migrateStorages(g, target, moves); err != nil {
		return nil, err
	}
	return c.task("qmigrate", itoa(c.vmid), func(t *task) { c.runMigrate(t, target, moves) })
}

func (c *call) migrateOrder() (*guest, string, error) {
	target := c.str("target")
	if target == c.node {
		return nil, "", refusal.Param("target", "target is local node.")
	}
	n := c.Sim.node(target)
	if n == nil {
		return nil, "", refusal.Fault("no such cluster node '%s'", target)
	}
	if n.offline {
		return nil, "", refusal.Fault("target node '%s' is not online", target)
	}
	g, err := c.guest()
	if err != nil {
		return nil, "", err
	}
	if err := g.locked(); err != nil {
		return nil, "", err
	}
	if g.run != nil && !c.flag("online") {
		return nil, "", refusal.Fault("can't migrate running VM without --online")
	}
	return g, target, nil
}

func (c *call) migrateStorages(g *guest, target string, moves storageMap) error {
	if c.has("targetstorage") {
		if err := c.need(vmPath(c.vmid), "VM.Config.Disk"); err != nil {
			return err
		}
		for _, to := range moves {
			if err := c.need("/storage/"+to, "Datastore.AllocateSpace"); err != nil {
				return err
			}
			if _, err := c.disks.Usable(to, target); err != nil {
				return err
			}
		}
	}
	for _, key := range g.conf.Drives() {
		id := machine.ParseDrive(g.conf[key]).Storage()
		if id == "" {
			continue
		}
		if _, err := c.disks.Usable(moves.target(id), target); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) runMigrate(t *task, target string, moves storageMap) {
	t.lock(c.vmid, func() {
		g, err := c.guest()
		if err == nil {
			err = g.locked()
		}
		if err != nil {
			t.fail(err.Error())
			return
		}
		begun := c.line.Now()
		stamp := func(format string, args ...any) {
			t.say("%s %s", c.line.Now().Format(time.DateTime), fmt.Sprintf(format, args...))
		}
		stamp("starting migration of VM %d to node '%s' (%s)", c.vmid, target, c.nodeIP(target))
		if problem := c.migrateProblem(g, stamp); problem != "" {
			stamp("ERROR: migration aborted (duration 00:00:00): %s", problem)
			t.fail("migration aborted")
			return
		}
		g.conf["lock"] = "migrate"
		t.stopText = "migration aborted"
		t.undo = append(t.undo, func() { delete(g.conf, "lock") })
		t.work(func() {
			if err := c.moveVolumes(g, target, moves, stamp); err != nil {
				stamp("ERROR: migration aborted: %s", err)
				t.fail("migration aborted")
				return
			}
			delete(g.conf, "lock")
			g.node = target
			stamp("migration finished successfully (duration %s)", clockFace(c.line.Now().Sub(begun)))
			t.ok()
		})
	})
}

func clockFace(d time.Duration) string {
	sec := int(d / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", sec/3600, sec/60%60, sec%60)
}

// migrateProblem is why the volumes cannot come along, empty when they can.
func (c *call) migrateProblem(g *guest, stamp func(string, ...any)) string {
	for _, key := range g.conf.Drives() {
		v := c.volumeOf(g, key)
		if v == nil || v.Node == "" {
			continue
		}
		stamp("found local disk '%s' (attached)", v.ID())
		switch {
		case v.Parent != "":
			return fmt.Sprintf("Problem found while scanning volumes - can't migrate '%s' as it's a clone of '%s'", v.ID(), path.Base(v.Parent))
		case len(c.disks.Children(v)) > 0:
			return fmt.Sprintf("Problem found while scanning volumes - can't migrate '%s' as it's a base image", v.ID())
		case g.run != nil && !c.flag("with-local-disks"):
			return "can't live migrate attached local disks without with-local-disks option"
		}
	}
	return ""
}

func (c *call) moveVolumes(g *guest, target string, moves storageMap, stamp func(string, ...any)) error {
	copied := false
	for _, key := range append(g.conf.Drives(), g.conf.Unused()...) {
		d := machine.ParseDrive(g.conf[key])
		v := c.disks.Find(d.File, g.node)
		if v == nil || v.Node == "" {
			continue
		}
		if !copied {
			stamp("copying local disk images")
			copied = true
		}
		was := v.ID()
		moved, err := c.disks.Move(v, moves.target(v.Storage), target, "", c.line.Now())
		if err != nil {
			return err
		}
		stamp("volume '%s' is '%s' on the target", was, moved.ID())
		g.renameVolume(was, moved)
	}
	return nil
}

// renameVolume follows a moved volume in the configuration and in every snapshot.
func (g *guest) renameVolume(was string, v *volume.Volume) {
	confs := []machine.Config{g.conf, g.pending}
	for _, s := range g.snaps {
		confs = append(confs, s.conf)
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

func getMigrate(c *call) (any, error) {
	g, err := c.guest()
	if err != nil {
		return nil, err
	}
	if err := g.locked(); err != nil {
		return nil, err
	}
	out := map[string]any{"running": boolInt(g.run != nil), "local_resources": []string{}, "local_disks": c.localDisks(g)}
	if !c.old() {
		out["mapped-resources"] = []string{}
	}
	if c.cfg.Version == "9.2" {
		out["mapped-resource-info"], out["has-dbus-vmstate"] = map[string]any{}, 1
	}
	if g.run != nil {
		return out, nil
	}
	allowed, refused := []string{}, map[string]any{}
	for _, n := range c.nodes {
		if n.Name == c.node {
			continue
		}
		missing := c.missingStorages(g, n.Name)
		if len(missing) > 0 {
			refused[n.Name] = map[string]any{"unavailable_storages": missing}
			continue
		}
		allowed = append(allowed, n.Name)
		if c.cfg.Version == "9.2" {
			refused[n.Name] = map[string]any{}
		}
	}
	out["allowed_nodes"], out["not_allowed_nodes"] = allowed, refused
	return out, nil
}

func (c *call) missingStorages(g *guest, node string) []string {
	var out []string
	for _, key := range g.conf.Drives() {
		if id := machine.ParseDrive(g.conf[key]).Storage(); id != "" {
			if _, err := c.disks.Usable(id, node); err != nil {
				out = append(out, id)
			}
		}
	}
	return out
}

func (c *call) localDisks(g *guest) []map[string]any {
	out := []map[string]any{}
	for _, key := range g.conf.Drives() {
		d, v := machine.ParseDrive(g.conf[key]), c.volumeOf(g, key)
		if v == nil || v.Node == "" {
			continue
		}
		out = append(out, map[string]any{
			"cdrom": boolInt(d.IsCDROM()), "drivename": key, "is_attached": 1, "is_cloudinit": boolInt(d.IsCloudInit()),
			"is_tpmstate": 0, "is_unused": 0, "is_vmstate": 0, "replicate": 1, "shared": 0, "size": v.Size, "volid": v.ID(),
		})
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
