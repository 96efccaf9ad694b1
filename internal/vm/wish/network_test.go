package wish

import (
	"cmp"
	"maps"
	"net/netip"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

func leases() []ippool.Lease {
	four := ippool.Network{Bridge: "vmbr1", VLAN: 40, Bits: 24, Gateway: netip.MustParseAddr("192.0.2.1"), DNS: []netip.Addr{netip.MustParseAddr("9.9.9.9")}}
	six := ippool.Network{Bridge: "vmbr1", VLAN: 40, Bits: 64, Gateway: netip.MustParseAddr("2001:db8::1"), DNS: []netip.Addr{netip.MustParseAddr("2620:fe::fe")}}
	return []ippool.Lease{
		{Address: netip.MustParseAddr("192.0.2.10"), Network: four},
		{Address: netip.MustParseAddr("192.0.2.11"), Network: four},
		{Address: netip.MustParseAddr("2001:db8::10"), Network: six},
	}
}

func TestNIC_keepsItsAddressAndWhatWeDoNotKnow(t *testing.T) {
	t.Parallel()
	const mac = "BC:24:11:00:00:01"
	for _, c := range []struct {
		name, have, want string
		g                Guest
	}{
		{"static", "virtio=" + mac + ",bridge=vmbr0,queues=4", "virtio=" + mac + ",bridge=vmbr1,queues=4,tag=40,firewall=1", Guest{Spec: spec.Spec{Network: spec.Network{Auto: true}}, Addresses: leases()}},
		{"not auto", "virtio=" + mac + ",bridge=vmbr0,tag=3", "virtio=" + mac + ",bridge=vmbr9,tag=7,firewall=1", Guest{Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr9", VLAN: 7}}, Addresses: leases()}},
		{"DHCP leaves the firewall flag", "virtio=" + mac + ",bridge=vmbr0,firewall=1,tag=3", "virtio=" + mac + ",bridge=vmbr0,firewall=1", Guest{Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr0", DHCP4: true}}}},
		{"other model, same MAC", "virtio=" + mac + ",bridge=vmbr0", "e1000=" + mac + ",bridge=vmbr0,rate=12", Guest{Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr0", Model: "e1000", RateMBps: 12, DHCP4: true}}}},
		{"stored MAC wins", "virtio=" + mac + ",bridge=vmbr0", "virtio=BC:24:11:00:00:02,bridge=vmbr0", Guest{MAC: "BC:24:11:00:00:02", Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr0", DHCP4: true}}}},
		{"no NIC in the template", "", "virtio,bridge=vmbr0", Guest{Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr0", DHCP4: true}}}},
	} {
		got := c.g.NIC(map[string]string{"net0": c.have})["net0"]
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if again := c.g.NIC(map[string]string{"net0": got}); got != "" && again != nil && c.have != "" {
			t.Errorf("%s: what was written differs again: %v", c.name, again)
		}
	}
}

func TestCloudInit_configuresTheFirstAddressOfEachFamily(t *testing.T) {
	t.Parallel()
	g := Guest{Username: "debian", Password: "Secret12", Addresses: leases(), Spec: spec.Spec{MainDomain: "example.net", SSHKeys: "ssh-ed25519 AAAA a@b\n"}}
	got := g.CloudInit(map[string]string{"scsi0": "lvm:a", "ide2": "lvm:vm-1-cloudinit,media=cdrom", "searchdomain": "example.net"})
	want := map[string]string{
		"ciuser": "debian", "cipassword": "Secret12", "sshkeys": "ssh-ed25519 AAAA a@b",
		"ipconfig0": "ip=192.0.2.10/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1", "nameserver": "9.9.9.9 2620:fe::fe",
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s: got %q, want %q", k, got[k], v)
		}
	}
	g.Spec.Network.DHCP4 = true
	if got := g.CloudInit(nil)["ipconfig0"]; got != "ip=dhcp,ip6=2001:db8::10/64,gw6=2001:db8::1" {
		t.Errorf("with DHCP: %q", got)
	}
	if got := g.CloudInit(map[string]string{"scsi0": "lvm:a"})["ide2"]; got != "lvm:cloudinit" {
		t.Errorf("template without a cloud-init drive: ide2=%q, want one to be added", got)
	}
}

func TestRate_ofAThrottledGuestIsTheSlowerOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		own, slow int
		throttled bool
		rate      string // in the configuration
		want      string // "" = nothing is written
	}{
		"not used up":           {12, 5, false, "12", ""},
		"used up":               {12, 5, true, "12", "5"},
		"of an unlimited guest": {0, 5, true, "", "5"},
		"done already":          {12, 5, true, "5.0", ""},
		"the own is slower":     {3, 5, true, "3", ""},
		"no throttle":           {12, 0, true, "12", ""},
		"lifted":                {12, 5, false, "5", "12"},
		"lifted, unlimited":     {0, 5, false, "5", "none"},
	} {
		const head, tail = "virtio=BC:24:11:00:00:01,bridge=vmbr7", ",tag=9,link_down=1"
		line := func(rate string) string {
			if rate != "" {
				rate = ",rate=" + rate
			}
			return head + tail + rate
		}
		g := Guest{Throttled: c.throttled, Spec: spec.Spec{Network: spec.Network{Bridge: "vmbr0", RateMBps: c.own}, Traffic: spec.Traffic{ThrottleMBps: c.slow}}}
		got := g.Rate(map[string]string{"net0": line(c.rate)})
		switch want := map[string]string{"net0": line(strings.TrimPrefix(c.want, "none"))}; {
		case c.want == "" && got != nil, c.want != "" && !maps.Equal(got, want):
			t.Errorf("%s: writes %v, want %q", name, got, c.want)
		}
		wants := hardware.ParseOptions(g.LiveNIC(map[string]string{"net0": line(c.rate)})["net0"]).Get("rate")
		if after := cmp.Or(strings.TrimPrefix(c.want, "none"), map[bool]string{true: c.rate}[c.want == ""]); wants != after {
			t.Errorf("%s: the whole card gets rate %q, want %q", name, wants, after)
		}
	}
	if got := (Guest{Throttled: true, Spec: spec.Spec{Traffic: spec.Traffic{ThrottleMBps: 5}}}).Rate(map[string]string{}); got != nil {
		t.Errorf("a guest without a network card gets %v", got)
	}
}
