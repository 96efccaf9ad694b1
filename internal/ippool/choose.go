package ippool

import (
	"cmp"
	"slices"
)

// Choose lists the pools that may serve one family (4 or 6) of a wish, in the order in which they are to be tried:
// by ascending id, then the entries of the legacy list (id 0) as they stand there. Only pools of the wish's server count;
// with Auto any of them, otherwise those on the wished bridge and VLAN (product-spec §9.5, A-06).
func Choose(pools []Pool, want Want, family int) []Pool {
	var fit []Pool
	for _, p := range pools {
		if serves(p, want) && Family(p) == family {
			fit = append(fit, p)
		}
	}
	slices.SortStableFunc(fit, func(a, b Pool) int {
		if byLegacy := cmp.Compare(rank(a), rank(b)); byLegacy != 0 {
			return byLegacy
		}
		return cmp.Compare(a.ID, b.ID)
	})
	return fit
}

func serves(p Pool, want Want) bool {
	if p.ServerID != want.ServerID {
		return false
	}
	return want.Auto || (p.Bridge == want.Bridge && p.VLAN == want.VLAN)
}

// rank puts pools before the legacy list.
func rank(p Pool) int {
	if p.ID == 0 {
		return 1
	}
	return 0
}
