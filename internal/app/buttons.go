package app

import (
	"context"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// deed is what a button does to the machine of a service.
type deed func(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error

// deeds are the buttons of product-spec §16 and SetVMID of §7.6. Start and Stop of a guest that is in that state already are
// done. Only what is marked stopped, VMClone and SetVMID ask the cluster before they answer.
func deeds() map[bridge.CommandName]deed {
	return map[bridge.CommandName]deed{
		"Start":                      atReady(queued(vm.JobStart)),
		"Stop":                       atReady(queued(vm.JobStop)),
		"Reinstall":                  stopped(direct((*desk.Desk).Reinstall)),
		"VMSetDedicatedIp":           queued(vm.JobAddresses),
		"VMClone":                    direct((*desk.Desk).Clone),
		"SetCPURAM":                  stopped(queued(vm.JobCPURAM)),
		"SetSystemDiskSize":          queued(vm.JobGrow),
		"SetSystemDiskBandwidth":     queued(vm.JobLimits),
		"SetCreatedAdditionalDisk":   queued(vm.JobDisk),
		"SetAdditionalDiskSize":      queued(vm.JobGrowDisk),
		"SetAdditionalDiskBandwidth": queued(vm.JobDiskLimit),
		"SetNetwork":                 queued(vm.JobNetwork),
		"SetFirewall":                queued(vm.JobFirewall),
		"SetCloudinit":               stopped(queued(vm.JobCloudInit)),
		"VMRemove":                   stopped(queued(vm.JobRemove)),
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

// stopped lets a button marked ** through to a guest that is off.
func stopped(do deed) deed { return when((*desk.Desk).Stopped, do) }

// atReady lets a button through while nothing is being made of the machine.
func atReady(do deed) deed { return when((*desk.Desk).AtReady, do) }

func when(so func(d *desk.Desk, ctx context.Context, serviceID int64) error, do deed) deed {
	return func(ctx context.Context, d *desk.Desk, call bridge.CommandCall) error {
		if err := so(d, ctx, call.Service.ID); err != nil {
			return err
		}
		return do(ctx, d, call)
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
