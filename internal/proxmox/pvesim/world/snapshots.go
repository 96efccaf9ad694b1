package world

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// Snapshot is a guest's configuration at a moment; its disks are remembered by the volumes.
type Snapshot struct {
	Name, Text, Parent string
	At                 time.Time
	RAM                bool
	Conf               machine.Config
}

// Snapshot finds a snapshot by name.
func (g *Guest) Snapshot(name string) (*Snapshot, error) {
	for _, s := range g.Snaps {
		if s.Name == name {
			return s, nil
		}
	}
	return nil, refusal.Fault("snapshot '%s' does not exist", name)
}

// InSnapshot tells whether a snapshot needs a volume.
func (g *Guest) InSnapshot(volid string) bool {
	for _, s := range g.Snaps {
		for _, key := range s.Conf.Drives() {
			if machine.ParseDrive(s.Conf[key]).File == volid {
				return true
			}
		}
	}
	return false
}
