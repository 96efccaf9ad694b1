package volume

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// GiB in bytes.
const GiB = int64(1) << 30

// Storage is one storage definition. Nodes empty means every node; sizes are bytes per node.
type Storage struct {
	ID, Type   string
	Shared     bool
	Disabled   bool
	Nodes      []string
	Content    []string
	Size, Used int64
	// Keep is the number of backups per guest that the storage allows, 0 = any.
	Keep int
	// Verdict is what the verification of new backups says; a backup server only.
	Verdict string
}

// Server tells whether the storage is a backup server.
func (st *Storage) Server() bool { return st.Type == "pbs" }

// IsDir tells whether volumes are files, so that names carry the guest's folder and an extension.
func (st *Storage) IsDir() bool {
	return slices.Contains([]string{"dir", "nfs", "cifs", "glusterfs", "cephfs", "btrfs"}, st.Type)
}

// On tells whether a node has the storage.
func (st *Storage) On(node string) bool {
	return len(st.Nodes) == 0 || slices.Contains(st.Nodes, node)
}

// Takes tells whether the storage is for this content type.
func (st *Storage) Takes(content string) bool { return slices.Contains(st.Content, content) }

// thick storages hand out the whole size at once.
func (st *Storage) thick() bool { return st.Type == "lvm" }

// Volume is an image, a backup or an ISO file.
type Volume struct {
	Storage string
	Node    string // empty on shared storage
	Name    string // what follows the storage's colon
	VMID    int
	Content string
	Format  string
	Size    int64
	Parent  string // name of the base volume
	CTime   time.Time
	Notes   string
	Snaps   []string
	Keeps   bool // protected from deletion
	Verdict string
	// Payload is what a backup holds: the guest's configuration and firewall, opaque here.
	Payload any
}

// ID is the volume id as configurations name it.
func (v *Volume) ID() string { return v.Storage + ":" + v.Name }

// IsBase tells whether the volume belongs to a template.
func (v *Volume) IsBase() bool { return strings.HasPrefix(path.Base(v.Name), "base-") }

// Path is a file name on the node, for texts that show one.
func (v *Volume) Path() string {
	if v.Content == "backup" {
		return "/var/lib/vz/dump/" + path.Base(v.Name)
	}
	return "/mnt/pve/" + v.Storage + "/images/" + v.Name
}

type key struct{ storage, node, name string }

// Store holds the storages of the cluster and everything on them. Callers serialise access.
type Store struct {
	storages []*Storage
	volumes  map[key]*Volume
}

// New makes a store with the given storages.
func New(storages []*Storage) *Store {
	return &Store{storages: storages, volumes: map[key]*Volume{}}
}

// Storages lists the definitions in their order.
func (s *Store) Storages() []*Storage { return s.storages }

// Get finds a storage definition.
func (s *Store) Get(id string) (*Storage, error) {
	for _, st := range s.storages {
		if st.ID == id {
			return st, nil
		}
	}
	return nil, refusal.Fault("storage '%s' does not exist", id)
}

// Usable finds a storage that is enabled and present on a node.
func (s *Store) Usable(id, node string) (*Storage, error) {
	st, err := s.Get(id)
	if err != nil {
		return nil, err
	}
	if st.Disabled {
		return nil, refusal.Fault("storage '%s' is disabled", id)
	}
	if !st.On(node) {
		return nil, refusal.Fault("storage '%s' is not available on node '%s'", id, node)
	}
	return st, nil
}

func (s *Store) keyOf(st *Storage, node, name string) key {
	if st.Shared {
		node = ""
	}
	return key{st.ID, node, name}
}

// Find looks a volume id up as seen from a node; nil when there is none.
func (s *Store) Find(volid, node string) *Volume {
	id, name, _ := strings.Cut(volid, ":")
	st, err := s.Get(id)
	if err != nil {
		return nil
	}
	return s.volumes[s.keyOf(st, node, name)]
}

// List names the volumes of a storage as seen from a node, by name.
func (s *Store) List(storage, node string) []*Volume {
	var out []*Volume
	for k, v := range s.volumes {
		if k.storage == storage && (k.node == "" || k.node == node) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *Volume) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Put adds a volume that is known to be well-formed (templates of the first state, backups).
func (s *Store) Put(v *Volume) {
	st, err := s.Get(v.Storage)
	if err != nil {
		return
	}
	k := s.keyOf(st, v.Node, v.Name)
	v.Node = k.node
	s.volumes[k] = v
}

// Remove takes a volume away; linked clones of it keep it.
func (s *Store) Remove(v *Volume) error {
	if len(s.Children(v)) > 0 {
		return refusal.Fault("base volume '%s' is still in use by linked clones", path.Base(v.Name))
	}
	delete(s.volumes, key{v.Storage, v.Node, v.Name})
	return nil
}

// Children are the linked clones of a base volume. Thin volumes are independent of their base.
func (s *Store) Children(v *Volume) []*Volume {
	var out []*Volume
	for k, c := range s.volumes {
		if k.storage == v.Storage && k.node == v.Node && c.Parent == v.Name && c.Parent != "" {
			out = append(out, c)
		}
	}
	return out
}

// Owned lists the images of a guest as seen from a node.
func (s *Store) Owned(vmid int, node string) []*Volume {
	var out []*Volume
	for _, st := range s.storages {
		for _, v := range s.List(st.ID, node) {
			if v.VMID == vmid && v.Content == "images" {
				out = append(out, v)
			}
		}
	}
	return out
}

// Used is what is taken of a storage on a node, in bytes. Thin volumes count an eighth of their size.
func (s *Store) Used(st *Storage, node string) int64 {
	sum := st.Used
	for _, v := range s.List(st.ID, node) {
		sum += st.weight(v.Size, v.Parent != "")
	}
	return min(sum, st.Size)
}

func (st *Storage) weight(size int64, linked bool) int64 {
	switch {
	case st.thick():
		return size
	case linked:
		return size / 64
	default:
		return size / 8
	}
}

func (s *Store) room(st *Storage, node string, size int64, linked bool) error {
	if s.Used(st, node)+st.weight(size, linked) > st.Size {
		return refusal.Fault("unable to create image: No space left on device (storage '%s')", st.ID)
	}
	return nil
}

// fileName is the volume's name after the colon.
func (st *Storage) fileName(vmid int, base, format string) string {
	if !st.IsDir() {
		return base
	}
	return fmt.Sprintf("%d/%s.%s", vmid, base, format)
}

func (s *Store) taken(st *Storage, node, base string) bool {
	for _, v := range s.List(st.ID, node) {
		stem := strings.TrimSuffix(path.Base(v.Name), path.Ext(v.Name))
		if stem == base || stem == strings.Replace(base, "vm-", "base-", 1) {
			return true
		}
	}
	return false
}

func (s *Store) freeName(st *Storage, node string, vmid int) string {
	for n := 0; ; n++ {
		if base := fmt.Sprintf("vm-%d-disk-%d", vmid, n); !s.taken(st, node, base) {
			return base
		}
	}
}
