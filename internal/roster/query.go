package roster

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// Column is what the list can be sorted by.
type Column string

// Columns.
const (
	ByService       Column = "id"
	ByClient        Column = "client"
	ByProduct       Column = "product"
	ByServer        Column = "server"
	ByVMID          Column = "vmid"
	ByName          Column = "name"
	ByStatus        Column = "status"
	ByServiceStatus Column = "service"
	ByAttention     Column = "attention"
)

// Columns lists them all.
func Columns() []Column {
	return []Column{ByService, ByClient, ByProduct, ByServer, ByVMID, ByName, ByStatus, ByServiceStatus, ByAttention}
}

// Query is what a person wants to see.
type Query struct {
	Search        string // part of an id, a name or an address
	ServiceStatus string // "" = all
	Status        string // vm_status; "" = all
	Sort          Column // an unknown one is ByService
	Descending    bool
	Page          int // from 1; beyond the last is the last
	Size          int // rows of a page; 0 or less is 10
}

// longestSearch is more than any name has.
const longestSearch = 300

// needles are the texts of which a machine contains one when it matches a search; none = there is no search. Addresses
// are kept in full and in short, so that one in any other notation is looked for in full.
func needles(search string) []string {
	search = strings.ToLower(strings.Join(strings.Fields(search), " "))
	if search == "" {
		return nil
	}
	if len(search) > longestSearch {
		search = search[:longestSearch]
	}
	list := []string{search}
	for _, other := range append(partsOfAddress(search), wholeAddress(search)) {
		if other != "" && !slices.Contains(list, other) {
			list = append(list, other)
		}
	}
	return list
}

// wholeAddress writes an address, in brackets or with a prefix length perhaps, as it is kept.
func wholeAddress(text string) string {
	bare, _, _ := strings.Cut(strings.Trim(text, "[]"), "/")
	a, err := netip.ParseAddr(bare)
	if err != nil {
		return ""
	}
	return ippool.Expand(a)
}

// partsOfAddress fills up the groups of a piece of an IPv6 address that begins with a whole group: 2001:db8:5: is
// 2001:0db8:0005: in full. The last group may be half typed, or whole.
func partsOfAddress(text string) []string {
	groups := strings.Split(text, ":")
	if len(groups) < 3 || len(groups) > 8 || strings.Trim(text, "0123456789abcdef:") != "" {
		return nil
	}
	last := len(groups) - 1
	for i, g := range groups[:last] {
		if g == "" || len(g) > 4 {
			return nil
		}
		groups[i] = inFull(g)
	}
	half := strings.Join(groups, ":")
	if n := len(groups[last]); n == 0 || n > 4 {
		return []string{half}
	}
	groups[last] = inFull(groups[last])
	return []string{half, strings.Join(groups, ":")}
}

func inFull(group string) string { return strings.Repeat("0", 4-len(group)) + group }
