package hardware

// SplitNIC takes model and MAC out of a NIC's line: model=MAC, or a bare model, or model= and macaddr=.
func SplitNIC(o Options) (model, mac string, rest Options) {
	for _, p := range o {
		switch p.Key {
		case "", "model":
			model = p.Value
		case "macaddr":
			mac = p.Value
		case "bridge", "tag", "rate", "firewall", "link_down", "mtu", "queues", "trunks":
			rest = append(rest, p)
		default:
			model, mac = p.Key, p.Value
		}
	}
	return model, mac, rest
}
