package pvesim

import (
	"path"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// sizes are the figures of a storage on a node.
func (c *call) sizes(st *volume.Storage, node string) map[string]any {
	used := c.disks.Used(st, node)
	return map[string]any{
		"type": st.Type, "content": strings.Join(st.Content, ","), "active": boolInt(!st.Disabled),
		"enabled": boolInt(!st.Disabled), "shared": boolInt(st.Shared), "total": st.Size, "used": used, "avail": st.Size - used,
	}
}

func getStorages(c *call) (any, error) {
	rows := []map[string]any{}
	for _, st := range c.disks.Storages() {
		if !c.listed(st) {
			continue
		}
		row := c.sizes(st, c.node)
		row["storage"] = st.ID
		if st.Size > 0 {
			row["used_fraction"] = float64(c.disks.Used(st, c.node)) / float64(st.Size)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (c *call) listed(st *volume.Storage) bool {
	target := c.str("target")
	switch {
	case !st.On(c.node), !c.may("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace"),
		c.has("storage") && c.str("storage") != st.ID,
		c.flag("enabled") && st.Disabled,
		target != "" && target != c.node && (!st.Shared || !st.On(target)):
		return false
	}
	kinds := words(c.str("content"))
	return len(kinds) == 0 || slices.ContainsFunc(kinds, st.Takes)
}

func getStorageStatus(c *call) (any, error) {
	st, err := c.disks.Get(c.str("storage"))
	if err != nil {
		return nil, refusal.Param("storage", "No such storage.")
	}
	return c.sizes(st, c.node), nil
}

func getStorageConfigs(c *call) (any, error) {
	rows := []map[string]any{}
	for _, st := range c.disks.Storages() {
		if c.may("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace") {
			rows = append(rows, storageConfig(st))
		}
	}
	return rows, nil
}

func getStorageConfig(c *call) (any, error) {
	st, err := c.disks.Get(c.str("storage"))
	if err != nil {
		return nil, err
	}
	return storageConfig(st), nil
}

func storageConfig(st *volume.Storage) map[string]any {
	row := map[string]any{"storage": st.ID, "type": st.Type, "content": strings.Join(st.Content, ","), "digest": machine.Digest(machine.Config{"id": st.ID})}
	if st.Shared {
		row["shared"] = 1
	}
	if len(st.Nodes) > 0 {
		row["nodes"] = strings.Join(st.Nodes, ",")
	}
	return row
}

func getContent(c *call) (any, error) {
	st, err := c.disks.Usable(c.str("storage"), c.node)
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{}
	for _, v := range c.disks.List(st.ID, c.node) {
		switch {
		case c.has("content") && v.Content != c.str("content"), c.has("vmid") && itoa(v.VMID) != c.str("vmid"), !c.sees(v):
			continue
		}
		rows = append(rows, contentRow(st, v))
	}
	return rows, nil
}

// sees tells whether the caller may know of a volume: backups are shown to who may back the guest up.
func (c *call) sees(v *volume.Volume) bool {
	if c.may("/storage/"+v.Storage, "Datastore.Allocate") {
		return true
	}
	switch v.Content {
	case "backup":
		return c.may(vmPath(v.VMID), "VM.Backup")
	case "images", "rootdir":
		return c.may(vmPath(v.VMID), "VM.Config.Disk")
	}
	return c.may("/storage/"+v.Storage, "Datastore.Audit", "Datastore.AllocateSpace")
}

func contentRow(st *volume.Storage, v *volume.Volume) map[string]any {
	row := map[string]any{"volid": v.ID(), "content": v.Content, "format": v.Format, "size": v.Size, "ctime": v.CTime.Unix()}
	if v.VMID != 0 {
		row["vmid"] = v.VMID
	}
	if v.Content == "images" {
		row["used"] = v.Size / 8
		row["parent"] = nil
		if v.Parent != "" {
			row["parent"] = v.Parent
		}
		if !st.IsDir() {
			delete(row, "used")
		}
	}
	if v.Content == "backup" {
		row["subtype"] = "qemu"
		note, _, _ := strings.Cut(v.Notes, "\n")
		if note != "" {
			row["notes"] = note
		}
		if v.Keeps {
			row["protected"] = 1
		}
	}
	return row
}

// volumeName is the volume of the path without its storage.
func (c *call) volumeName() (string, error) {
	id, name, full := strings.Cut(c.str("volume"), ":")
	if !full {
		return c.str("volume"), nil
	}
	if storage := c.str("storage"); storage != "" && storage != id {
		return "", refusal.Param("volume", "storage ID mismatch (%s != %s)\n", id, storage)
	}
	return name, nil
}

func (c *call) aVolume() (*volume.Volume, error) {
	name, err := c.volumeName()
	if err != nil {
		return nil, err
	}
	if _, err := c.disks.Usable(c.str("storage"), c.node); err != nil {
		return nil, err
	}
	v := c.disks.Find(c.str("storage")+":"+name, c.node)
	if v == nil {
		return nil, refusal.Fault("volume '%s:%s' does not exist", c.str("storage"), name)
	}
	return v, nil
}

func getVolume(c *call) (any, error) {
	v, err := c.aVolume()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"path": v.Path(), "size": v.Size, "used": v.Size, "format": v.Format}
	if v.Content == "backup" {
		out["format"], out["protected"] = "raw", boolInt(v.Keeps)
		if v.Notes != "" {
			out["notes"] = v.Notes
		}
	}
	return out, nil
}

func putVolume(c *call) (any, error) {
	v, err := c.aVolume()
	if err != nil {
		return nil, err
	}
	if c.has("notes") {
		v.Notes = c.str("notes")
	}
	if c.has("protected") {
		v.Keeps = c.flag("protected")
	}
	return nil, nil //nolint:nilnil // the API answers null
}

func deleteVolume(c *call) (any, error) {
	name, err := c.volumeName()
	if err != nil {
		return nil, err
	}
	st, err := c.disks.Usable(c.str("storage"), c.node)
	if err != nil {
		return nil, err
	}
	v := c.disks.Find(st.ID+":"+name, c.node)
	owner := ownerOf(name)
	if err := c.mayDelete(st, name, owner); err != nil {
		return nil, err
	}
	ref := st.ID
	if owner != "" {
		ref = owner + "@" + st.ID
	}
	return c.task("imgdel", ref, func(t *task) { t.work(func() { t.done(c.removeVolume(t, st, v, name)) }) })
}

func (c *call) mayDelete(st *volume.Storage, name, owner string) error {
	where := "/storage/" + st.ID
	if c.may(where, "Datastore.Allocate") {
		return nil
	}
	if strings.HasPrefix(name, "backup/") && owner != "" {
		if err := c.need(where, "Datastore.AllocateSpace"); err != nil {
			return err
		}
		return c.need("/vms/"+owner, "VM.Backup")
	}
	return c.need(where, "Datastore.Allocate")
}

func (c *call) removeVolume(t *task, st *volume.Storage, v *volume.Volume, name string) error {
	volid := st.ID + ":" + name
	if v == nil {
		t.say("disk image '/var/lib/vz/dump/%s' does not exist", path.Base(name))
		t.say("Removed volume '%s'", volid)
		return nil
	}
	if v.Keeps {
		return refusal.Fault("cannot remove protected volume '%s' on '%s'", name, st.ID)
	}
	if err := c.disks.Remove(v); err != nil {
		return err
	}
	t.say("Removed volume '%s'", volid)
	return nil
}

// ownerOf reads the guest's number out of a volume's name.
func ownerOf(name string) string {
	base := path.Base(name)
	for _, lead := range []string{"vzdump-qemu-", "vm-", "base-"} {
		if rest, ok := strings.CutPrefix(base, lead); ok {
			number, _, _ := strings.Cut(rest, "-")
			return number
		}
	}
	return ""
}

func postContent(c *call) (any, error) {
	if err := c.need("/storage/"+c.str("storage"), "Datastore.AllocateSpace"); err != nil {
		return nil, err
	}
	size := c.str("size")
	if strings.Trim(size, "0123456789.") == "" {
		size += "K"
	}
	v, err := c.disks.Allocate(volume.Order{
		Storage: c.str("storage"), Node: c.node, VMID: c.num("vmid", 0), Format: c.str("format"),
		Size: machine.ParseSize(size), At: c.line.Now(),
	})
	if err != nil {
		return nil, err
	}
	return v.ID(), nil
}
