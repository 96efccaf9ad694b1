package inventory

import (
	"path"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// sizes are the figures of a storage on a node.
func (c *call) sizes(st *volume.Storage, node string) map[string]any {
	used := c.Disks.Used(st, node)
	return map[string]any{
		"type": st.Type, "content": strings.Join(st.Content, ","), "active": world.Bit(!st.Disabled),
		"enabled": world.Bit(!st.Disabled), "shared": world.Bit(st.Shared), "total": st.Size, "used": used, "avail": st.Size - used,
	}
}

// GetStorages lists a node's storages and their room.
func GetStorages(w *world.Call) (any, error) {
	c := &call{w}
	rows := []map[string]any{}
	for _, st := range c.Disks.Storages() {
		if !c.listed(st) {
			continue
		}
		row := c.sizes(st, c.Node)
		row["storage"] = st.ID
		if st.Size > 0 {
			row["used_fraction"] = float64(c.Disks.Used(st, c.Node)) / float64(st.Size)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (c *call) listed(st *volume.Storage) bool {
	target := c.Str("target")
	switch {
	case !st.On(c.Node), !c.May("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace"),
		c.Has("storage") && c.Str("storage") != st.ID,
		c.Flag("enabled") && st.Disabled,
		target != "" && target != c.Node && (!st.Shared || !st.On(target)):
		return false
	}
	kinds := world.Words(c.Str("content"))
	return len(kinds) == 0 || slices.ContainsFunc(kinds, st.Takes)
}

// GetStorageStatus answers one storage and its room.
func GetStorageStatus(w *world.Call) (any, error) {
	c := &call{w}
	st, err := c.Disks.Get(c.Str("storage"))
	if err != nil {
		return nil, refusal.Param("storage", "No such storage.")
	}
	return c.sizes(st, c.Node), nil
}

// GetStorageConfigs lists the definitions of storages.
func GetStorageConfigs(w *world.Call) (any, error) {
	c := &call{w}
	rows := []map[string]any{}
	for _, st := range c.Disks.Storages() {
		if c.May("/storage/"+st.ID, "Datastore.Audit", "Datastore.AllocateSpace") {
			rows = append(rows, storageConfig(st))
		}
	}
	return rows, nil
}

// GetStorageConfig answers one definition.
func GetStorageConfig(w *world.Call) (any, error) {
	c := &call{w}
	st, err := c.Disks.Get(c.Str("storage"))
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

// GetContent lists a storage's volumes.
func GetContent(w *world.Call) (any, error) {
	c := &call{w}
	st, err := c.Disks.Usable(c.Str("storage"), c.Node)
	if err != nil {
		return nil, err
	}
	rows := []map[string]any{}
	for _, v := range c.Disks.List(st.ID, c.Node) {
		switch {
		case c.Has("content") && v.Content != c.Str("content"), c.Has("vmid") && world.Itoa(v.VMID) != c.Str("vmid"), !c.sees(v):
			continue
		}
		rows = append(rows, contentRow(st, v))
	}
	return rows, nil
}

// sees tells whether the caller may know of a volume: backups are shown to who may back the guest up.
func (c *call) sees(v *volume.Volume) bool {
	if c.May("/storage/"+v.Storage, "Datastore.Allocate") {
		return true
	}
	switch v.Content {
	case "backup":
		return c.May(world.VMPath(v.VMID), "VM.Backup")
	case "images", "rootdir":
		return c.May(world.VMPath(v.VMID), "VM.Config.Disk")
	}
	return c.May("/storage/"+v.Storage, "Datastore.Audit", "Datastore.AllocateSpace")
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
		if v.Verdict != "" {
			row["verification"] = map[string]any{"state": v.Verdict, "upid": "UPID:store"}
		}
	}
	return row
}

// volumeName is the volume of the path without its storage.
func (c *call) volumeName() (string, error) {
	id, name, full := strings.Cut(c.Str("volume"), ":")
	if !full {
		return c.Str("volume"), nil
	}
	if storage := c.Str("storage"); storage != "" && storage != id {
		return "", refusal.Param("volume", "storage ID mismatch (%s != %s)\n", id, storage)
	}
	return name, nil
}

func (c *call) aVolume() (*volume.Volume, error) {
	name, err := c.volumeName()
	if err != nil {
		return nil, err
	}
	if _, err := c.Disks.Usable(c.Str("storage"), c.Node); err != nil {
		return nil, err
	}
	v := c.Disks.Find(c.Str("storage")+":"+name, c.Node)
	if v == nil {
		return nil, refusal.Fault("volume '%s:%s' does not exist", c.Str("storage"), name)
	}
	return v, nil
}

// GetVolume answers one volume.
func GetVolume(w *world.Call) (any, error) {
	c := &call{w}
	v, err := c.aVolume()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"path": v.Path(), "size": v.Size, "used": v.Size, "format": v.Format}
	if v.Content == "backup" {
		out["format"], out["protected"] = "raw", world.Bit(v.Keeps)
		if v.Notes != "" {
			out["notes"] = v.Notes
		}
	}
	return out, nil
}

// PutVolume changes notes and protection of a volume.
func PutVolume(w *world.Call) (any, error) {
	c := &call{w}
	v, err := c.aVolume()
	if err != nil {
		return nil, err
	}
	if c.Has("notes") {
		v.Notes = c.Str("notes")
	}
	if c.Has("protected") {
		v.Keeps = c.Flag("protected")
	}
	return nil, nil //nolint:nilnil // the API answers null
}

// DeleteVolume removes a volume in a task; that of a volume already gone succeeds.
func DeleteVolume(w *world.Call) (any, error) {
	c := &call{w}
	name, err := c.volumeName()
	if err != nil {
		return nil, err
	}
	st, err := c.Disks.Usable(c.Str("storage"), c.Node)
	if err != nil {
		return nil, err
	}
	v := c.Disks.Find(st.ID+":"+name, c.Node)
	owner := ownerOf(name)
	if err := c.mayDelete(st, name, owner); err != nil {
		return nil, err
	}
	ref := st.ID
	if owner != "" {
		ref = owner + "@" + st.ID
	}
	return c.Task("imgdel", ref, func(t *world.Task) { t.Work(func() { t.Done(c.removeVolume(t, st, v, name)) }) })
}

func (c *call) mayDelete(st *volume.Storage, name, owner string) error {
	where := "/storage/" + st.ID
	if c.May(where, "Datastore.Allocate") {
		return nil
	}
	if strings.HasPrefix(name, "backup/") && owner != "" {
		if err := c.Need(where, "Datastore.AllocateSpace"); err != nil {
			return err
		}
		return c.Need("/vms/"+owner, "VM.Backup")
	}
	return c.Need(where, "Datastore.Allocate")
}

func (c *call) removeVolume(t *world.Task, st *volume.Storage, v *volume.Volume, name string) error {
	volid := st.ID + ":" + name
	if v == nil {
		t.Say("disk image '/var/lib/vz/dump/%s' does not exist", path.Base(name))
		t.Say("Removed volume '%s'", volid)
		return nil
	}
	if v.Keeps {
		if st.Server() {
			name = strings.TrimPrefix(name, "backup/")
		}
		return refusal.Fault("cannot remove protected volume '%s' on '%s'", name, st.ID)
	}
	if err := c.Disks.Remove(v); err != nil {
		return err
	}
	t.Say("Removed volume '%s'", volid)
	return nil
}

// ownerOf reads the guest's number out of a volume's name.
func ownerOf(name string) string {
	if rest, server := strings.CutPrefix(name, "backup/vm/"); server {
		number, _, _ := strings.Cut(rest, "/")
		return number
	}
	base := path.Base(name)
	for _, lead := range []string{"vzdump-qemu-", "vm-", "base-"} {
		if rest, ok := strings.CutPrefix(base, lead); ok {
			number, _, _ := strings.Cut(rest, "-")
			return number
		}
	}
	return ""
}

// PostContent allocates an image.
func PostContent(w *world.Call) (any, error) {
	c := &call{w}
	if err := c.Need("/storage/"+c.Str("storage"), "Datastore.AllocateSpace"); err != nil {
		return nil, err
	}
	size := c.Str("size")
	if strings.Trim(size, "0123456789.") == "" {
		size += "K"
	}
	v, err := c.Disks.Allocate(volume.Order{
		Storage: c.Str("storage"), Node: c.Node, VMID: c.Num("vmid", 0), Format: c.Str("format"),
		Size: machine.ParseSize(size), At: c.Line.Now(),
	})
	if err != nil {
		return nil, err
	}
	return v.ID(), nil
}
