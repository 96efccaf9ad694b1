package hardware

import (
	"cmp"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// FirewallOptions lists what differs from have; unset options count with Proxmox's defaults.
func FirewallOptions(f spec.Firewall, have map[string]string) map[string]string {
	want := map[string]string{}
	for _, o := range []struct{ key, value, unset string }{
		{"enable", flag(f.Enable), "0"},
		{"dhcp", flag(f.DHCP), "0"},
		{"ndp", flag(f.NDP), "1"},
		{"radv", flag(f.RouterAdv), "0"},
		{"macfilter", flag(f.MACFilter), "1"},
		{"ipfilter", flag(f.IPFilter), "0"},
		{"policy_in", f.PolicyIn, "DROP"},
		{"policy_out", f.PolicyOut, "ACCEPT"},
		{"log_level_in", f.LogIn, "nolog"},
		{"log_level_out", f.LogOut, "nolog"},
	} {
		if cmp.Or(have[o.key], o.unset) != o.value {
			want[o.key] = o.value
		}
	}
	return want
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return "0"
}
