package vm

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

func TestFirewallOptions_countUnsetOnesWithProxmoxDefaults(t *testing.T) {
	t.Parallel()
	m := Machine{Spec: spec.Spec{Firewall: spec.Firewall{Enable: true, NDP: true, MACFilter: true, PolicyIn: "ACCEPT", PolicyOut: "ACCEPT", LogIn: "nolog", LogOut: "nolog"}}}
	got := hardware.FirewallOptions(m.Spec.Firewall, map[string]string{"radv": "1"})
	want := map[string]string{"enable": "1", "radv": "0", "policy_in": "ACCEPT"}
	if len(got) != len(want) || got["enable"] != "1" || got["radv"] != "0" || got["policy_in"] != "ACCEPT" {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOurs_wantsTheWholeMark(t *testing.T) {
	t.Parallel()
	mark := Mark("abc", 12)
	for text, want := range map[string]bool{
		"x\n\nkvmbridge:abc:12": true, "kvmbridge:abc:12": true, "kvmbridge:abc:123": false, "kvmbridge:abd:12": false, "": false,
	} {
		if got := ours(guest("description", text), mark); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func guest(pairs ...string) hypervisor.GuestConfig {
	c := hypervisor.GuestConfig{Values: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		c.Values[pairs[i]] = pairs[i+1]
	}
	return c
}
