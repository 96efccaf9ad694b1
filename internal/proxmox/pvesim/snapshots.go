package pvesim

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// snapshot is a guest's configuration at a moment; its disks are remembered by the volumes.
type snapshot struct {
	name   string
	text   string
	parent string
	at     time.Time
	ram    bool
	conf   machine.Config
}

func (g *guest) snapshot(name string) (*snapshot, error) {
	for _, s := range g.snaps {
		if s.name == name {
			return s, nil
		}
	}
	return nil, refusal.Fault("snapshot '%s' does not exist", name)
}

func (g *guest) inSnapshot(volid string) bool {
	for _, s := range g.snaps {
		for _, key := range s.conf.Drives() {
			if machine.ParseDrive(s.conf[key]).File == volid {
				return true
			}
		}
	}
	return false
}
