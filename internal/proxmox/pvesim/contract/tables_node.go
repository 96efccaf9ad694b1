package contract

import "strings"

// nodeRoutes are the calls for the nodes themselves.
func nodeRoutes() []route {
	return []route{
		get("/nodes", everyone()),
		get("/nodes/{node}/status", on("/nodes/{node}", "Sys.Audit"), atNode()).onNode(),
		post("/nodes/{node}/status", on("/nodes/{node}", "Sys.PowerMgmt"), atNode(), params{str("command").oneOf("reboot", "shutdown").must()}).onNode(),
	}
}

// networkRoutes are the calls for the interfaces of a node.
func networkRoutes() []route {
	modify := on("/nodes/{node}", "Sys.Modify")
	iface := params{str("iface").of("pve-iface").length(2, 20).must()}
	return []route{
		del("/nodes/{node}/network", modify, atNode()).onNode(),
		get("/nodes/{node}/network", everyone(), atNode(), interfaceFilter()).onNode(),
		post("/nodes/{node}/network", modify, atNode(), interfaceOptions(), iface).onNode(),
		put("/nodes/{node}/network", modify, atNode(), params{flag("regenerate-frr").from(V92)}).onNode(),
		del("/nodes/{node}/network/{iface}", modify, atNode(), iface).onNode(),
		get("/nodes/{node}/network/{iface}", on("/nodes/{node}", "Sys.Audit"), atNode(), iface).onNode(),
		put("/nodes/{node}/network/{iface}", modify, atNode(), interfaceOptions(), iface, params{str("delete").of("pve-configid-list")}).onNode(),
	}
}

// taskRoutes are the calls for tasks.
func taskRoutes() []route {
	return []route{
		get("/nodes/{node}/tasks", everyone(), atNode(), optionalVMID(), params{
			flag("errors"),
			whole("limit").min(0),
			whole("since"),
			str("source").oneOf("archive", "active", "all"),
			whole("start").min(0),
			str("statusfilter").of("pve-task-status-type-list"),
			str("typefilter"), whole("until"), str("userfilter"),
		}).onNode(),
		del("/nodes/{node}/tasks/{upid}", everyone(), atNode(), params{str("upid").must()}).onNode(),
		get("/nodes/{node}/tasks/{upid}", everyone(), atNode(), params{str("upid").must()}),
		get("/nodes/{node}/tasks/{upid}/log", everyone(), atNode(), params{
			str("upid").must(), flag("download"), whole("limit").min(0), whole("start").min(0),
		}).onNode().private(),
		get("/nodes/{node}/tasks/{upid}/status", everyone(), atNode(), params{str("upid").must()}).onNode().private(),
	}
}

// interfaceKinds are the kinds every release knows.
const interfaceKinds = "bridge bond eth alias vlan OVSBridge OVSBond OVSPort OVSIntPort"

// fabricKinds is interfaceKinds of 9.2, which knows fabrics.
const fabricKinds = "bridge bond eth alias vlan fabric OVSBridge OVSBond OVSPort OVSIntPort"

func interfaceTypes() params {
	kind := str("type").must()
	return params{
		kind.oneOf(strings.Fields(interfaceKinds + " unknown")...).til(V74),
		kind.oneOf(strings.Fields(interfaceKinds + " vnet unknown")...).from(V84).til(V84),
		kind.oneOf(strings.Fields(fabricKinds + " vnet unknown")...).from(V92),
	}
}

func interfaceFilter() params {
	kind := str("type")
	return params{
		kind.oneOf(strings.Fields(interfaceKinds + " any_bridge")...).til(V74),
		kind.oneOf(strings.Fields(interfaceKinds + " vnet any_bridge any_local_bridge")...).from(V84).til(V84),
		kind.oneOf(strings.Fields(fabricKinds + " vnet any_bridge any_local_bridge include_sdn")...).from(V92),
	}
}

// interfaceOptions are the settings of an interface that create and change share.
func interfaceOptions() params {
	return join(interfaceTypes(), params{
		str("address").of("ipv4").needs("netmask"),
		str("address6").of("ipv6").needs("netmask6"),
		flag("autostart"),
		str("bond-primary").of("pve-iface"),
		str("bond_mode").oneOf(strings.Fields("balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb " +
			"balance-slb lacp-balance-slb lacp-balance-tcp")...),
		str("bond_xmit_hash_policy").oneOf("layer2", "layer2+3", "layer3+4"),
		str("bridge_ports").of("pve-iface-list"),
		str("bridge_vids").of("pve-vlan-id-or-range-list").from(V84),
		flag("bridge_vlan_aware"),
		str("cidr").of("CIDRv4"),
		str("cidr6").of("CIDRv6"),
		str("comments"), str("comments6"),
		str("gateway").of("ipv4"),
		str("gateway6").of("ipv6"),
		whole("mtu").between(1280, 65520),
		str("netmask").of("ipv4mask").needs("address"),
		whole("netmask6").between(0, 128).needs("address6"),
		str("ovs_bonds").of("pve-iface-list"),
		str("ovs_bridge").of("pve-iface"),
		str("ovs_options").chars(1024),
		str("ovs_ports").of("pve-iface-list"),
		whole("ovs_tag").between(1, 4094),
		str("slaves").of("pve-iface-list"),
		whole("vlan-id").between(1, 4094),
		str("vlan-raw-device").of("pve-iface"),
	})
}
