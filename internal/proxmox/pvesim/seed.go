package pvesim

import (
	"maps"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/volume"
)

// addTemplates makes the templates of the first state.
func (s *Sim) addTemplates() {
	for _, t := range s.cfg.Templates {
		g := newGuest(t.VMID, t.Node, machine.Config{
			"name": t.Name, "cores": "1", "memory": "512", "ostype": "l26", "scsihw": "virtio-scsi-single",
			"net0": "virtio=" + s.mac() + ",bridge=vmbr0", "smbios1": "uuid=" + s.uuid(), "vmgenid": s.uuid(),
			"serial0": "socket", "vga": "serial0",
		})
		format := "raw"
		if st, err := s.disks.Get(t.Storage); err == nil && st.IsDir() {
			format = "qcow2"
		}
		s.seedDisk(g, t.Bus, t.Storage, format, int64(max(t.DiskGiB, 1))*volume.GiB)
		s.seedCloudInit(g, t.CloudInit, t.Storage)
		switch {
		case strings.Contains(t.Boot, "="):
			g.conf["boot"] = t.Boot
		case t.Boot != "":
			g.conf["bootdisk"], g.conf["boot"] = t.Boot, "c"
		}
		s.seedExtra(g, t.Extra)
		for _, key := range g.conf.DataDrives() {
			s.toBase(g, key)
		}
		g.conf["template"] = "1"
		s.guests[t.VMID] = g
	}
}

// seedExtra adds keys of the configuration; disks may be written as storage:GiB.
func (s *Sim) seedExtra(g *guest, extra map[string]string) {
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
				n.MAC = s.mac()
			}
			g.conf[key] = n.String()
		default:
			g.conf[key] = value
		}
	}
}

func (s *Sim) seedDisk(g *guest, key, storage, format string, size int64) {
	v, err := s.disks.Allocate(volume.Order{
		Storage: storage, Node: g.node, VMID: g.vmid, Format: format, Size: size, At: s.born,
	})
	if err == nil {
		g.conf[key] = v.ID() + ",size=" + machine.SizeText(size)
	}
}

func (s *Sim) seedCloudInit(g *guest, key, storage string) {
	if key == "" {
		return
	}
	v, err := s.disks.Allocate(volume.Order{Storage: storage, Node: g.node, VMID: g.vmid, CloudInit: true, At: s.born})
	if err == nil {
		g.conf[key] = v.ID() + ",media=cdrom"
	}
}

// toBase makes a drive's volume a base image.
func (s *Sim) toBase(g *guest, key string) {
	v := s.volumeOf(g, key)
	if v == nil || v.IsBase() {
		return
	}
	s.disks.MakeBase(v)
	d := machine.ParseDrive(g.conf[key])
	d.File = v.ID()
	g.conf[key] = d.String()
}

func (s *Sim) addGuests() {
	for _, gc := range s.cfg.Guests {
		g := newGuest(gc.VMID, gc.Node, machine.Config{
			"cores": "1", "memory": "512", "smbios1": "uuid=" + s.uuid(), "vmgenid": s.uuid(),
		})
		s.seedExtra(g, maps.Clone(gc.Config))
		if _, set := g.conf["boot"]; !set {
			g.conf["boot"] = g.conf.DefaultBoot()
		}
		s.guests[gc.VMID] = g
		if gc.Running {
			s.started(g)
		}
	}
}
