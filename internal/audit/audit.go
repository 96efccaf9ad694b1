package audit

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Kind sorts findings for those who count them.
type Kind string

// Kinds of findings.
const (
	Missing   Kind = "missing"    // billed, but there is no guest
	Unbilled  Kind = "unbilled"   // a guest of ours that no service pays for
	Foreign   Kind = "foreign"    // somebody else's guest has the id of a machine
	WrongNode Kind = "wrong_node" // the guest is not where it was last seen
	Unleased  Kind = "unleased"   // a guest uses an address that its service does not hold
	Drift     Kind = "drift"      // the guest is not what its service says
	Unseen    Kind = "unseen"     // something could not be looked at
)

// Finding is one difference; ids are 0 where there is none.
type Finding struct {
	Kind      Kind   `json:"kind"`
	ServerID  int64  `json:"server_id"`
	ServiceID int64  `json:"service_id"`
	VMID      int    `json:"vm_id"`
	Node      string `json:"node"`
	Text      string `json:"text"` // a full sentence
}

// Books are what the database says.
type Books struct {
	Instance string // of the ownership marks, see vm.Mark
	Machines []Machine
	Billed   []Service // services at servers of ours that are Active or Suspended
	Lost     int       // records whose server WHMCS does not have, which are not among Machines
}

// Machine is a record with its addresses, and with its Spec unless SpecFault says why there is none.
type Machine struct {
	vm.Machine
	ServiceStatus string // in WHMCS, "" = it has no such service
	SpecFault     string
	Busy          bool // something is being done to it or waits to be
}

// Service is what WHMCS bills.
type Service struct {
	ID, ServerID   int64
	Status, Domain string
	Addresses      []netip.Addr // that WHMCS shows at it
}

// Cluster is what the cluster of one server entry holds.
type Cluster struct {
	ServerID int64
	Fault    string // why it could not be looked at, "" = it was
	Guests   []Guest
}

// Guest is a line of the cluster's list with its configuration, which is empty for containers and templates.
type Guest struct {
	hypervisor.GuestRef
	Config hypervisor.GuestConfig
	Fault  string // why the configuration could not be read, "" = it was
}

// Compare reports every difference, ordered by server, service, VM id and kind. What is busy is judged by whoever is busy
// with it and not here. A cluster with two server entries is reported on once.
func Compare(b Books, clusters []Cluster) []Finding {
	a := newAudit(b, clusters)
	for _, m := range b.Machines {
		a.machine(m)
	}
	for _, c := range clusters {
		a.guests(c)
	}
	for _, s := range b.Billed {
		if _, ok := a.machines[s.ID]; !ok {
			a.found = append(a.found, Finding{Kind: Missing, ServerID: s.ServerID, ServiceID: s.ID, Text: fmt.Sprintf(
				"Service %d (%s) is %s in WHMCS, but it has no VM: run Create on its page.", s.ID, cmp.Or(s.Domain, "no domain"), s.Status)})
		}
	}
	if b.Lost > 0 {
		a.found = append(a.found, Finding{Kind: Unseen, Text: fmt.Sprintf(
			"There are records of servers that WHMCS no longer has, so that nobody can look at their VMs: %d.", b.Lost)})
	}
	return sorted(a.found)
}

// audit is one comparison.
type audit struct {
	instance string
	machines map[int64]Machine // by service
	clusters map[int64]Cluster // by server
	leases   leases
	found    []Finding
}

func newAudit(b Books, clusters []Cluster) *audit {
	a := &audit{instance: b.Instance, machines: map[int64]Machine{}, clusters: map[int64]Cluster{}, leases: leases{}}
	for _, m := range b.Machines {
		a.machines[m.ServiceID] = m
		a.leases.add(m)
	}
	for _, s := range b.Billed {
		a.leases.adopt(a.machines[s.ID], s)
	}
	for _, c := range clusters {
		a.clusters[c.ServerID] = c
	}
	return a
}

func (a *audit) add(kind Kind, m Machine, node, format string, args ...any) {
	a.found = append(a.found, Finding{kind, m.ServerID, m.ServiceID, m.VMID, node, fmt.Sprintf(format, args...)})
}

// sorted drops what two server entries of one cluster show twice.
func sorted(found []Finding) []Finding {
	slices.SortStableFunc(found, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.ServerID, y.ServerID), cmp.Compare(x.ServiceID, y.ServiceID), cmp.Compare(x.VMID, y.VMID), cmp.Compare(x.Kind, y.Kind))
	})
	seen := map[Finding]bool{}
	return slices.DeleteFunc(found, func(f Finding) bool {
		if f.Kind == Unseen && f.ServiceID == 0 {
			return false // each server entry has its own
		}
		f.ServerID = 0
		twice := seen[f]
		seen[f] = true
		return twice
	})
}
