package app

import (
	"context"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// deed is what a button does to the machine of a service.
type deed func(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error

// deeds are the buttons of product-spec §16 and SetVMID of §7.6. Whether the guest must be stopped for one is looked at
// when its job runs, not here: nothing below waits for Proxmox but VMClone and SetVMID, which ask whether a guest exists.
func deeds() map[bridge.CommandName]deed {
	return map[bridge.CommandName]deed{
		"Start":                      queued(vm.JobStart),
		"Stop":                       queued(vm.JobStop),
		"Reinstall":                  direct((*desk.Desk).Reinstall),
		"VMSetDedicatedIp":           queued(vm.JobAddresses),
		"VMClone":                    direct((*desk.Desk).Clone),
		"SetCPURAM":                  queued(vm.JobCPURAM),
		"SetSystemDiskSize":          queued(vm.JobGrow),
		"SetSystemDiskBandwidth":     queued(vm.JobLimits),
		"SetCreatedAdditionalDisk":   queued(vm.JobDisk),
		"SetAdditionalDiskSize":      queued(vm.JobGrowDisk),
		"SetAdditionalDiskBandwidth": queued(vm.JobDiskLimit),
		"SetNetwork":                 queued(vm.JobNetwork),
		"SetFirewall":                queued(vm.JobFirewall),
		"SetCloudinit":               queued(vm.JobCloudInit),
		"VMRemove":                   queued(vm.JobRemove),
		"SetDNSRecords":              direct((*desk.Desk).ResyncDNS),
		"Redeploy":                   direct((*desk.Desk).Redeploy),
		bridge.CommandSetVMID:        setVMID,
	}
}

func queued(j vm.Job) deed {
	return func(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error {
		return d.Run(ctx, call.Service.ID, j)
	}
}

func direct(do func(d *desk.Desk, ctx context.Context, serviceID int64) error) deed {
	return func(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error {
		return do(d, ctx, call.Service.ID)
	}
}

func setVMID(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error {
	if call.Args.VMID == 0 {
		return desk.Sentence("Enter the id of a VM that exists in Proxmox and is not used by another service.")
	}
	return d.Attach(ctx, call.Service.ID, call.Args.VMID)
}

// Command implements bridge.ModuleCommands.
func (c *moduleCommands) Command(ctx context.Context, call bridge.CommandCall) error {
	do, known := deeds()[call.Args.Name]
	if !known {
		return bridge.Refuse("unknown_command", "The command %.60q is not known here; the commands are %v.", call.Args.Name, bridge.CommandNames())
	}
	c.remember(ctx, call.Server)
	return refuse("command_refused", do(ctx, c.desk, call))
}
