package contract

import "strings"

// nodeRoutes are the calls for the nodes themselves.
func nodeRoutes() []route {
	return []route{
		get("/nodes", everyone()),
		get("/nodes/{node}/rrddata", on("/nodes/{node}", "Sys.Audit"), atNode(), params{
			str("timeframe").OneOf("hour", "day", "week", "month", "year").Must().Til(V84),
			str("timeframe").OneOf("hour", "day", "week", "month", "year", "decade").Must().From(V92),
			str("cf").OneOf("AVERAGE", "MAX"),
		}).onNode().private(),
		get("/nodes/{node}/status", on("/nodes/{node}", "Sys.Audit"), atNode()).onNode(),
		post("/nodes/{node}/status", on("/nodes/{node}", "Sys.PowerMgmt"), atNode(), params{str("command").OneOf("reboot", "shutdown").Must()}).onNode(),
	}
}

// networkRoutes are the calls for the interfaces of a node.
func networkRoutes() []route {
	modify := on("/nodes/{node}", "Sys.Modify")
	iface := params{str("iface").Of("pve-iface").Length(2, 20).Must()}
	return []route{
		del("/nodes/{node}/network", modify, atNode()).onNode(),
		get("/nodes/{node}/network", everyone(), atNode(), interfaceFilter()).onNode(),
		post("/nodes/{node}/network", modify, atNode(), interfaceOptions(), iface).onNode(),
		put("/nodes/{node}/network", modify, atNode(), params{flag("regenerate-frr").From(V92)}).onNode(),
		del("/nodes/{node}/network/{iface}", modify, atNode(), iface).onNode(),
		get("/nodes/{node}/network/{iface}", on("/nodes/{node}", "Sys.Audit"), atNode(), iface).onNode(),
		put("/nodes/{node}/network/{iface}", modify, atNode(), interfaceOptions(), iface, params{str("delete").Of("pve-configid-list")}).onNode(),
	}
}

// taskRoutes are the calls for tasks.
func taskRoutes() []route {
	return []route{
		get("/nodes/{node}/tasks", everyone(), atNode(), optionalVMID(), params{
			flag("errors"),
			whole("limit").Min(0),
			whole("since"),
			str("source").OneOf("archive", "active", "all"),
			whole("start").Min(0),
			str("statusfilter").Of("pve-task-status-type-list"),
			str("typefilter"), whole("until"), str("userfilter"),
		}).onNode(),
		del("/nodes/{node}/tasks/{upid}", everyone(), atNode(), params{str("upid").Must()}).onNode(),
		get("/nodes/{node}/tasks/{upid}", everyone(), atNode(), params{str("upid").Must()}),
		get("/nodes/{node}/tasks/{upid}/log", everyone(), atNode(), params{
			str("upid").Must(), flag("download"), whole("limit").Min(0), whole("start").Min(0),
		}).onNode().private(),
		get("/nodes/{node}/tasks/{upid}/status", everyone(), atNode(), params{str("upid").Must()}).onNode().private(),
	}
}

// interfaceKinds are the kinds every release knows.
const interfaceKinds = "bridge bond eth alias vlan OVSBridge OVSBond OVSPort OVSIntPort"

// fabricKinds is interfaceKinds of 9.2, which knows fabrics.
const fabricKinds = "bridge bond eth alias vlan fabric OVSBridge OVSBond OVSPort OVSIntPort"

func interfaceTypes() params {
	kind := str("type").Must()
	return params{
		kind.OneOf(strings.Fields(interfaceKinds + " unknown")...).Til(V74),
		kind.OneOf(strings.Fields(interfaceKinds + " vnet unknown")...).From(V84).Til(V84),
		kind.OneOf(strings.Fields(fabricKinds + " vnet unknown")...).From(V92),
	}
}

func interfaceFilter() params {
	kind := str("type")
	return params{
		kind.OneOf(strings.Fields(interfaceKinds + " any_bridge")...).Til(V74),
		kind.OneOf(strings.Fields(interfaceKinds + " vnet any_bridge any_local_bridge")...).From(V84).Til(V84),
		kind.OneOf(strings.Fields(fabricKinds + " vnet any_bridge any_local_bridge include_sdn")...).From(V92),
	}
}

// interfaceOptions are the settings of an interface that create and change share.
func interfaceOptions() params {
	return join(interfaceTypes(), params{
		str("address").Of("ipv4").Needs("netmask"),
		str("address6").Of("ipv6").Needs("netmask6"),
		flag("autostart"),
		str("bond-primary").Of("pve-iface"),
		str("bond_mode").OneOf(strings.Fields("balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb " +
			"balance-slb lacp-balance-slb lacp-balance-tcp")...),
		str("bond_xmit_hash_policy").OneOf("layer2", "layer2+3", "layer3+4"),
		str("bridge_ports").Of("pve-iface-list"),
		str("bridge_vids").Of("pve-vlan-id-or-range-list").From(V84),
		flag("bridge_vlan_aware"),
		str("cidr").Of("CIDRv4"),
		str("cidr6").Of("CIDRv6"),
		str("comments"), str("comments6"),
		str("gateway").Of("ipv4"),
		str("gateway6").Of("ipv6"),
		whole("mtu").Between(1280, 65520),
		str("netmask").Of("ipv4mask").Needs("address"),
		whole("netmask6").Between(0, 128).Needs("address6"),
		str("ovs_bonds").Of("pve-iface-list"),
		str("ovs_bridge").Of("pve-iface"),
		str("ovs_options").Chars(1024),
		str("ovs_ports").Of("pve-iface-list"),
		whole("ovs_tag").Between(1, 4094),
		str("slaves").Of("pve-iface-list"),
		whole("vlan-id").Between(1, 4094),
		str("vlan-raw-device").Of("pve-iface"),
	})
}
