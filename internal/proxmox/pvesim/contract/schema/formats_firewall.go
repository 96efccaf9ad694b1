package schema

import "strings"

// firewallFormats are the parts of firewall rules, sets and aliases.
func firewallFormats() []Format {
	return []Format{
		decides("IPorCIDRorAlias", func(v Version, text string) string {
			if compiled(aliasExpr).MatchString(text) {
				return ""
			}
			return ipOrCIDRFault(v, text)
		}),
		decides("pve-fw-addr-spec", addressesFault),
		decides("pve-fw-sport-spec", func(_ Version, text string) string { return portsFault(text, false) }),
		decides("pve-fw-dport-spec", func(_ Version, text string) string { return portsFault(text, true) }),
		decides("pve-fw-protocol-spec", protocolFault),
		decides("pve-fw-icmp-type-spec", func(_ Version, text string) string {
			if text == "" || isICMPType(text) {
				return ""
			}
			return "invalid icmp-type value '" + text + "'"
		}),
		keys("inline/log_ratelimit", Rows{
			Whole("burst").Min(0),
			Flag("enable").Must().bare(),
			Str("rate").Like(`[1-9][0-9]*\/(second|minute|hour|day)`),
		}),
	}
}

const aliasExpr = `^(?:dc/|guest/)?[A-Za-z][A-Za-z0-9\-_]+$`

// addressesFault accepts a set (+name), an alias, one range, or a comma list of
// addresses and networks of one family. Networks must not have host bits.
func addressesFault(_ Version, text string) string {
	switch {
	case compiled(`^\+\S+$`).MatchString(text):
		return tooLong(text, 65, "ipset name too long")
	case compiled(aliasExpr).MatchString(text):
		return tooLong(text, 64, "alias name too long")
	case strings.HasSuffix(text, ","):
		return "extraneous commas in list"
	case text == "":
		return ""
	}
	return addressListFault(text, strings.Split(text, ","))
}

func tooLong(text string, limit int, fault string) string {
	if len(text) > limit {
		return fault
	}
	return ""
}

func addressListFault(text string, items []string) string {
	family, ranged := 0, false
	for _, item := range items {
		bits, fault := libraryAddress(item)
		switch {
		case fault != "":
			return "invalid IP address: " + fault
		case family != 0 && bits != family:
			return "detected mixed ipv4/ipv6 addresses in address list '" + text + "'"
		}
		family, ranged = bits, ranged || strings.Contains(item, "-")
	}
	if ranged && len(items) > 1 {
		return "you can't use a range in a list"
	}
	return ""
}

// portsFault checks a comma list of ports, ranges and service names; numbers
// count 1, ranges 2, and 15 is the limit of the packet filter.
func portsFault(text string, icmpToo bool) string {
	if strings.HasSuffix(text, ",") {
		return "extraneous commas in list"
	}
	if text == "" {
		return ""
	}
	count, icmp := 0, false
	for item := range strings.SplitSeq(text, ",") {
		n, fault := portItem(item)
		switch {
		case fault != "" && icmpToo && isICMPType(item):
			icmp = true
		case fault != "":
			return fault
		}
		count += n
	}
	switch {
	case icmp && count > 0:
		return "ICMP ports not allowed in port range"
	case count > 15:
		return "too many entries in port list (> 15 numbers)"
	}
	return ""
}

func portItem(item string) (count int, fault string) {
	first, last, isRange := strings.Cut(item, ":")
	a, okA := digits(first)
	b, okB := digits(last)
	switch {
	case isRange && okA && okB:
		return 2, rangeFault(first, last, a, b)
	case !isRange && okA:
		return 1, portFault(first, a)
	case isWord(serviceNames, item):
		return 0, ""
	}
	return 0, "invalid port '" + item + "'"
}

func portFault(text string, port int) string {
	if port > 65535 {
		return "invalid port '" + text + "'"
	}
	return ""
}

func rangeFault(first, last string, a, b int) string {
	for _, fault := range []string{portFault(first, a), portFault(last, b)} {
		if fault != "" {
			return fault
		}
	}
	if a > b {
		return "backwards range '" + first + ":" + last + "' not allowed, did you mean '" + last + ":" + first + "'?"
	}
	return ""
}

func protocolFault(_ Version, text string) string {
	if text == "" || isWord(protocolNames, text) || isWord(protocolNumbers, text) {
		return ""
	}
	return "unknown protocol '" + text + "'"
}
