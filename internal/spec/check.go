package spec

import (
	"fmt"
	"strings"
)

// where an admin corrects the product.
const productPage = "Open Setup > Products/Services > Products/Services, edit the product and go to its Module Settings tab"

// Problems returns a sentence for everything that keeps an order from being built although every single value is allowed;
// each says where in WHMCS to fix it. It is asked before an order is accepted.
func (s Spec) Problems() []string {
	var list []string
	if s.Template == 0 {
		list = append(list, fmt.Sprintf("The product has no OS template. %s, and set vm.template to the VM id of a template.", productPage))
	}
	return list
}

// Warnings returns a sentence for every combination that works but is hardly meant; they belong on the product page.
func (s Spec) Warnings() []string {
	var list []string
	for _, w := range warnings() {
		if w.applies(s) {
			list = append(list, w.text)
		}
	}
	return list
}

type warning struct {
	applies func(Spec) bool
	text    string
}

func warnings() []warning {
	return []warning{
		{
			func(s Spec) bool { return s.MainDomain == "example.com" },
			"integrations.main_domain is still the example; set the domain that your VMs' names end in.",
		},
		{
			func(s Spec) bool { return s.Firewall.Enable && !s.FirewallApplies() },
			"Neither firewall rules nor the IP set are applied while network.dhcp4 or network.dhcp6 is on; switch both off to use the firewall.",
		},
		{
			func(s Spec) bool { return s.FirewallApplies() && s.Network.IPv4+s.Network.IPv6 == 0 },
			"The VM gets no address: network.ipv4 and network.ipv6 are 0 and DHCP is off.",
		},
		{
			func(s Spec) bool {
				return s.FirewallApplies() && s.Firewall.Enable && s.Firewall.IPFilter && !s.Firewall.AntiSpoofing
			},
			"With firewall.ip_filter on and firewall.anti_spoofing off Proxmox drops all IPv4 of the VM, because its list of addresses stays empty.",
		},
		{
			func(s Spec) bool { return !s.FullClone && s.System.Storage != "" },
			"system_disk.storage has no effect on a linked clone, whose disk stays where the template's is; set vm.clone to full to choose a storage.",
		},
		{
			func(s Spec) bool {
				return !strings.Contains(s.NameRule, "{service_id}") && !strings.Contains(s.NameRule, "{random_")
			},
			"vm.name_rule holds neither {service_id} nor a random macro, so that two VMs of one client can get the same name and domain.",
		},
		{
			func(s Spec) bool { return s.SnapshotSchedule && s.SnapshotLifetimeDays > 0 },
			"vm.snapshot_lifetime_days is ignored while vm.snapshot_schedule is on.",
		},
		{
			func(s Spec) bool { return s.Network.RateMBps > 0 && s.Traffic.ThrottleMBps >= s.Network.RateMBps },
			"traffic.throttle_mbps slows nothing down, because network.bandwidth_mbps is no higher; choose a smaller value for it.",
		},
	}
}
