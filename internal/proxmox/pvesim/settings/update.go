package settings

import (
	"maps"
	"net/url"
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

// PutConfig answers the endpoint of that name.
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

// PostConfig answers the endpoint of that name.
func PostConfig(w *world.Call) (any, error) {
	c := &call{w}
	ch, err := c.admitChange()
	if err != nil {
		return nil, err
	}
	return c.Task("qmconfig", world.Itoa(c.VMID), func(t *world.Task) {
		line := "update VM " + world.Itoa(c.VMID) + ":"
		for _, key := range slices.Sorted(maps.Keys(ch.set)) {
			line += " -" + key + " " + ch.set[key]
		}
		t.Say("%s", line)
		t.Lock(c.VMID, func() { t.Work(func() { t.Done(c.applyChange(ch)) }) })
	})
}

// PutUnlink answers the endpoint of that name.
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

// checkChange is what is looked at before the file lock, in the order of pve-behaviour §5.2.
func (c *call) checkChange(ch *change) error {
	if err := checkKeys(ch.set); err != nil {
		return err
	}
	if len(ch.set)+len(ch.drop)+len(ch.revert) == 0 {
		return refusal.Fault("no options specified")
	}
	if err := ch.consistent(); err != nil {
		return err
	}
	g, err := c.Guest()
	if err != nil {
		return err
	}
	if !ch.skipLock {
		if err := g.Locked(); err != nil {
			return err
		}
	}
	if err := c.checkDrives(ch.set); err != nil {
		return err
	}
	if err := c.checkPrivs(g.Conf, ch); err != nil {
		return err
	}
	return c.checkResources(g.Conf, ch.set)
}

func checkKeys(set map[string]string) error {
	keys, given := set["sshkeys"]
	if !given {
		return nil
	}
	plain, err := url.PathUnescape(keys)
	if err != nil || !machine.SSHKeysFine(plain) {
		return refusal.Fault("SSH public key validation error")
	}
	return nil
}

func (ch *change) consistent() error {
	for _, key := range ch.drop {
		if _, both := ch.set[key]; both {
			return refusal.Param("delete", "you can't use '-%s' and -delete %s' at the same time", key, key)
		}
		if slices.Contains(ch.revert, key) {
			return refusal.Param("revert", "you can't use '-delete %s' and '-revert %s' at the same time", key, key)
		}
		if !machine.Known(key) {
			return refusal.Param("delete", "unknown option '%s'", key)
		}
	}
	for _, key := range ch.revert {
		if _, both := ch.set[key]; both {
			return refusal.Param("delete", "you can't use '-%s' and '-revert %s' at the same time", key, key)
		}
		if !machine.Known(key) {
			return refusal.Param("revert", "unknown option '%s'", key)
		}
	}
	return nil
}

func (c *call) checkDrives(set map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if !machine.IsDisk(key) {
			continue
		}
		if err := machine.CheckDrive(key, set[key]); err != nil {
			return err
		}
	}
	return nil
}

// checkPrivs asks for the privileges of each key; new is true for keys of a guest being made, whose disks
// ask for room on the storage only.
func (c *call) checkPrivs(old machine.Config, ch *change) error {
	for _, key := range slices.Sorted(maps.Keys(ch.set)) {
		if err := c.checkKeyPriv(key, ch.set[key]); err != nil {
			return err
		}
	}
	for _, key := range append(slices.Clone(ch.drop), ch.revert...) {
		if err := c.checkKeyPriv(key, old[key]); err != nil {
			return err
		}
	}
	return nil
}

func (c *call) checkKeyPriv(key, value string) error {
	groups := machine.Privs(key, value)
	if groups == nil && !c.ID.IsRoot() && !(strings.HasPrefix(key, "serial") && value == "") {
		return refusal.Fault("only root can set '%s' config", key)
	}
	for _, group := range groups {
		if err := c.Need(world.VMPath(c.VMID), group...); err != nil {
			return err
		}
	}
	if key == "startup" {
		return c.Need("/", "Sys.Modify")
	}
	return nil
}

// checkResources asks for rights on storages and bridges, and that named volumes exist.
func (c *call) checkResources(old machine.Config, set map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(set)) {
		var err error
		switch {
		case machine.IsDisk(key):
			err = c.checkDriveStorage(old, key, set[key])
		case machine.IsNet(key):
			err = c.checkBridges(old[key], set[key])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *call) checkDriveStorage(old machine.Config, key, value string) error {
	d := machine.ParseDrive(value)
	if d.File == "cdrom" {
		return c.Need("/", "Sys.Console")
	}
	id := d.Storage()
	if id == "" || d.File == machine.ParseDrive(old[key]).File {
		return nil
	}
	if _, _, fresh := d.Wanted(); !fresh && !strings.HasSuffix(d.File, ":cloudinit") {
		return c.checkAttach(d)
	}
	if err := c.Need("/storage/"+id, "Datastore.AllocateSpace"); err != nil {
		return err
	}
	st, err := c.Disks.Get(id)
	if err != nil {
		return err
	}
	if !st.Takes("images") {
		return refusal.Param("storage", "storage '%s' does not support vm images", id)
	}
	return nil
}

func (c *call) checkAttach(d machine.Drive) error {
	if _, err := c.Disks.Get(d.Storage()); err != nil {
		return err
	}
	v := c.Disks.Find(d.File, c.Node)
	switch {
	case v == nil:
		return refusal.Fault("volume '%s' does not exist", d.File)
	case v.Content == "iso":
		return c.Need("/storage/"+d.Storage(), "Datastore.Audit", "Datastore.AllocateSpace")
	case v.VMID != c.VMID:
		return c.Need("/storage/"+d.Storage(), "Datastore.Audit")
	}
	return nil
}

// checkBridges asks for SDN.Use on the bridges of the old and the new card; release 7 asks for nothing.
func (c *call) checkBridges(values ...string) error {
	if c.Old() || c.ID.IsRoot() {
		return nil
	}
	for _, value := range values {
		n := machine.ParseNet(value)
		if value == "" || n.Bridge() == "" {
			continue
		}
		zone := "/sdn/zones/localnetwork/" + n.Bridge()
		if tag := n.Opts["tag"]; tag != "" {
			zone += "/" + tag
		}
		if err := c.Need(zone, "SDN.Use"); err != nil {
			return err
		}
	}
	return nil
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
