package wish

import (
	"cmp"
	"maps"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// NIC is the guest's one network card.
func (g Guest) NIC(c map[string]string) map[string]string {
	have := hardware.ParseOptions(cmp.Or(c["net0"], "virtio"))
	want := g.nic(have)
	if c["net0"] != "" && want.Equal(have) {
		return nil
	}
	return map[string]string{"net0": want.String()}
}

// LiveNIC is NIC with the model that the guest has: it would lose its card otherwise.
func (g Guest) LiveNIC(c map[string]string) map[string]string {
	g.Spec.Network.Model = ""
	return g.NIC(c)
}

// nic is the NIC as wanted, with all of its other options kept. Without a MAC Proxmox would make a new one at every write.
func (g Guest) nic(have hardware.Options) hardware.Options {
	model, mac, rest := hardware.SplitNIC(have)
	model, mac = cmp.Or(g.Spec.Network.Model, model), cmp.Or(g.MAC, mac)
	head := hardware.Option{Key: model, Value: mac}
	if mac == "" {
		head = hardware.Option{Value: model}
	}
	bridge, vlan := g.wire()
	rest = rest.With("bridge", bridge).With("tag", hardware.Number(vlan))
	rest = g.rated(rest)
	if g.Spec.FirewallApplies() {
		rest = rest.With("firewall", "1")
	}
	return append(hardware.Options{head}, rest...)
}

// Rate is the network card with the rate that it may have, and everything else as it is.
func (g Guest) Rate(c map[string]string) map[string]string {
	have := hardware.ParseOptions(c["net0"])
	want := g.rated(have)
	if want.Equal(have) || len(have) == 0 {
		return nil
	}
	return map[string]string{"net0": want.String()}
}

// rated are options of a NIC with its rate. A rate that is the same number is left as it is written.
func (g Guest) rated(o hardware.Options) hardware.Options {
	rate := hardware.Number(g.rate())
	if hardware.SameValue(cmp.Or(o.Get("rate"), "0"), cmp.Or(rate, "0")) {
		return o
	}
	return o.With("rate", rate)
}

// rate is the product's, or the slower one of a guest that has used up its allowance; 0 = unlimited.
func (g Guest) rate() int {
	own, slow := g.Spec.Network.RateMBps, g.Spec.Traffic.ThrottleMBps
	if g.Throttled && slow > 0 && (own == 0 || slow < own) {
		return slow
	}
	return own
}

// wire is the bridge and VLAN of the guest: those its addresses live on, else the product's.
func (g Guest) wire() (bridge string, vlan int) {
	if g.Spec.Network.Auto && len(g.Addresses) > 0 {
		return g.Addresses[0].Bridge, g.Addresses[0].VLAN
	}
	return g.Spec.Network.Bridge, g.Spec.Network.VLAN
}

// CloudInit is what the guest learns at its start, with a drive for it when it has none.
func (g Guest) CloudInit(c map[string]string) map[string]string {
	want := map[string]string{"ciuser": g.Username, "ipconfig0": g.ipConfig(), "nameserver": hardware.Nameservers(g.Addresses), "searchdomain": g.Spec.MainDomain}
	maps.DeleteFunc(want, func(key, value string) bool { return value == "" || c[key] == value })
	if keys := strings.TrimSpace(g.Spec.SSHKeys); keys != "" && !g.Written {
		want["sshkeys"] = keys
	}
	if g.Password != "" && !g.Written {
		want["cipassword"] = g.Password // reads back as asterisks
	}
	if drive, value := cloudInitDrive(c); drive != "" {
		want[drive] = value
	}
	return want
}

// cloudInitDrive is the drive to add when c has none.
func cloudInitDrive(c map[string]string) (key, value string) {
	system, ok := hardware.System(c)
	for _, d := range hardware.Drives(c) {
		if d.IsCloudInit() {
			return "", ""
		}
	}
	for _, key := range []string{"ide2", "ide0", "ide1", "ide3"} {
		if _, used := c[key]; !used && ok {
			return key, system.Storage() + ":cloudinit"
		}
	}
	return "", ""
}

func (g Guest) ipConfig() string {
	return hardware.IPConfig(g.Addresses, g.Spec.Network.DHCP4, g.Spec.Network.DHCP6)
}

// CloudInitAddresses is the part of CloudInit that follows the addresses.
func (g Guest) CloudInitAddresses(c map[string]string) map[string]string {
	want := g.CloudInit(c)
	maps.DeleteFunc(want, func(key, _ string) bool { return key != "ipconfig0" && key != "nameserver" })
	return want
}

// StaleAddresses lists what still tells cloud-init of addresses when the guest has none left: they are somebody else's soon.
func (g Guest) StaleAddresses(c map[string]string) (keys []string) {
	if g.ipConfig() != "" {
		return nil
	}
	for _, key := range []string{"ipconfig0", "nameserver"} {
		if c[key] != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
