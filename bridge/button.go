package bridge

import (
	"context"

	"github.com/danielgtaylor/huma/v2"
)

// CommandName is one of CommandNames; the wire refuses any other and lists them.
type CommandName string

// CommandNames are the buttons of the service page in the order of display (product-spec §16), then what the page does
// besides. WHMCS's module functions have the same names.
func CommandNames() []CommandName {
	return []CommandName{
		"Start", "Stop", "Reinstall", "VMSetDedicatedIp", "VMClone", "SetCPURAM", "SetSystemDiskSize", "SetSystemDiskBandwidth",
		"SetCreatedAdditionalDisk", "SetAdditionalDiskSize", "SetAdditionalDiskBandwidth", "SetNetwork", "SetFirewall", "SetCloudinit",
		"VMRemove", "SetDNSRecords", "Redeploy",
		CommandSetVMID,
	}
}

// CommandSetVMID makes an existing guest the machine of a service that has none.
const CommandSetVMID CommandName = "SetVMID"

// Schema tells the contract which names there are.
func (CommandName) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "which command"}
	for _, name := range CommandNames() {
		s.Enum = append(s.Enum, string(name))
	}
	s.PrecomputeMessages()
	return s
}

var _ huma.SchemaProvider = CommandName("")

// CommandArgs are the arguments of Command.
type CommandArgs struct {
	Name CommandName `json:"name"`
	VMID int         `json:"vm_id" minimum:"100" maximum:"999999999" required:"false" doc:"for SetVMID: id of the guest in Proxmox"`
}

// command is for staff: a client's page never has these buttons, so a client who calls one went around WHMCS.
func (s *Server) command(ctx context.Context, call CommandCall) (Nothing, error) {
	if call.Caller.Kind == CallerClient {
		return Nothing{}, Refuse(CodeNotForClients, "Only staff may run %s. Use the buttons of the product page.", call.Args.Name)
	}
	return aboutService(ctx, call, s.module.Command)
}
