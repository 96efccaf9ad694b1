package audit

import (
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// guests looks for guests with our mark that no record explains.
func (a *audit) guests(c Cluster) {
	if c.Fault != "" {
		a.found = append(a.found, Finding{Kind: Unseen, ServerID: c.ServerID, Text: fmt.Sprintf(
			"Server %d could not be looked at: %s.", c.ServerID, strings.TrimRight(c.Fault, "."))})
		return
	}
	for _, g := range c.Guests {
		for _, o := range vm.Owners(g.Config) {
			if o.Instance == a.instance {
				a.stray(c, g, o.ServiceID)
			}
		}
	}
	a.unread(c)
}

func (a *audit) stray(c Cluster, g Guest, service int64) {
	m, known := a.machines[service]
	if known && (m.Busy || m.VMID == g.VMID) {
		return
	}
	why := "which has no machine in the database"
	switch {
	case known && m.VMID == 0:
		why = fmt.Sprintf("whose record is at %s and names no VM", m.Status)
	case known:
		why = fmt.Sprintf("whose VM is %d (%s): it is a copy or a leftover", m.VMID, m.Name)
	}
	a.found = append(a.found, Finding{Unbilled, c.ServerID, service, g.VMID, g.Node, fmt.Sprintf(
		"VM %d (%s) on node %s carries our mark of service %d, %s.", g.VMID, g.Name, g.Node, service, why)})
}

// unread counts the guests that could be ours and that no record names; those of records are reported one by one.
func (a *audit) unread(c Cluster) {
	named := map[int]bool{}
	for _, m := range a.machines {
		named[m.VMID] = true
	}
	n, first := 0, ""
	for _, g := range c.Guests {
		if g.Fault == "" || named[g.VMID] {
			continue
		}
		if n++; n == 1 {
			first = fmt.Sprintf("VM %d on node %s: %s", g.VMID, g.Node, strings.TrimRight(g.Fault, "."))
		}
	}
	if n > 0 {
		a.found = append(a.found, Finding{Kind: Unseen, ServerID: c.ServerID, Text: fmt.Sprintf(
			"On server %d guests could not be read that may carry our mark: %d, the first of them %s.", c.ServerID, n, first)})
	}
}
