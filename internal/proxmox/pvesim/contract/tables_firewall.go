package contract

// clusterFirewallRoutes are the calls for the datacenter firewall.
func clusterFirewallRoutes() []route {
	audit, modify := on("/", "Sys.Audit"), on("/", "Sys.Modify")
	return append(firewallRoutes("/cluster/firewall", nil, audit, modify),
		get("/cluster/firewall/groups", everyone()),
		post("/cluster/firewall/groups", modify, longDigest(), params{groupName("group").must(), groupName("rename"), str("comment")}),
		del("/cluster/firewall/groups/{group}", modify, inGroup()),
		get("/cluster/firewall/groups/{group}", audit, inGroup()),
		post("/cluster/firewall/groups/{group}", modify, inGroup(), newRule()),
		del("/cluster/firewall/groups/{group}/{pos}", modify, inGroup(), position(), longDigest()),
		get("/cluster/firewall/groups/{group}/{pos}", audit, inGroup(), position()),
		put("/cluster/firewall/groups/{group}/{pos}", modify, inGroup(), changedRule()),
		get("/cluster/firewall/macros", everyone()),
		get("/cluster/firewall/options", audit),
		put("/cluster/firewall/options", modify, longDigest(), params{
			str("delete").of("pve-configid-list"),
			whole("enable").min(0),
			flag("ebtables"),
			str("log_ratelimit").of("inline/log_ratelimit"),
			str("policy_in").oneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_out").oneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_forward").oneOf("ACCEPT", "DROP").from(V84),
		}),
	)
}

// qemuFirewallRoutes are the calls for the firewall of one VM.
func qemuFirewallRoutes() []route {
	audit, modify := onVM("VM.Audit"), onVM("VM.Config.Network")
	return append(firewallRoutes(vmPath+"/firewall", atVM(), audit, modify),
		get(vmPath+"/firewall/log", onVM("VM.Console"), atVM(), params{
			whole("limit").min(0), whole("since").min(0), whole("start").min(0), whole("until").min(0),
		}).onNode().private(),
		get(vmPath+"/firewall/options", audit, atVM()).onNode(),
		put(vmPath+"/firewall/options", modify, atVM(), longDigest(), params{
			str("delete").of("pve-configid-list"),
			flag("enable"), flag("dhcp"), flag("ipfilter"), flag("macfilter"), flag("ndp"), flag("radv"),
			str("log_level_in").oneOf(logLevels()...),
			str("log_level_out").oneOf(logLevels()...),
			str("policy_in").oneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_out").oneOf("ACCEPT", "REJECT", "DROP"),
		}).onNode(),
	)
}

// firewallRoutes are the calls that datacenter and VM have in common.
func firewallRoutes(base string, at params, audit, modify Perm) []route {
	return []route{
		get(base, everyone(), at),
		get(base+"/aliases", audit, at),
		post(base+"/aliases", modify, at, params{setName("name").must(), str("cidr").of("IPorCIDR").must(), str("comment")}),
		get(base+"/aliases/{name}", audit, at, params{setName("name").must()}),
		put(base+"/aliases/{name}", modify, at, longDigest(), params{
			setName("name").must(), setName("rename"), str("cidr").of("IPorCIDR").must(), str("comment"),
		}),
		del(base+"/aliases/{name}", modify, at, longDigest(), params{setName("name").must()}),
		get(base+"/ipset", audit, at),
		post(base+"/ipset", modify, at, longDigest(), params{setName("name").must(), setName("rename"), str("comment")}),
		get(base+"/ipset/{name}", audit, at, params{setName("name").must()}),
		del(base+"/ipset/{name}", modify, at, params{setName("name").must(), flag("force")}),
		post(base+"/ipset/{name}", modify, at, setMember(), params{str("comment"), flag("nomatch")}),
		get(base+"/ipset/{name}/{cidr}", audit, at, setMember()).private(),
		put(base+"/ipset/{name}/{cidr}", modify, at, setMember(), longDigest(), params{str("comment"), flag("nomatch")}),
		del(base+"/ipset/{name}/{cidr}", modify, at, setMember(), longDigest()),
		get(base+"/refs", audit, at, params{str("type").oneOf("alias", "ipset")}),
		get(base+"/rules", audit, at),
		post(base+"/rules", modify, at, newRule()),
		get(base+"/rules/{pos}", audit, at, position()),
		put(base+"/rules/{pos}", modify, at, changedRule()),
		del(base+"/rules/{pos}", modify, at, position(), longDigest()),
	}
}

const fwName = `[A-Za-z][A-Za-z0-9\-\_]+`

// setName is the name of an IP set or an alias.
func setName(key string) param { return str(key).like(fwName).length(2, 64) }

func groupName(key string) param { return str(key).like(fwName).length(2, 18) }

func inGroup() params { return params{groupName("group").must()} }

func position() params { return params{whole("pos").min(0)} }

func setMember() params {
	return params{setName("name").must(), str("cidr").of("IPorCIDRorAlias").must()}
}

func newRule() params { return join(ruleFields(param.must), position(), longDigest()) }

func changedRule() params {
	return join(ruleFields(asIs), position(), longDigest(), params{str("delete").of("pve-configid-list"), whole("moveto").min(0)})
}

// ruleFields are the fields of a rule; mark says whether the two main ones are
// required.
func ruleFields(mark func(param) param) params {
	return params{
		mark(str("action").like(fwName).length(2, 20)),
		mark(str("type").oneOf("in", "out", "group")).til(V74),
		mark(str("type").oneOf("in", "out", "forward", "group")).from(V84),
		str("comment"),
		str("dest").of("pve-fw-addr-spec").chars(512),
		str("dport").of("pve-fw-dport-spec"),
		whole("enable").min(0),
		str("icmp-type").of("pve-fw-icmp-type-spec"),
		str("iface").of("pve-iface").length(2, 20),
		str("log").oneOf(logLevels()...),
		str("macro").chars(128),
		str("proto").of("pve-fw-protocol-spec"),
		str("source").of("pve-fw-addr-spec").chars(512),
		str("sport").of("pve-fw-sport-spec"),
	}
}

func logLevels() []string {
	return []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"}
}
