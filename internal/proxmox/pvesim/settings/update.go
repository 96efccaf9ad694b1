package settings

import (
	"maps"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// change is a request to alter a configuration.
type change struct {
	set            map[string]string
	drop           []string
	revert         []string
	force          bool
	digest         string
	skipLock, root bool
}

func (c *call) change() *change {
	set := c.Rest("delete", "revert", "force", "digest", "skiplock", "background_delay")
	if cd, ok := set["cdrom"]; ok {
		delete(set, "cdrom")
		set["ide2"] = cd
	}
	for key, value := range set {
		set[key] = machine.Normal(key, value)
	}
	return &change{
		set: set, drop: world.Words(c.Str("delete")), revert: world.Words(c.Str("revert")), force: c.Flag("force"),
		digest: c.Str("digest"), skipLock: c.Flag("skiplock"), root: c.ID.IsRoot(),
	}
}

// PutConfig changes a configuration and answers when that is done.
func PutConfig(w *world.Call) (any, error) {
	c := &call{w}
	ch, err := c.admitChange()
	if err != nil {
		return nil, err
	}
	if err := c.WaitFor(c.Ctx, c.VMID); err != nil {
		return nil, err
	}
	return nil, c.applyChange(ch)
}

// PostConfig changes a configuration in a task.
func PostConfig(w *world.Call) (any, error) {
	c := &call{w}
	ch, err := c.admitChange()
	if err != nil {
		return nil, err
	}
	return c.Task("qmconfig", world.Itoa(c.VMID), func(t *world.Task) {
		options := []string{"update VM " + world.Itoa(c.VMID) + ":"}
		for _, key := range slices.Sorted(maps.Keys(ch.set)) {
			options = append(options, "-"+key, ch.set[key])
		}
		t.Say("%s", strings.Join(options, " "))
		t.Lock(c.VMID, func() { t.Work(func() { t.Done(c.applyChange(ch)) }) })
	})
}

// PutUnlink detaches disks; the same as deleting their keys.
func PutUnlink(w *world.Call) (any, error) {
	c := &call{w}
	ch := &change{set: map[string]string{}, drop: world.Words(c.Str("idlist")), force: c.Flag("force")}
	if err := c.checkChange(ch); err != nil {
		return nil, err
	}
	if err := c.WaitFor(c.Ctx, c.VMID); err != nil {
		return nil, err
	}
	return nil, c.applyChange(ch)
}

func (c *call) admitChange() (*change, error) {
	if err := c.OnlyRoot("skiplock"); err != nil {
		return nil, err
	}
	ch := c.change()
	return ch, c.checkChange(ch)
}

// applyChange is the part under the file lock.
func (c *call) applyChange(ch *change) error {
	g, err := c.Guest()
	if err != nil {
		return err
	}
	if ch.digest != "" && ch.digest != g.Digest() {
		word := "mismatch"
		if c.Old() {
			word = "missmatch"
		}
		return refusal.Fault("checksum %s (file change by other user?)", word)
	}
	if !ch.skipLock {
		if err := g.Locked(); err != nil {
			return err
		}
	}
	if err := checkBalloon(g.Merged(), ch.set); err != nil {
		return err
	}
	for _, key := range ch.revert {
		delete(g.Pending, key)
		delete(g.Dropped, key)
	}
	for _, key := range ch.drop {
		if err := c.drop(g, key, ch.force); err != nil {
			return err
		}
	}
	return c.setAll(g, ch.set)
}

func checkBalloon(conf machine.Config, set map[string]string) error {
	if _, given := set["balloon"]; !given {
		return nil
	}
	after := conf.Clone()
	maps.Copy(after, set)
	if after.Int("balloon", 0) > after.MemoryMiB() {
		return refusal.Fault("balloon value too large (must be smaller than assigned memory)")
	}
	return nil
}

// drop deletes a key: at once, or pending when the running guest does not let go of it.
func (c *call) drop(g *world.Guest, key string, force bool) error {
	value, set := g.Conf[key]
	if !set {
		delete(g.Pending, key)
		return nil
	}
	if (machine.IsDisk(key) || machine.IsUnused(key)) && g.Conf.Flag("protection") {
		return refusal.Fault("can't remove drive '%s' - protection mode enabled", key)
	}
	delete(g.Pending, key)
	if g.Run != nil && !g.Conf.Live(key, "") {
		g.Dropped[key] = 1
		if force {
			g.Dropped[key] = 2
		}
		return nil
	}
	delete(g.Dropped, key)
	return c.detach(g, key, value, force)
}

// setAll writes values: pending first, then at once whatever can be.
func (c *call) setAll(g *world.Guest, set map[string]string) error {
	keys := slices.Sorted(maps.Keys(set))
	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	for _, key := range keys {
		value, err := c.materialise(g, key, set[key])
		if err != nil {
			return err
		}
		delete(g.Dropped, key)
		if key == "boot" {
			after := g.Merged()
			after["boot"] = value
			if err := after.CheckBoot(); err != nil {
				return err
			}
			delete(g.Conf, "bootdisk")
		}
		if g.Run == nil || g.Conf.Live(key, value) {
			delete(g.Pending, key)
			c.write(g, key, value)
			continue
		}
		g.Pending[key] = value
		if g.Conf[key] == value {
			delete(g.Pending, key)
		}
	}
	return nil
}

// rank lets disks come before the boot order that may name them.
func rank(key string) int {
	if key == "boot" {
		return 1
	}
	return 0
}

// write puts a value in place; a replaced volume becomes unused.
func (c *call) write(g *world.Guest, key, value string) {
	if old, had := g.Conf[key]; had && machine.IsDisk(key) {
		was, is := machine.ParseDrive(old), machine.ParseDrive(value)
		if was.File != is.File && !was.IsCDROM() && was.Storage() != "" {
			g.Conf.AddUnused(was.File)
		}
	}
	g.Conf[key] = value
}

// applyPending is what a cold start, or a stopped guest, does with waiting changes.
func (c *call) applyPending(g *world.Guest) error {
	for _, key := range slices.Sorted(maps.Keys(g.Dropped)) {
		force := g.Dropped[key] == 2
		delete(g.Dropped, key)
		if err := c.detach(g, key, g.Conf[key], force); err != nil {
			return err
		}
	}
	for _, key := range g.Pending.Keys() {
		value := g.Pending[key]
		delete(g.Pending, key)
		c.write(g, key, value)
	}
	return nil
}
