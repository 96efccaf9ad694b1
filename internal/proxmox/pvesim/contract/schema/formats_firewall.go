package schema

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

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
	}
	items := strings.Split(text, ",")
	if text == "" {
		return ""
	}
	if slices.Contains(items, "") {
		return "extraneous commas in list"
	}
	return addressListFault(text, items)
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
		bits, isRange, fault := addressItem(item)
		switch {
		case fault != "":
			return "invalid IP address: " + fault
		case family != 0 && bits != family:
			return "detected mixed ipv4/ipv6 addresses in address list '" + text + "'"
		}
		family, ranged = bits, ranged || isRange
	}
	if ranged && len(items) > 1 {
		return "you can't use a range in a list"
	}
	return ""
}

// addressItem returns the width of the address of one item of a rule.
func addressItem(item string) (bits int, isRange bool, fault string) {
	if first, last, ok := strings.Cut(item, "-"); ok {
		a, okA := plainAddr(strings.TrimSpace(first))
		b, okB := plainAddr(strings.TrimSpace(last))
		if !okA || !okB || a.BitLen() != b.BitLen() || b.Less(a) {
			return 0, true, "Invalid range " + item
		}
		return a.BitLen(), true, ""
	}
	ip, _, slashed := strings.Cut(item, "/")
	addr, ok := plainAddr(ip)
	switch {
	case !ok:
		return 0, false, "Cannot determine IP version for " + ip
	case !slashed:
		return addr.BitLen(), false, ""
	}
	network, err := netip.ParsePrefix(item)
	if err != nil || network.Masked() != network {
		return 0, false, "Invalid prefix " + item
	}
	return addr.BitLen(), false, ""
}

// portsFault checks a comma list of ports, ranges and service names; numbers
// count 1, ranges 2, and 15 is the limit of the packet filter.
func portsFault(text string, icmpToo bool) string {
	items := strings.Split(text, ",")
	if text == "" {
		return ""
	}
	if slices.Contains(items, "") {
		return "extraneous commas in list"
	}
	count, icmp := 0, false
	for _, item := range items {
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
	case slices.Contains(serviceNames(), item):
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
	if n, err := strconv.Atoi(text); err == nil && n >= 0 && n <= 142 || slices.Contains(protocolNames(), text) {
		return ""
	}
	return "unknown protocol '" + text + "'"
}

// protocolNames are the well-known names of the system's protocol table.
func protocolNames() []string {
	return strings.Fields(`ip icmp igmp ggp ipencap st tcp egp igp pup udp hmp xns-idp rdp iso-tp4 dccp xtp ddp
		idpr-cmtp ipv6 ipv6-route ipv6-frag idrp rsvp gre esp ah skip ipv6-icmp ipv6-nonxt ipv6-opts rspf vmtp eigrp
		ospf ax.25 ipip etherip encap pim ipcomp vrrp l2tp isis sctp fc mobility-header udplite mpls-in-ip manet hip
		shim6 wesp rohc ethernet icmpv6`)
}

// serviceNames are the well-known names of the system's service table.
func serviceNames() []string {
	return strings.Fields(`tcpmux echo discard systat daytime netstat qotd chargen ftp-data ftp fsp ssh telnet smtp
		time whois tacacs domain bootps bootpc tftp gopher finger http kerberos iso-tsap acr-nema pop3 sunrpc auth nntp
		ntp epmap netbios-ns netbios-dgm netbios-ssn imap2 snmp snmp-trap cmip-man cmip-agent mailq xdmcp bgp smux
		qmtp z3950 ipx ptp pawserv zserv rpc2portmap codaauth2 clearcase ulistserv ldap svrloc https snpp microsoft-ds
		kpasswd submissions submission saft isakmp rtsp nqs asf-rmcp qmqp ipp ldp exec login shell printer talk ntalk
		klogin kshell ftps-data ftps telnets imaps pop3s socks proofd rootd openvpn rmiregistry lotusnote ms-sql-s
		ms-sql-m ingreslock datametrics radius radius-acct cisco-sccp nfs gsiftp cvspserver mysql svn postgresql
		epmd sip sip-tls xmpp-client xmpp-server cfengine nut distcc amqp x11 redis sane-port http-alt syslog
		syslog-tls iscsi-target nbd domain-s git zabbix-agent zabbix-trapper rsync webmin`)
}

func isICMPType(text string) bool {
	return slices.Contains(icmpTypes(), text) || slices.Contains(icmpV6Types(), text)
}

func icmpTypes() []string {
	return strings.Fields(`any echo-reply destination-unreachable network-unreachable host-unreachable protocol-unreachable
		port-unreachable fragmentation-needed source-route-failed network-unknown host-unknown network-prohibited
		host-prohibited TOS-network-unreachable TOS-host-unreachable communication-prohibited host-precedence-violation
		precedence-cutoff source-quench redirect network-redirect host-redirect TOS-network-redirect TOS-host-redirect
		echo-request router-advertisement router-solicitation time-exceeded ttl-zero-during-transit
		ttl-zero-during-reassembly parameter-problem ip-header-bad required-option-missing timestamp-request
		timestamp-reply address-mask-request address-mask-reply`)
}

func icmpV6Types() []string {
	return strings.Fields(`destination-unreachable no-route communication-prohibited beyond-scope address-unreachable
		port-unreachable failed-policy reject-route packet-too-big time-exceeded ttl-zero-during-transit
		ttl-zero-during-reassembly parameter-problem bad-header unknown-header-type unknown-option echo-request echo-reply
		router-solicitation router-advertisement neighbor-solicitation neighbour-solicitation neighbor-advertisement
		neighbour-advertisement redirect`)
}
