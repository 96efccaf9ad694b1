package firewall_test

import (
	"slices"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/firewall"
)

func TestRules_newestOnTopAndMovable(t *testing.T) {
	t.Parallel()
	fw := firewall.New()
	for _, port := range []string{"1", "2", "3"} {
		if err := fw.AddRule("vm", firewall.Fields{"type": "in", "action": "ACCEPT", "proto": "tcp", "dport": port}, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := fw.SetRule("vm", 0, nil, nil, 2, ""); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range fw.Rules {
		order = append(order, r["dport"])
	}
	if want := []string{"2", "3", "1"}; !slices.Equal(order, want) {
		t.Errorf("order: got %v, want %v", order, want)
	}
	if fw.Rules[0]["enable"] != "0" {
		t.Error("a rule without enable must be off")
	}
}

func TestRules_refusals(t *testing.T) {
	t.Parallel()
	fw := firewall.New()
	for _, bad := range []firewall.Fields{
		{"type": "in", "action": "accept"},
		{"type": "forward", "action": "ACCEPT"},
		{"type": "in", "action": "ACCEPT", "iface": "eth0"},
		{"type": "in", "action": "ACCEPT", "macro": "Nope"},
		{"type": "in", "action": "ACCEPT", "source": "nowhere"},
		{"type": "in", "action": "ACCEPT", "source": "10.0.0.1", "dest": "2001:db8::1"},
		{"type": "in", "action": "ACCEPT", "sport": "5"},
	} {
		if err := fw.AddRule("vm", bad, ""); err == nil {
			t.Errorf("%v: got no refusal", bad)
		}
	}
	for _, fine := range []firewall.Fields{
		{"type": "group", "action": "unknown"},
		{"type": "in", "action": "DROP", "proto": "icmp", "dport": "22"},
		{"type": "out", "action": "REJECT", "source": "10.0.0.1-10.0.0.9,10.1.0.0/16", "iface": "net0"},
	} {
		if err := fw.AddRule("vm", fine, ""); err != nil {
			t.Errorf("%v: got %v", fine, err)
		}
	}
}

func TestSets_membersAreNormalised(t *testing.T) {
	t.Parallel()
	fw := firewall.New()
	if err := fw.CreateSet("Mixed-1", "", "", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := fw.ListMembers("Mixed-1"); err == nil {
		t.Error("a name with capitals must not be found again")
	}
	for cidr, want := range map[string]string{
		"10.0.0.5/32": "10.0.0.5", "10.9.8.7/16": "10.9.0.0/16", "2001:0db8::1": "2001:0db8::1", "2001:db8::5/64": "2001:db8::5/64",
	} {
		if err := fw.AddMember("mixed-1", cidr, firewall.Fields{}); err != nil {
			t.Errorf("%s: %v", cidr, err)
		}
		if _, err := fw.GetMember("mixed-1", want); err != nil {
			t.Errorf("%s: not listed as %s", cidr, want)
		}
	}
	if err := fw.AddMember("mixed-1", "2001:db8::1", firewall.Fields{}); err == nil {
		t.Error("the same IPv6 address in another spelling was taken")
	}
	if err := fw.DeleteMember("mixed-1", "192.0.2.1", ""); err != nil {
		t.Errorf("deleting a missing member: %v", err)
	}
	if err := fw.AddAlias("Web1", "10.0.0.1", ""); err != nil {
		t.Fatal(err)
	}
	if err := fw.AddAlias("web1", "10.0.0.2", ""); err == nil {
		t.Error("alias names are compared without case")
	}
	if err := fw.AddMember("mixed-1", "WEB1", firewall.Fields{}); err != nil {
		t.Errorf("an alias as member: %v", err)
	}
}

func TestClone_sharesNothing(t *testing.T) {
	t.Parallel()
	fw := firewall.New()
	if err := fw.CreateSet("s1", "", "", ""); err != nil {
		t.Fatal(err)
	}
	other := fw.Clone()
	if err := other.AddMember("s1", "10.0.0.1", firewall.Fields{}); err != nil {
		t.Fatal(err)
	}
	if rows, err := fw.ListMembers("s1"); err != nil || len(rows) != 0 {
		t.Errorf("the original got the copy's member: %v %v", rows, err)
	}
}
