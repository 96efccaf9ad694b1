package ippool

import (
	"fmt"
	"net/netip"
	"strings"
)

// Problem is a line of the legacy list that cannot be used, with the reason for a person.
type Problem struct {
	Line int    // counted from 1
	Text string // one sentence
}

func (p Problem) String() string { return fmt.Sprintf("Line %d: %s", p.Line, p.Text) }

// legacyForm is shown whenever a line cannot be read.
const legacyForm = "vmbr0|0|198.51.100.20|24|198.51.100.1|9.9.9.9,1.0.0.1"

// ParseLegacy reads the "Assigned IP Addresses" of a WHMCS server entry: one IPv4 address per line as
// bridge|vlan|address|mask|gateway|dns1,dns2 (product-spec §9.4). Each good line becomes a pool of one address with ID 0.
// A line that cannot be used becomes a Problem and the others still count; blank lines are skipped; the second DNS
// server, or both, may be missing.
func ParseLegacy(text string, serverID int64) ([]Pool, []Problem) {
	var pools []Pool
	var problems []Problem
	seen := map[place]int{}
	for i, line := range lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, fault := parseLegacyLine(line)
		if first, again := seen[placeOf(p)]; fault == "" && again {
			fault = fmt.Sprintf("%s is already listed for this bridge and VLAN on line %d; remove one of the two lines.", p.First, first)
		}
		if fault != "" {
			problems = append(problems, Problem{Line: i + 1, Text: fault})
			continue
		}
		seen[placeOf(p)] = i + 1
		p.ServerID = serverID
		pools = append(pools, p)
	}
	return pools, problems
}

// place is where an address must be unique.
type place struct {
	bridge  string
	vlan    int
	address netip.Addr
}

func placeOf(p Pool) place { return place{p.Bridge, p.VLAN, p.First} }

func lines(text string) []string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.Split(strings.ReplaceAll(text, "\r", "\n"), "\n")
}

func parseLegacyLine(line string) (Pool, string) {
	f := strings.Split(line, "|")
	if len(f) != 6 {
		return Pool{}, fmt.Sprintf("The line has %d of the 6 parts bridge|vlan|address|mask|gateway|dns; write it like %s.", len(f), legacyForm)
	}
	for i := range f {
		f[i] = strings.TrimSpace(f[i])
	}
	r := legacyReader{}
	p := Pool{Network: Network{Bridge: f[0]}}
	p.VLAN = r.number("The VLAN", f[1], 0, maxVLAN, "0 means untagged")
	p.First = r.address("The address", f[2])
	p.Bits = r.number("The mask", f[3], 1, 32, "write the prefix length, such as 24")
	p.Gateway = r.address("The gateway", f[4])
	p.DNS = r.servers(f[5])
	p.Last = p.First
	r.note(bridgeFault(p.Bridge))
	if r.fault == "" && p.First == p.Gateway {
		r.note(fmt.Sprintf("The address %s is its own gateway, which is never handed out; remove the line.", p.First))
	}
	return p, r.fault
}

// legacyReader keeps the first fault of a line, so that a line has one sentence.
type legacyReader struct{ fault string }

func (r *legacyReader) note(fault string) {
	if r.fault == "" {
		r.fault = fault
	}
}

func (r *legacyReader) number(name, text string, low, high int, hint string) int {
	n, fault := number(name, text, low, high, hint)
	r.note(fault)
	return n
}

func (r *legacyReader) address(name, text string) netip.Addr {
	a, fault := address(name, text, 4)
	r.note(fault)
	return a
}

func (r *legacyReader) servers(text string) []netip.Addr {
	var dns []netip.Addr
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			dns = append(dns, r.address("Each DNS server", part))
		}
	}
	return dns
}
