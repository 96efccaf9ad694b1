package settings

import (
	"maps"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/machine"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/world"
)

// CheckNew checks the settings of a guest that is about to be made: new disks ask for room on their storage,
// every other key for the privilege that changing it asks for.
func CheckNew(w *world.Call, set map[string]string) error {
	c := &call{w}
	for key, value := range set {
		set[key] = machine.Normal(key, value)
	}
	if err := checkKeys(set); err != nil {
		return err
	}
	if err := c.checkDrives(set); err != nil {
		return err
	}
	if err := c.checkResources(machine.Config{}, set); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if machine.IsDisk(key) {
			continue
		}
		if err := c.checkKeyPriv(key, set[key]); err != nil {
			return err
		}
	}
	return nil
}

// CheckBridges asks for the right to use the bridges of network cards.
func CheckBridges(w *world.Call, cards ...string) error { return (&call{w}).checkBridges(cards...) }

// Materialise turns what a caller wrote for a key into what the configuration holds, making new volumes.
func Materialise(w *world.Call, g *world.Guest, key, value string) (string, error) {
	return (&call{w}).materialise(g, key, value)
}

// ApplyPending puts waiting changes in force, as a cold start does.
func ApplyPending(w *world.Call, g *world.Guest) error { return (&call{w}).applyPending(g) }

// Snapshotable tells whether every data disk of a guest can be part of a snapshot.
func Snapshotable(w *world.Call, g *world.Guest) bool { return (&call{w}).snapshotable(g) }
