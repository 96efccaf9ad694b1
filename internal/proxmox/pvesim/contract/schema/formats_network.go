package schema

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// networkFormats are addresses, names of hosts and names of interfaces.
func networkFormats() []Format {
	return []Format{
		matches("ipv4", `^(?:(?:(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9])\.){3}(?:25[0-5]|(?:2[0-4]|1[0-9]|[1-9])?[0-9]))$`,
			"value does not look like a valid IPv4 address"),
		decides("ipv6", ipv6Fault),
		{Name: "ipv4mask", Words: masks(), Fault: "value does not look like a valid IP netmask"},
		decides("CIDRv4", func(_ Version, text string) string {
			return cidrFault(text, netip.Addr.Is4, 32, "value does not look like a valid IPv4 CIDR network")
		}),
		decides("CIDRv6", func(_ Version, text string) string {
			return cidrFault(text, netip.Addr.Is6, 128, "value does not look like a valid IPv6 CIDR network")
		}),
		{Name: "CIDR", AnyOf: []string{"CIDRv4", "CIDRv6"}, Fault: "value does not look like a valid CIDR network"},
		decides("IPorCIDR", ipOrCIDRFault),
		{
			Name: "pve-ipv4-config", Words: []string{"dhcp", "manual"}, AnyOf: []string{"CIDRv4"},
			Fault: "value does not look like a valid ipv4 network configuration",
		},
		{
			Name: "pve-ipv6-config", Words: []string{"auto", "dhcp", "manual"}, AnyOf: []string{"CIDRv6"},
			Fault: "value does not look like a valid ipv6 network configuration",
		},
		matches("dns-name", `^(?:[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9\-]*[a-zA-Z0-9])?$`,
			"value does not look like a valid DNS name"),
		{Name: "address", AnyOf: []string{"ipv4", "ipv6", "dns-name"}, Fault: "value does not look like a valid address: {v}"},
		listOf("address"),
		matches("mac-addr", `(?i)^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$`, "value does not look like a valid unicast MAC address"),
		matches("pve-bridge-id", `^[-_.\w\d]+$`, "invalid bridge ID '{v}'"),
		matches("pve-iface", `(?i)^[a-z][a-z0-9_]{1,20}(?:[:.]\d+)?$`, "invalid network interface name '{v}'"),
		listOf("pve-iface"),
		decides("pve-vlan-id-or-range", vlanFault).From(V84),
		{Name: "pve-vlan-id-or-range-list", Each: "pve-vlan-id-or-range", Span: Span{Since: V84}},
	}
}

// plainAddr parses an address without zone. The original tolerates a newline
// at the end, like everywhere.
func plainAddr(text string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(strings.TrimSuffix(text, "\n"))
	return addr, err == nil && addr.Zone() == ""
}

func ipv6Fault(_ Version, text string) string {
	if addr, ok := plainAddr(text); ok && addr.Is6() {
		return ""
	}
	return "value does not look like a valid IPv6 address"
}

// cidrFault wants a prefix from 8 to the width of the address; host bits may
// be set.
func cidrFault(text string, family func(netip.Addr) bool, width int, fault string) string {
	ip, prefix, ok := strings.Cut(strings.TrimSuffix(text, "\n"), "/")
	addr, valid := plainAddr(ip)
	if bits, isNumber := digits(prefix); ok && valid && family(addr) && isNumber && bits >= 8 && bits <= width {
		return ""
	}
	return fault
}

// digits reads a decimal number; an absurdly long one counts as very large.
func digits(text string) (int, bool) {
	if !compiled(`^\d+$`).MatchString(text) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		n = 1 << 30
	}
	return n, true
}

func ipOrCIDRFault(_ Version, text string) string {
	ip, prefix, slashed := strings.Cut(strings.TrimSuffix(text, "\n"), "/")
	addr, valid := plainAddr(ip)
	bits, isNumber := digits(prefix)
	switch {
	case !valid, slashed && !isNumber:
		return "value does not look like a valid IP address or CIDR network"
	case slashed && bits > addr.BitLen():
		return "Prefix length " + prefix + " is longer than IP address (" + strconv.Itoa(addr.BitLen()) + ")"
	}
	return ""
}

// masks are the 33 dotted netmasks.
func masks() []string {
	all := make([]string, 0, 33)
	for bits := range 33 {
		mask := net.CIDRMask(bits, 32)
		all = append(all, net.IP(mask).String())
	}
	return all
}

// vlanFault wants one tag from 2 to 4094 or a rising range of such tags.
func vlanFault(_ Version, text string) string {
	m := compiled(`^(\d+)(?:-(\d+))?$`).FindStringSubmatch(text)
	if m == nil {
		return "invalid VLAN configuration '" + text + "'"
	}
	tags := m[1:]
	if m[2] == "" || m[2] == "0" { // a range up to 0 counts as no range
		tags = m[1:2]
	}
	for _, tag := range tags {
		if n, _ := digits(tag); n < 2 || n > 4094 {
			return "invalid VLAN tag '" + tag + "'"
		}
	}
	if len(tags) == 2 && toNumber(tags[0]) >= toNumber(tags[1]) {
		return "VLAN range must go from lower to higher tag '" + text + "'"
	}
	return ""
}
