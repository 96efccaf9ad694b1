package hardware

import "maps"

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

// Plugged is what a guest's configuration lacks to start with its node or not ("1", "0") and to have its first NIC's link
// down or not ("1", "").
func Plugged(config map[string]string, onboot, linkDown string) map[string]string {
	want := map[string]string{"onboot": onboot, "net0": ParseOptions(config["net0"]).With("link_down", linkDown).String()}
	maps.DeleteFunc(want, func(key, value string) bool { return config[key] == value || key == "net0" && config[key] == "" })
	return want
}
