package hardware

import (
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// IPConfig is cloud-init's line of addresses: the first one of each family, unless DHCP gives it; the owner sets up further
// ones inside the guest. "" = none.
func IPConfig(held []ippool.Lease, dhcp4, dhcp6 bool) string {
	var parts []string
	add := func(dhcp bool, lease *ippool.Lease, ip, gw string) {
		switch {
		case dhcp:
			parts = append(parts, ip+"=dhcp")
		case lease != nil:
			parts = append(parts, ip+"="+lease.Address.String()+"/"+strconv.Itoa(lease.Bits))
			if lease.Gateway.IsValid() {
				parts = append(parts, gw+"="+lease.Gateway.String())
			}
		}
	}
	add(dhcp4, FirstLease(held, true), "ip", "gw")
	add(dhcp6, FirstLease(held, false), "ip6", "gw6")
	return strings.Join(parts, ",")
}

// Nameservers are those of the addresses that IPConfig names, separated by blanks.
func Nameservers(held []ippool.Lease) string {
	var list []string
	for _, four := range []bool{true, false} {
		if l := FirstLease(held, four); l != nil {
			for _, a := range l.DNS {
				list = append(list, a.String())
			}
		}
	}
	return strings.Join(list, " ")
}

// FirstLease is the main address of a family, IPv4 or IPv6; nil = none.
func FirstLease(held []ippool.Lease, four bool) *ippool.Lease {
	for i, l := range held {
		if l.Address.Is4() == four {
			return &held[i]
		}
	}
	return nil
}
