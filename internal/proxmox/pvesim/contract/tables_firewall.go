package contract

// clusterFirewallRoutes are the calls for the datacenter firewall.
func clusterFirewallRoutes() []route {
	audit, modify := on("/", "Sys.Audit"), on("/", "Sys.Modify")
	return append(firewallRoutes("/cluster/firewall", nil, audit, modify),
		get("/cluster/firewall/groups", everyone()),
		post("/cluster/firewall/groups", modify, longDigest(), params{groupName("group").Must(), groupName("rename"), str("comment")}),
		del("/cluster/firewall/groups/{group}", modify, inGroup()),
		get("/cluster/firewall/groups/{group}", audit, inGroup()),
		post("/cluster/firewall/groups/{group}", modify, inGroup(), newRule()),
		del("/cluster/firewall/groups/{group}/{pos}", modify, inGroup(), position(), longDigest()),
		get("/cluster/firewall/groups/{group}/{pos}", audit, inGroup(), position()),
		put("/cluster/firewall/groups/{group}/{pos}", modify, inGroup(), changedRule()),
		get("/cluster/firewall/macros", everyone()),
		get("/cluster/firewall/options", audit),
		put("/cluster/firewall/options", modify, longDigest(), params{
			str("delete").Of("pve-configid-list"),
			whole("enable").Min(0),
			flag("ebtables"),
			str("log_ratelimit").Of("inline/log_ratelimit"),
			str("policy_in").OneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_out").OneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_forward").OneOf("ACCEPT", "DROP").From(V84),
		}),
	)
}

// qemuFirewallRoutes are the calls for the firewall of one VM.
func qemuFirewallRoutes() []route {
	audit, modify := onVM("VM.Audit"), onVM("VM.Config.Network")
	return append(firewallRoutes(vmPath+"/firewall", atVM(), audit, modify),
		get(vmPath+"/firewall/log", onVM("VM.Console"), atVM(), params{
			whole("limit").Min(0), whole("since").Min(0), whole("start").Min(0), whole("until").Min(0),
		}).onNode().private(),
		get(vmPath+"/firewall/options", audit, atVM()).onNode(),
		put(vmPath+"/firewall/options", modify, atVM(), longDigest(), params{
			str("delete").Of("pve-configid-list"),
			flag("enable"), flag("dhcp"), flag("ipfilter"), flag("macfilter"), flag("ndp"), flag("radv"),
			str("log_level_in").OneOf(logLevels()...),
			str("log_level_out").OneOf(logLevels()...),
			str("policy_in").OneOf("ACCEPT", "REJECT", "DROP"),
			str("policy_out").OneOf("ACCEPT", "REJECT", "DROP"),
		}).onNode(),
	)
}

// firewallRoutes are the calls that datacenter and VM have in common.
func firewallRoutes(base string, at params, audit, modify Perm) []route {
	return []route{
		get(base, everyone(), at),
		get(base+"/aliases", audit, at),
		post(base+"/aliases", modify, at, params{setName("name").Must(), str("cidr").Of("IPorCIDR").Must(), str("comment")}),
		get(base+"/aliases/{name}", audit, at, params{setName("name").Must()}),
		put(base+"/aliases/{name}", modify, at, longDigest(), params{
			setName("name").Must(), setName("rename"), str("cidr").Of("IPorCIDR").Must(), str("comment"),
		}),
		del(base+"/aliases/{name}", modify, at, longDigest(), params{setName("name").Must()}),
		get(base+"/ipset", audit, at),
		post(base+"/ipset", modify, at, longDigest(), params{setName("name").Must(), setName("rename"), str("comment")}),
		get(base+"/ipset/{name}", audit, at, params{setName("name").Must()}),
		del(base+"/ipset/{name}", modify, at, params{setName("name").Must(), flag("force")}),
		post(base+"/ipset/{name}", modify, at, setMember(), params{str("comment"), flag("nomatch")}),
		get(base+"/ipset/{name}/{cidr}", audit, at, setMember()).private(),
		put(base+"/ipset/{name}/{cidr}", modify, at, setMember(), longDigest(), params{str("comment"), flag("nomatch")}),
		del(base+"/ipset/{name}/{cidr}", modify, at, setMember(), longDigest()),
		get(base+"/refs", audit, at, params{str("type").OneOf("alias", "ipset")}),
		get(base+"/rules", audit, at),
		post(base+"/rules", modify, at, newRule()),
		get(base+"/rules/{pos}", audit, at, position()),
		put(base+"/rules/{pos}", modify, at, changedRule()),
		del(base+"/rules/{pos}", modify, at, position(), longDigest()),
	}
}

const fwName = `[A-Za-z][A-Za-z0-9\-\_]+`

// setName is the name of an IP set or an alias.
func setName(key string) param { return str(key).Like(fwName).Length(2, 64) }

func groupName(key string) param { return str(key).Like(fwName).Length(2, 18) }

func inGroup() params { return params{groupName("group").Must()} }

func position() params { return params{whole("pos").Min(0)} }

func setMember() params {
	return params{setName("name").Must(), str("cidr").Of("IPorCIDRorAlias").Must()}
}

func newRule() params { return join(ruleFields(param.Must), position(), longDigest()) }

func changedRule() params {
	return join(ruleFields(asIs), position(), longDigest(), params{str("delete").Of("pve-configid-list"), whole("moveto").Min(0)})
}

// ruleFields are the fields of a rule; mark says whether the two main ones are
// required.
func ruleFields(mark func(param) param) params {
	return params{
		mark(str("action").Like(fwName).Length(2, 20)),
		mark(str("type").OneOf("in", "out", "group")).Til(V74),
		mark(str("type").OneOf("in", "out", "forward", "group")).From(V84),
		str("comment"),
		str("dest").Of("pve-fw-addr-spec").Chars(512),
		str("dport").Of("pve-fw-dport-spec"),
		whole("enable").Min(0),
		str("icmp-type").Of("pve-fw-icmp-type-spec"),
		str("iface").Of("pve-iface").Length(2, 20),
		str("log").OneOf(logLevels()...),
		str("macro").Chars(128),
		str("proto").Of("pve-fw-protocol-spec"),
		str("source").Of("pve-fw-addr-spec").Chars(512),
		str("sport").Of("pve-fw-sport-spec"),
	}
}

func logLevels() []string {
	return []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "nolog"}
}
