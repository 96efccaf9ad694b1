package vm

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Machine is the record of one service's guest: the row of puqProxmoxKVM_vm_info joined with its row in kvmbridge_vm.
type Machine struct {
	ServiceID  int64
	ServerID   int64 // tblservers.id of the cluster
	ClientID   int64
	ServerHost string // hostname of the server entry, for mails
	VMID       int    // 0 = none yet
	Name       string
	Domain     string // tblhosting.domain, the FQDN once known
	Status     pipeline.State
	MAC        string            // kept for a reinstall
	RevDNS     map[string]string // address, IPv6 fully expanded -> host name
	Node       string            // where the guest was last seen
	Username   string
	Password   string // of the guest's operating system, plain in memory, sealed at rest

	// Task is the UPID that the present step waits for; a hint, the guest is the truth.
	Task string
	// Trouble so far.
	Failures     int
	FailingSince time.Time
	Attention    string
	LastError    string
	// Suspended is the wish of SuspendAccount.
	Suspended bool

	// Mails leave with the next settlement, in its transaction; the store empties the list.
	Mails []Mail

	// What the guest should be, read afresh for every run.
	Spec      spec.Spec
	Addresses []ippool.Lease

	site site
}

// Mail is a template to be sent by WHMCS to the owner of the service, exactly once.
type Mail struct {
	Template string
	Vars     map[string]string
}

// Statuses of a machine: the reference product's words, never renamed. Each names the last completed step.
const (
	Creation                   pipeline.State = "creation"                      // the order is written down
	SetIP                      pipeline.State = "set_ip"                        // addresses, name and VM id are reserved
	Cloned                     pipeline.State = "clone"                         // the template is copied
	SetDNS                     pipeline.State = "set_dns"                       // DNS was told, with or without success
	Migrated                   pipeline.State = "migrated"                      // on its final node
	SetCPURAM                  pipeline.State = "set_cpu_ram"                   // cores and memory set
	SetSystemDiskSize          pipeline.State = "set_system_disk_size"          // system disk grown
	SetSystemDiskBandwidth     pipeline.State = "set_system_disk_bandwidth"     // its limits set
	SetCreatedAdditionalDisk   pipeline.State = "set_created_additional_disk"   // second disk exists or is not wanted
	SetAdditionalDiskSize      pipeline.State = "set_additional_disk_size"      // second disk grown
	SetAdditionalDiskBandwidth pipeline.State = "set_additional_disk_bandwidth" // its limits set
	SetNetwork                 pipeline.State = "set_network"                   // NIC set
	SetFirewall                pipeline.State = "set_firewall"                  // firewall set
	SetCloudInit               pipeline.State = "set_cloudinit"                 // cloud-init written
	Starting                   pipeline.State = "starting"                      // power-on requested
	Ready                      pipeline.State = "ready"                         // live, nothing to do
	ChangePackage              pipeline.State = "change_package"                // a change was ordered
	Reinstall                  pipeline.State = "reinstall"                     // a reinstall was ordered
	SetDNSRecords              pipeline.State = "set_dns_records"               // a DNS resync was ordered
	Terminate                  pipeline.State = "terminate"                     // the guest is to be removed
	ErrorTerminate             pipeline.State = "error_terminate"               // removing failed; an admin must act
	Removed                    pipeline.State = "remove"                        // cleaned up; nothing to do
)
