package volume

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// CloudInitSize is the size of a cloud-init drive in bytes.
const CloudInitSize = int64(4) << 20

// Order is what a new image shall be. Format empty takes the storage's default, raw.
type Order struct {
	Storage, Node string
	VMID          int
	Format        string
	Size          int64
	CloudInit     bool
	At            time.Time
}

// Allocate makes a new image.
func (s *Store) Allocate(o Order) (*Volume, error) {
	st, err := s.Usable(o.Storage, o.Node)
	if err != nil {
		return nil, err
	}
	if !st.Takes("images") {
		return nil, refusal.Param("storage", "storage '%s' does not support vm images", st.ID)
	}
	base, format := s.freeName(st, o.Node, o.VMID), st.Format(o.Format)
	if o.CloudInit {
		base, format = "vm-"+itoa(o.VMID)+"-cloudinit", st.Format("qcow2")
		o.Size = CloudInitSize
	}
	if err := st.holds(o.Format); err != nil {
		return nil, err
	}
	if err := s.room(st, o.Node, o.Size, false); err != nil {
		return nil, err
	}
	v := &Volume{
		Storage: st.ID, Node: o.Node, Name: st.fileName(o.VMID, base, format), VMID: o.VMID,
		Content: "images", Format: format, Size: o.Size, CTime: o.At,
	}
	s.Put(v)
	return v, nil
}

// Format is the format an image gets here when another one was asked or meant.
func (st *Storage) Format(want string) string {
	if !st.IsDir() || want == "" {
		return "raw"
	}
	return want
}

func (st *Storage) holds(format string) error {
	if format == "" || format == "raw" || st.IsDir() {
		return nil
	}
	return refusal.Fault("storage '%s' does not support '%s' format", st.ID, format)
}

// CanSnapshot tells whether an image can be part of a snapshot.
func (s *Store) CanSnapshot(v *Volume) bool {
	st, err := s.Get(v.Storage)
	if err != nil {
		return false
	}
	if st.IsDir() {
		return v.Format == "qcow2"
	}
	return st.Type != "lvm"
}

// CanLink tells whether a linked clone of an image is possible.
func (s *Store) CanLink(v *Volume) bool {
	st, err := s.Get(v.Storage)
	return err == nil && st.Type != "lvm" && v.IsBase()
}

// Link makes a linked clone of a base image for another guest.
func (s *Store) Link(base *Volume, node string, vmid int, at time.Time) (*Volume, error) {
	st, err := s.Usable(base.Storage, node)
	if err != nil {
		return nil, err
	}
	if err := s.room(st, node, base.Size, true); err != nil {
		return nil, err
	}
	v := &Volume{
		Storage: st.ID, Node: node, VMID: vmid, Content: "images",
		Format: base.Format, Size: base.Size, CTime: at,
	}
	own := s.freeName(st, node, vmid)
	switch {
	case st.IsDir():
		v.Format = "qcow2"
		v.Name, v.Parent = base.Name+"/"+st.fileName(vmid, own, "qcow2"), base.Name
	case st.Type == "lvmthin":
		v.Name = own
	default:
		v.Name, v.Parent = base.Name+"/"+own, base.Name
	}
	s.Put(v)
	return v, nil
}

// MakeBase renames an image to a template's base image.
func (s *Store) MakeBase(v *Volume) {
	delete(s.volumes, key{v.Storage, v.Node, v.Name})
	dir, file := path.Split(v.Name)
	v.Name = dir + strings.Replace(file, "vm-", "base-", 1)
	s.Put(v)
}

// Move copies an image to another storage or node under a free name there and drops the old one.
func (s *Store) Move(v *Volume, storage, node, format string, at time.Time) (*Volume, error) {
	st, err := s.Usable(storage, node)
	if err != nil {
		return nil, err
	}
	if format == "" || st.holds(format) != nil {
		format = v.Format
	}
	o := Order{Storage: storage, Node: node, VMID: v.VMID, Format: st.Format(format), Size: v.Size, At: at}
	o.CloudInit = strings.Contains(v.Name, "-cloudinit")
	moved, err := s.Allocate(o)
	if err != nil {
		return nil, err
	}
	moved.Snaps = slices.Clone(v.Snaps)
	delete(s.volumes, key{v.Storage, v.Node, v.Name})
	return moved, nil
}

// Grow sets the size of an image if there is room for the difference.
func (s *Store) Grow(v *Volume, node string, size int64) error {
	st, err := s.Usable(v.Storage, node)
	if err != nil {
		return err
	}
	if err := s.room(st, node, size-v.Size, false); err != nil {
		return err
	}
	v.Size = size
	return nil
}

// Fill sets how much of a storage is used by others, in bytes, leaving free bytes for new volumes.
func (s *Store) Fill(storage string, free int64) {
	if st, err := s.Get(storage); err == nil {
		st.Used = max(st.Size-free, 0)
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
