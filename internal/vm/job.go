package vm

import (
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Job is a one-off deed on a machine that stands still. It has a pseudo-status of its own while it runs, so that the
// engine carries it like any table; vm_status does not change.
type Job string

// Jobs.
const (
	JobPower     Job = "power"     // make the guest's power, link and onboot as the suspension wish says
	JobStart     Job = "start"     // power on
	JobStop      Job = "stop"      // power off
	JobRemove    Job = "vm_remove" // delete the guest, keep the record
	JobPassword  Job = "password"  // write the sealed password into the guest
	JobAddresses Job = "addresses" // top the addresses up
	JobCPURAM    Job = "cpu_ram"
	JobGrow      Job = "grow"
	JobLimits    Job = "limits"
	JobDisk      Job = "additional_disk"
	JobGrowDisk  Job = "grow_additional"
	JobDiskLimit Job = "limits_additional"
	JobNetwork   Job = "network"
	JobRate      Job = "rate" // nothing of the network card but its rate
	JobFirewall  Job = "firewall"
	JobCloudInit Job = "cloudinit"
)

// jobPrefix keeps pseudo-statuses apart from the product's own.
const jobPrefix = "job:"

// At is the pseudo-status of j before it has run, Done the one after.
func (j Job) At() pipeline.State   { return pipeline.State(jobPrefix + string(j)) }
func (j Job) done() pipeline.State { return pipeline.State(jobPrefix + string(j) + ":done") }

// IsJob tells whether s is a pseudo-status; the store then settles the queue instead of vm_status.
func IsJob(s pipeline.State) bool { return strings.HasPrefix(string(s), jobPrefix) }
