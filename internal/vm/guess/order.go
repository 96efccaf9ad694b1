package guess

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
)

// Order lists the nodes that are online in the order in which a service's guest should go to them: the preferred one first,
// then by free memory, counting guests that are on their way but do not use their memory yet.
func (p *Placement) Order(service, server int64, preferred string, nodes []hypervisor.Node) []string {
	nodes = slices.DeleteFunc(slices.Clone(nodes), func(n hypervisor.Node) bool { return !n.Online })
	free := func(n hypervisor.Node) int64 { return n.FreeMemory - p.Planned(service, server, n.Name) }
	slices.SortStableFunc(nodes, func(a, b hypervisor.Node) int {
		if a.Name == preferred || b.Name == preferred {
			return first(a.Name == preferred)
		}
		return first(free(a) > free(b))
	})
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i] = n.Name
	}
	return names
}

func first(yes bool) int {
	if yes {
		return -1
	}
	return 1
}
