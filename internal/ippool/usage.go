package ippool

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
)

// Usage is how much of a pool cannot be handed out.
type Usage struct {
	Used  int
	Total *big.Int // Size
}

// Percent has at most two digits behind the point and says 100 only when nothing is left.
func (u Usage) Percent() string {
	if u.Total == nil || u.Total.Sign() <= 0 {
		return "0"
	}
	used := big.NewInt(int64(u.Used))
	text := new(big.Rat).SetFrac(new(big.Int).Mul(used, big.NewInt(100)), u.Total).FloatString(2)
	if text == "100.00" && used.Cmp(u.Total) < 0 {
		return "99.99"
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// String is the text of the usage bar, such as "6.9% (2/29)" (product-spec §9.2).
func (u Usage) String() string {
	total := u.Total
	if total == nil {
		total = new(big.Int)
	}
	return fmt.Sprintf("%s%% (%d/%s)", u.Percent(), u.Used, total)
}

// Gateways are those of every pool and legacy entry on the network of p, each once: none of them is ever handed out.
func Gateways(p Pool, pools, legacy []Pool) []netip.Addr {
	var list []netip.Addr
	for _, all := range [][]Pool{pools, legacy} {
		for _, o := range all {
			if o.ServerID == p.ServerID && o.Bridge == p.Bridge && o.VLAN == p.VLAN && !slices.Contains(list, o.Gateway) {
				list = append(list, o.Gateway)
			}
		}
	}
	return list
}

// Listed are the entries of a legacy list that can be handed out: those that are no gateway on their network.
func Listed(pools, entries []Pool) []Pool {
	var list []Pool
	for _, p := range entries {
		if !slices.Contains(Gateways(p, pools, list), p.First) {
			list = append(list, p)
		}
	}
	return list
}
