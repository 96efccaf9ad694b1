package schema

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// libraryAddress reads an address, a network or a range as the IP library of
// the firewall does, and returns the width of its family or the words the
// library has for the fault. It takes short IPv4 forms such as 10.0 and wants
// networks without host bits.
func libraryAddress(text string) (bits int, fault string) {
	if first, last, ok := strings.Cut(text, "-"); ok && last != "" {
		return libraryRange(strings.TrimSpace(first), strings.TrimSpace(last))
	}
	ip, prefix, slashed := strings.Cut(text, "/")
	if slashed && prefix == "" {
		ip, slashed = text, false
	}
	addr, fault := librarySingle(ip)
	if fault != "" || !slashed {
		return addr.BitLen(), fault
	}
	return addr.BitLen(), prefixFault(addr, prefix)
}

func libraryRange(first, last string) (bits int, fault string) {
	a, fault := librarySingle(first)
	if fault != "" {
		return 0, fault
	}
	b, fault := librarySingle(last)
	switch {
	case fault != "" || a.BitLen() != b.BitLen():
		return 0, fmt.Sprintf("Not a valid IPv%d address %s", map[int]int{32: 4, 128: 6}[a.BitLen()], last)
	case b.Less(a):
		return 0, "Begin address is greater than End address " + first + " - " + last
	}
	return a.BitLen(), ""
}

// prefixFault checks the number after the slash; the library prints the bits
// of an address whose host part is not zero.
func prefixFault(addr netip.Addr, prefix string) string {
	n, ok := digits(prefix)
	switch {
	case !ok:
		return ""
	case n > addr.BitLen():
		return "Prefix length " + prefix + " is longer than IP address (" + strconv.Itoa(addr.BitLen()) + ")"
	case netip.PrefixFrom(addr, n).Masked().Addr() != addr:
		return "Invalid prefix " + bitText(addr) + "/" + prefix
	}
	return ""
}

func bitText(addr netip.Addr) string {
	var b strings.Builder
	for _, octet := range addr.AsSlice() {
		fmt.Fprintf(&b, "%08b", octet)
	}
	return b.String()
}

func librarySingle(text string) (netip.Addr, string) {
	if strings.Contains(text, ":") {
		addr, err := netip.ParseAddr(text)
		switch {
		case err == nil && addr.Zone() == "":
			return addr, ""
		case compiled(`^[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4})*$`).MatchString(text):
			return addr, "Invalid number of octets " + text
		}
		return addr, "Invalid IP address " + text
	}
	return libraryIPv4(text)
}

func libraryIPv4(text string) (addr netip.Addr, fault string) {
	quads := strings.Split(text, ".")
	switch {
	case !compiled(`^[\d.]+$`).MatchString(text):
		return addr, "Invalid chars in IP " + text
	case quads[0] == "":
		return addr, "Invalid IP " + text + " - starts with a dot"
	case quads[len(quads)-1] == "":
		return addr, "Invalid IP " + text + " - ends with a dot"
	case len(quads) > 4:
		return addr, "Invalid IP address " + text
	case strings.Contains(text, ".."):
		return addr, "Empty quad in IP address " + text
	}
	var octets [4]byte
	for i, quad := range quads {
		n, err := strconv.ParseUint(quad, 10, 8)
		if err != nil {
			return addr, "Invalid quad in IP address " + text + " - " + quad
		}
		octets[i] = byte(n)
	}
	return netip.AddrFrom4(octets), ""
}
