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
	unset := value == "" && strings.HasPrefix(key, "serial")
	if groups == nil && !c.ID.IsRoot() && !unset {
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
