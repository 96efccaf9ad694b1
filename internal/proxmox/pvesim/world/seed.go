package world

import (
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// addTemplates makes the templates of the first state.
func (s *World) addTemplates() {
	for _, t := range s.Cfg.Templates {
		g := NewGuest(t.VMID, t.Node, machine.Config{
			"name": t.Name, "cores": "1", "memory": "512", "ostype": "l26", "scsihw": "virtio-scsi-single",
			"net0": "virtio=" + s.MAC() + ",bridge=vmbr0", "smbios1": "uuid=" + s.UUID(), "vmgenid": s.UUID(),
			"serial0": "socket", "vga": "serial0",
		})
		format := "raw"
		if st, err := s.Disks.Get(t.Storage); err == nil && st.IsDir() {
			format = "qcow2"
		}
		s.seedDisk(g, t.Bus, t.Storage, format, int64(max(t.DiskGiB, 1))*volume.GiB)
		s.seedCloudInit(g, t.CloudInit, t.Storage)
		switch {
		case strings.Contains(t.Boot, "="):
			g.Conf["boot"] = t.Boot
		case t.Boot != "":
			g.Conf["bootdisk"], g.Conf["boot"] = t.Boot, "c"
		}
		s.seedExtra(g, t.Extra)
		for _, key := range g.Conf.DataDrives() {
			s.ToBase(g, key)
		}
		g.Conf["template"] = "1"
		s.Guests[t.VMID] = g
	}
}

// seedExtra adds keys of the configuration; disks may be written as storage:GiB.
func (s *World) seedExtra(g *Guest, extra map[string]string) {
	for key, value := range extra {
		d := machine.ParseDrive(value)
		storage, size, fresh := d.Wanted()
		switch {
		case machine.IsDisk(key) && fresh:
			s.seedDisk(g, key, storage, d.Opts["format"], size)
		case machine.IsDisk(key) && strings.HasSuffix(d.File, ":cloudinit"):
			s.seedCloudInit(g, key, d.Storage())
		case machine.IsNet(key):
			n := machine.ParseNet(value)
			if n.MAC == "" {
				n.MAC = s.MAC()
			}
			g.Conf[key] = n.String()
		default:
			g.Conf[key] = value
		}
	}
}

func (s *World) seedDisk(g *Guest, key, storage, format string, size int64) {
	v, err := s.Disks.Allocate(volume.Order{
		Storage: storage, Node: g.Node, VMID: g.VMID, Format: format, Size: size, At: s.Born,
	})
	if err == nil {
		g.Conf[key] = v.ID() + ",size=" + machine.SizeText(size)
	}
}

func (s *World) seedCloudInit(g *Guest, key, storage string) {
	if key == "" {
		return
	}
	v, err := s.Disks.Allocate(volume.Order{Storage: storage, Node: g.Node, VMID: g.VMID, CloudInit: true, At: s.Born})
	if err == nil {
		g.Conf[key] = v.ID() + ",media=cdrom"
	}
}

// ToBase makes a drive's volume a base image.
func (s *World) ToBase(g *Guest, key string) {
	v := s.VolumeOf(g, key)
	if v == nil || v.IsBase() {
		return
	}
	s.Disks.MakeBase(v)
	d := machine.ParseDrive(g.Conf[key])
	d.File = v.ID()
	g.Conf[key] = d.String()
}

func (s *World) addGuests() {
	for _, gc := range s.Cfg.Guests {
		s.AddGuest(gc)
	}
}

// AddGuest puts a guest there without asking anybody.
func (s *World) AddGuest(gc GuestConfig) {
	g := NewGuest(gc.VMID, gc.Node, machine.Config{
		"cores": "1", "memory": "512", "smbios1": "uuid=" + s.UUID(), "vmgenid": s.UUID(),
	})
	s.seedExtra(g, gc.Config)
	if _, set := g.Conf["boot"]; !set {
		g.Conf["boot"] = g.Conf.DefaultBoot()
	}
	s.Guests[gc.VMID] = g
	if gc.Running {
		s.Started(g)
	}
}

// Discard removes a guest with its disks and nothing else.
func (s *World) Discard(g *Guest) {
	for _, v := range s.Disks.Owned(g.VMID, g.Node) {
		_ = s.Disks.Remove(v)
	}
	if s.Guests[g.VMID] == g {
		delete(s.Guests, g.VMID)
	}
}
