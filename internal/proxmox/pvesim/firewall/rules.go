package firewall

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// macros that rules may name; the usual ones of the original's longer list.
//
//nolint:gochecknoglobals // immutable table
var macros = strings.Fields(`Amanda Auth BGP BitTorrent CephMonitor DHCPfwd DHCPv6 DNS Distcc FTP Finger GNUnet
	GRE Git HKP HTTP HTTP/3 HTTPS ICMPV6 ICPV2 ICQ IMAP IMAPS IPIP IPsec IPsecah IPsecnat IRC Jetdirect L2TP LDAP
	LDAPS MDNS MSNP MSSQL Mail Munin MySQL NNTP NNTPS NTP NeighborDiscovery OSPF OpenVPN PBS PCA PMG POP3 POP3S PPtP
	Ping PostgreSQL Printer RDP RIP RNDC Razor Rdate Rsync SANE SMB SMBswat SMTP SMTPS SNMP SPAMD SPICEproxy SSH SVN
	SixXS Squid Submission Syslog TFTP Telnet Telnets Time Trcrt VNC VNCL Web Webcache Webmin Whois ceph`)

// Macros lists the macro names.
func Macros() []string { return slices.Clone(macros) }

// ListRules answers the rules in order.
func (c *Config) ListRules() []map[string]any {
	out := []map[string]any{}
	for pos := range c.Rules {
		out = append(out, c.rule(pos))
	}
	return out
}

func (c *Config) rule(pos int) map[string]any {
	row := render(c.Rules[pos])
	row["pos"] = pos
	row["digest"] = c.rulesDigest()
	if v := c.family(c.Rules[pos]); v != 0 {
		row["ipversion"] = v
	}
	return row
}

// GetRule answers one rule; its position is text there, a quirk of the original.
func (c *Config) GetRule(pos int) (map[string]any, error) {
	if err := c.at(pos); err != nil {
		return nil, err
	}
	row := c.rule(pos)
	row["pos"] = strconv.Itoa(pos)
	return row, nil
}

func (c *Config) at(pos int) error {
	if pos < 0 || pos >= len(c.Rules) {
		return refusal.Fault("no rule at position %d", pos)
	}
	return nil
}

// AddRule puts a rule on top, off unless enable is set.
func (c *Config) AddRule(env string, r Fields, given string) error {
	if err := fresh(given, c.rulesDigest()); err != nil {
		return err
	}
	if r["enable"] == "" {
		r["enable"] = "0"
	}
	if err := c.verify(env, r); err != nil {
		return err
	}
	c.Rules = slices.Insert(c.Rules, 0, r)
	return nil
}

// SetRule changes a rule, or moves it when moveTo is not negative and then ignores the rest.
func (c *Config) SetRule(env string, pos int, set Fields, del []string, moveTo int, given string) error {
	if err := fresh(given, c.rulesDigest()); err != nil {
		return err
	}
	if err := c.at(pos); err != nil {
		return err
	}
	if moveTo >= 0 {
		c.move(pos, moveTo)
		return nil
	}
	r := maps.Clone(c.Rules[pos])
	for _, k := range del {
		delete(r, k)
	}
	maps.Copy(r, set)
	if err := c.verify(env, r); err != nil {
		return err
	}
	c.Rules[pos] = r
	return nil
}

func (c *Config) move(pos, to int) {
	r := c.Rules[pos]
	rest := slices.Delete(slices.Clone(c.Rules), pos, pos+1)
	if to > pos {
		to--
	}
	c.Rules = slices.Insert(rest, min(to, len(rest)), r)
}

// DeleteRule removes a rule.
func (c *Config) DeleteRule(pos int, given string) error {
	if err := fresh(given, c.rulesDigest()); err != nil {
		return err
	}
	if err := c.at(pos); err != nil {
		return err
	}
	c.Rules = slices.Delete(c.Rules, pos, pos+1)
	return nil
}

func (c *Config) verify(env string, r Fields) error {
	faults := map[string]string{}
	c.verifyAction(env, r, faults)
	if m := r["macro"]; m != "" && !slices.Contains(macros, m) {
		faults["macro"] = "unknown macro '" + m + "'"
	}
	for _, port := range []string{"sport", "dport"} {
		if r[port] != "" && r["proto"] == "" {
			faults["proto"] = "missing property - '" + port + "' requires this property"
		}
	}
	if r["iface"] != "" && env == "vm" && !ifacePattern.MatchString(r["iface"]) {
		faults["iface"] = `value does not match the regex pattern 'net\d+'`
	}
	for _, side := range []string{"source", "dest"} {
		if text := c.badAddress(r[side]); text != "" {
			faults[side] = text
		}
	}
	if len(faults) == 0 && c.family(r) < 0 {
		faults["dest"] = "detected mixed ipv4/ipv6 addresses in rule"
	}
	if len(faults) > 0 {
		return refusal.Params(faults)
	}
	return nil
}

var ifacePattern = regexp.MustCompile(`^net\d+$`)

func (c *Config) verifyAction(env string, r Fields, faults map[string]string) {
	switch {
	case r["type"] == "group":
	case r["type"] == "forward" && env == "vm":
		faults["type"] = "invalid rule type 'forward' for rule_env 'vm'"
	case !slices.Contains([]string{"ACCEPT", "DROP", "REJECT"}, r["action"]):
		faults["action"] = "unknown action '" + r["action"] + "'"
	}
}

// badAddress is the fault text of a source or destination, empty when it is fine.
func (c *Config) badAddress(text string) string {
	if name, isSet := strings.CutPrefix(text, "+"); isSet {
		if c.Sets[strings.TrimPrefix(name, "guest/")] == nil && !strings.HasPrefix(name, "dc/") {
			return "no such ipset '" + name + "'"
		}
		return ""
	}
	for item := range strings.SplitSeq(text, ",") {
		if item == "" || isRange(item) || prefix(item).IsValid() {
			continue
		}
		name := strings.ToLower(strings.TrimPrefix(item, "guest/"))
		if c.Aliases[name] == nil && !strings.HasPrefix(name, "dc/") {
			return "no such alias '" + item + "'"
		}
	}
	return ""
}

func isRange(item string) bool {
	from, to, ok := strings.Cut(item, "-")
	if !ok {
		return false
	}
	_, err1 := netip.ParseAddr(from)
	_, err2 := netip.ParseAddr(to)
	return err1 == nil && err2 == nil
}

// family is the address family a rule speaks of: 4, 6, 0 for both, -1 for a mixture.
func (c *Config) family(r Fields) int {
	seen := 0
	for _, side := range []string{"source", "dest"} {
		for item := range strings.SplitSeq(r[side], ",") {
			p := prefix(item)
			if !p.IsValid() {
				continue
			}
			v := 6
			if p.Addr().Is4() {
				v = 4
			}
			if seen != 0 && seen != v {
				return -1
			}
			seen = v
		}
	}
	return seen
}
