package volume_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

func store() *volume.Store {
	images := []string{"images"}
	return volume.New([]*volume.Storage{
		{ID: "dir", Type: "dir", Content: images, Size: 100 * volume.GiB},
		{ID: "thin", Type: "lvmthin", Content: images, Size: 100 * volume.GiB, Nodes: []string{"n1"}},
		{ID: "thick", Type: "lvm", Content: images, Size: 100 * volume.GiB},
		{ID: "nfs", Type: "nfs", Content: images, Size: 100 * volume.GiB, Shared: true},
		{ID: "zfs", Type: "zfspool", Content: images, Size: 100 * volume.GiB},
		{ID: "iso", Type: "dir", Content: []string{"iso"}},
	})
}

func TestStore_namesVolumesAsThePluginsDo(t *testing.T) {
	t.Parallel()
	s := store()
	for _, row := range []struct{ storage, format, first, linked string }{
		{"dir", "qcow2", "dir:9/vm-9-disk-0.qcow2", "dir:9/base-9-disk-0.qcow2/10/vm-10-disk-0.qcow2"},
		{"thin", "", "thin:vm-9-disk-0", "thin:vm-10-disk-0"},
		{"zfs", "", "zfs:vm-9-disk-0", "zfs:base-9-disk-0/vm-10-disk-0"},
	} {
		v, err := s.Allocate(volume.Order{Storage: row.storage, Node: "n1", VMID: 9, Format: row.format, Size: volume.GiB})
		if err != nil || v.ID() != row.first {
			t.Fatalf("%s: got %v %v, want %s", row.storage, v, err, row.first)
		}
		if s.CanLink(v) {
			t.Errorf("%s: an ordinary volume can be linked to", row.storage)
		}
		s.MakeBase(v)
		clone, err := s.Link(v, "n1", 10, v.CTime)
		if err != nil || clone.ID() != row.linked {
			t.Errorf("%s: got %v %v, want %s", row.storage, clone, err, row.linked)
		}
		if err := s.Remove(v); (err == nil) != (row.storage == "thin") {
			t.Errorf("%s: removing a base in use: got %v", row.storage, err)
		}
	}
}

func TestStore_refusesWhereItCannot(t *testing.T) {
	t.Parallel()
	s := store()
	for _, row := range []struct {
		order volume.Order
		want  string
	}{
		{volume.Order{Storage: "nope", Node: "n1"}, "storage 'nope' does not exist"},
		{volume.Order{Storage: "thin", Node: "n2"}, "storage 'thin' is not available on node 'n2'"},
		{volume.Order{Storage: "thick", Node: "n1", Format: "qcow2"}, "does not support 'qcow2' format"},
		{volume.Order{Storage: "thick", Node: "n1", Size: 101 * volume.GiB}, "No space left"},
		{volume.Order{Storage: "iso", Node: "n1"}, "Parameter verification failed."},
	} {
		if _, err := s.Allocate(row.order); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%+v: got %v, want %q", row.order, err, row.want)
		}
	}
}

func TestStore_localVolumesAreSeenByTheirNodeOnly(t *testing.T) {
	t.Parallel()
	s := store()
	local, err := s.Allocate(volume.Order{Storage: "dir", Node: "n1", VMID: 1, Size: volume.GiB})
	if err != nil {
		t.Fatal(err)
	}
	if s.Find(local.ID(), "n1") == nil || s.Find(local.ID(), "n2") != nil {
		t.Error("a local volume must be found on its node and nowhere else")
	}
	moved, err := s.Move(local, "nfs", "n2", "", local.CTime)
	if err != nil || s.Find(moved.ID(), "n1") == nil || s.Find(local.ID(), "n1") != nil {
		t.Errorf("moved to shared storage: got %v %v", moved, err)
	}
}

// Whatever is allocated, linked and removed in whatever order: no name is given twice and room adds up.
func TestStore_namesAreUnique(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := store()
		seen := map[string]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			storage := rapid.SampledFrom([]string{"dir", "thin", "zfs", "nfs"}).Draw(t, "storage")
			vmid := rapid.IntRange(100, 102).Draw(t, "vmid")
			v, err := s.Allocate(volume.Order{Storage: storage, Node: "n1", VMID: vmid, Size: volume.GiB})
			if err != nil {
				continue
			}
			if seen[v.ID()] {
				t.Fatalf("%s was given twice", v.ID())
			}
			seen[v.ID()] = true
			if rapid.Bool().Draw(t, "remove") {
				if err := s.Remove(v); err != nil {
					t.Fatal(err)
				}
				delete(seen, v.ID())
			} else if rapid.Bool().Draw(t, "base") {
				delete(seen, v.ID())
				s.MakeBase(v)
				seen[v.ID()] = true
			}
		}
		for id := range seen {
			if s.Find(id, "n1") == nil {
				t.Fatalf("%s got lost", id)
			}
		}
	})
}
