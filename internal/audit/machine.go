package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// machine looks at one record.
func (a *audit) machine(m Machine) {
	cluster, looked := a.clusters[m.ServerID]
	switch {
	case m.Busy:
	case m.Status == vm.Removed:
		if m.billed() {
			a.add(Missing, m, "", "Service %d is %s in WHMCS, but its VM was removed.", m.ServiceID, m.ServiceStatus)
		}
	case !looked, cluster.Fault != "": // said once, for the whole cluster
	default:
		a.standing(m)
	}
}

// standing looks at a machine whose guest should exist, or should not when it is at error_terminate.
func (a *audit) standing(m Machine) {
	g, ok := a.guest(m)
	switch {
	case !ok:
		if m.billed() && m.Status != vm.ErrorTerminate {
			a.add(Missing, m, "", "Service %d is %s in WHMCS, but VM %d (%s) is nowhere in its cluster.", m.ServiceID, m.ServiceStatus, m.VMID, m.Name)
		}
	case g.Fault != "":
		a.add(Unseen, m, g.Node, "VM %d (%s) of service %d could not be read: %s.", m.VMID, m.Name, m.ServiceID, strings.TrimRight(g.Fault, "."))
	case !m.Owns(g.Config, vm.Mark(a.instance, m.ServiceID)):
		a.add(Foreign, m, g.Node, "VM %d on node %s is %q and not of service %d, whose record names it (%s).", m.VMID, g.Node, g.Name, m.ServiceID, m.Name)
	case m.Status == vm.ErrorTerminate:
		a.add(Unbilled, m, g.Node, "VM %d (%s) on node %s still exists: removing it for service %d failed.", m.VMID, g.Name, g.Node, m.ServiceID)
	default:
		a.own(m, g)
	}
}

// own looks at a machine and the guest that is its own. What one that nobody pays for should be is no question.
func (a *audit) own(m Machine, g Guest) {
	if !m.billed() {
		a.add(Unbilled, m, g.Node, "VM %d (%s) on node %s is of service %d, which %s.", m.VMID, g.Name, g.Node, m.ServiceID, m.fate())
		return
	}
	if m.Node != "" && m.Node != g.Node {
		a.add(WrongNode, m, g.Node, "VM %d (%s) of service %d is on node %s; it was last seen on %s.", m.VMID, g.Name, m.ServiceID, g.Node, m.Node)
	}
	a.addresses(m, g)
	a.drift(m, g)
}

func (a *audit) guest(m Machine) (Guest, bool) {
	guests := a.clusters[m.ServerID].Guests
	i := slices.IndexFunc(guests, func(g Guest) bool { return g.VMID == m.VMID })
	if m.VMID == 0 || i < 0 {
		return Guest{}, false
	}
	return guests[i], true
}

// billed tells whether somebody pays for the machine; a Pending service is on its way to Active.
func (m Machine) billed() bool {
	return slices.Contains([]string{"Active", "Suspended", "Pending", "Completed"}, m.ServiceStatus)
}

func (m Machine) fate() string {
	if m.ServiceStatus == "" {
		return "WHMCS no longer has"
	}
	return "is " + cmp.Or(m.ServiceStatus, "unknown") + " in WHMCS"
}
