package vm

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// deploy leads from an order to a guest that its owner can use.
func (s *Steps) deploy() pipeline.Table[Machine] {
	return pipeline.Table[Machine]{
		Name: "deploy", Title: "Deploy", Start: Creation, End: Ready,
		Steps: []pipeline.Step[Machine]{
			{From: Creation, To: SetIP, Label: "Allocate IP", Do: s.allocate},
			{From: SetIP, To: Cloned, Label: "Clone VM", Do: s.clone, Lane: s.cloneLane, Timeout: s.Settings.CloneTimeout},
			{From: Cloned, To: SetDNS, Label: "Configure DNS records", Do: s.setDNS},
			{From: SetDNS, To: Migrated, Label: "Migrate to target node", Do: s.migrate, Lane: s.migrateLane, Limit: s.Settings.MigrationTimeout},
			{From: Migrated, To: SetCPURAM, Label: "Set CPU & RAM", Do: s.setCPURAM},
			{From: SetCPURAM, To: SetSystemDiskSize, Label: "Resize system disk", Do: s.growSystemDisk},
			{From: SetSystemDiskSize, To: SetSystemDiskBandwidth, Label: "Set system disk I/O", Do: s.limitSystemDisk},
			{From: SetSystemDiskBandwidth, To: SetCreatedAdditionalDisk, Label: "Create additional disk", Do: s.createAdditionalDisk},
			{From: SetCreatedAdditionalDisk, To: SetAdditionalDiskSize, Label: "Resize additional disk", Do: s.growAdditionalDisk},
			{From: SetAdditionalDiskSize, To: SetAdditionalDiskBandwidth, Label: "Set additional disk I/O", Do: s.limitAdditionalDisk},
			{From: SetAdditionalDiskBandwidth, To: SetNetwork, Label: "Configure network", Do: s.setNetwork},
			{From: SetNetwork, To: SetFirewall, Label: "Configure firewall", Do: s.setFirewall},
			{From: SetFirewall, To: SetCloudInit, Label: "Configure cloud-init", Do: s.setCloudInit},
			{From: SetCloudInit, To: Starting, Label: "Start VM", Do: s.start, Lane: s.startLane},
			{From: Starting, To: Ready, Label: "Verify running + Email", Do: s.verify, Timeout: 65 * time.Second},
		},
	}
}

// Building tells whether a machine at that status is on its way to its first ready.
func Building(at pipeline.State) bool {
	_, ok := new(Steps).deploy().Step(at)
	return ok
}

// Changing tells a machine whose package is being changed.
func Changing(at pipeline.State) bool {
	_, ok := new(Steps).changePackage().Step(at)
	return ok
}
