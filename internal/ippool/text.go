package ippool

import (
	"net/netip"
	"strings"
	"unicode"
)

// Expand writes an address as the compat tables keep it: IPv6 in full, lower-case (product-spec §2), IPv4 as it is.
// An IPv4 address in IPv6 clothes is written as IPv4, a zone is dropped, no address gives "".
func Expand(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return plain(a).StringExpanded()
}

// ParseAddresses reads the addresses out of tblhosting.dedicatedip or assignedips, in order and each once.
// Administrators edit these fields by hand: line breaks, commas, semicolons, blanks and brackets separate, a prefix length
// is dropped, everything that is no address is ignored.
func ParseAddresses(text string) []netip.Addr {
	var list []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, word := range strings.FieldsFunc(text, separates) {
		a, ok := parseWord(word)
		if !ok || seen[a] {
			continue
		}
		seen[a] = true
		list = append(list, a)
	}
	return list
}

func separates(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(",;|<>()[]\"'", r)
}

func parseWord(word string) (netip.Addr, bool) {
	address, _, _ := strings.Cut(word, "/")
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Addr{}, false
	}
	return plain(a), true
}
