package vm

import (
	"fmt"
	"strconv"
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
	// PasswordFault is why Password could not be opened, such as a changed key; nil = it could, or there is none. Only what
	// needs the password fails of it.
	PasswordFault error

	// Task is the UPID that the present step waits for; a hint, the guest is the truth.
	Task string
	// Trouble so far.
	Failures     int
	FailingSince time.Time
	Attention    string
	LastError    string
	// Suspended is the wish of SuspendAccount.
	Suspended bool
	// Throttled: its allowance of traffic is used up, and its network card has to be as slow as its product says.
	Throttled bool

	// Job is the one-off job at the head of the queue; "" = none. It runs only while no pipeline has the machine.
	Job   Job
	JobAt pipeline.State // its pseudo-status
	// Adopted machines were built by the reference product and carry no mark: VM id and name together make them ours.
	Adopted bool
	// Ended is when the termination under way was ordered; zero = none is.
	Ended time.Time
	// Restored: a copy has taken the guest's place, so that applying the package is no upgrade to tell anybody of.
	Restored bool
	// Discard: the guest of an earlier life has to be removed before this order is built (redeploy).
	Discard bool

	// Cleared by the settlement: addresses, VM id and identity go, in its transaction.
	Gone bool
	// Entries for WHMCS's activity log leave with the next settlement, like mails.
	Entries []string
	// Notes for WHMCS's module log leave with the next settlement, like mails.
	Notes []Note
	// Details of the step, one per line, go with its settlement into the run's log.
	Details []string
	// Mails leave with the next settlement, in its transaction; the store empties the list.
	Mails []Mail

	// What the guest should be, read afresh for every run.
	Spec      spec.Spec
	Addresses []ippool.Lease

	site site
}

// Position points at what the engine moves: the pseudo-status of a job, else the status.
func Position(m *Machine) *pipeline.State {
	if m.Job != "" {
		return &m.JobAt
	}
	return &m.Status
}

// Mail is a template to be sent by WHMCS to the owner of the service, exactly once.
type Mail struct {
	Template string
	Vars     map[string]string
}

// Note is an entry for WHMCS's module log.
type Note struct{ Action, Text string }

// log adds a note.
func (m *Machine) log(action, format string, args ...any) {
	m.Notes = append(m.Notes, Note{action, fmt.Sprintf(format, args...)})
}

// mail is a template with the fields that WHMCS does not know by itself.
func (m *Machine) mail(template string) Mail {
	return Mail{Template: template, Vars: map[string]string{"vm_id": strconv.Itoa(m.VMID), "server_hostname": m.ServerHost}}
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
	CPUpdateIP                 pipeline.State = "cp_update_ip"                  // addresses, DNS and IP set refreshed
	CPStop                     pipeline.State = "cp_stop"                       // stopped, where that was needed
	CPCPURAM                   pipeline.State = "cp_cpu_ram"                    // cores and memory set
	CPSystemDiskSize           pipeline.State = "cp_system_disk_size"           // system disk grown
	CPSystemDiskBandwidth      pipeline.State = "cp_system_disk_bandwidth"      // its limits set
	CPAdditionalDisk           pipeline.State = "cp_additional_disk"            // second disk made or removed
	CPAdditionalDiskSize       pipeline.State = "cp_additional_disk_size"       // second disk grown
	CPAdditionalDiskBandwidth  pipeline.State = "cp_additional_disk_bandwidth"  // its limits set
	CPNetwork                  pipeline.State = "cp_network"                    // NIC set
	CPFirewall                 pipeline.State = "cp_firewall"                   // firewall set
	CPStart                    pipeline.State = "cp_start"                      // power-on requested
	Reinstall                  pipeline.State = "reinstall"                     // a reinstall was ordered
	SetDNSRecords              pipeline.State = "set_dns_records"               // a DNS resync was ordered
	Terminate                  pipeline.State = "terminate"                     // the guest is to be removed
	ErrorTerminate             pipeline.State = "error_terminate"               // removing failed; an admin must act
	Removed                    pipeline.State = "remove"                        // cleaned up; nothing to do
)
