package roster

import (
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// ServiceStatuses are those of WHMCS that a service of ours is usually at, in the order of its life.
func ServiceStatuses() []string {
	return []string{"Pending", "Active", "Suspended", "Terminated", "Cancelled"}
}

// Statuses are all that a record can be at, in the order of the product's catalogue (product-spec §3).
func Statuses() []pipeline.State {
	return []pipeline.State{
		vm.Creation, vm.SetIP, vm.Cloned, vm.SetDNS, vm.Migrated, vm.SetCPURAM,
		vm.SetSystemDiskSize, vm.SetSystemDiskBandwidth,
		vm.SetCreatedAdditionalDisk, vm.SetAdditionalDiskSize, vm.SetAdditionalDiskBandwidth,
		vm.SetNetwork, vm.SetFirewall, vm.SetCloudInit, vm.Starting, vm.Ready,
		vm.ChangePackage, vm.CPUpdateIP, vm.CPStop, vm.CPCPURAM, vm.CPSystemDiskSize, vm.CPSystemDiskBandwidth,
		vm.CPAdditionalDisk, vm.CPAdditionalDiskSize, vm.CPAdditionalDiskBandwidth, vm.CPNetwork, vm.CPFirewall, vm.CPStart,
		vm.Reinstall, vm.SetDNSRecords, vm.Terminate, vm.ErrorTerminate, vm.Removed,
	}
}
