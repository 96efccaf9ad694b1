package audit

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// leases are who holds which address.
type leases map[netip.Addr]int64

func (l leases) add(m Machine) {
	for _, lease := range m.Addresses {
		l[lease.Address] = m.ServiceID
	}
}

// adopt counts what WHMCS shows at a machine that another module built: its addresses were never leased here, and nobody
// else gets them.
func (l leases) adopt(m Machine, s Service) {
	for _, address := range s.Addresses {
		if _, leased := l[address]; m.Adopted && !leased {
			l[address] = m.ServiceID
		}
	}
}

// addresses looks at what the guest configures through cloud-init.
func (a *audit) addresses(m Machine, g Guest) {
	for _, address := range configured(g.Config.Values["ipconfig0"]) {
		holder, leased := a.leases[address]
		switch {
		case !leased:
			a.add(Unleased, m, g.Node, "VM %d (%s) of service %d uses %s, which nobody has leased.", m.VMID, g.Name, m.ServiceID, address)
		case holder != m.ServiceID:
			a.add(Unleased, m, g.Node, "VM %d (%s) of service %d uses %s, which service %d has leased.", m.VMID, g.Name, m.ServiceID, address, holder)
		}
	}
}

// configured are the fixed addresses of a cloud-init line, such as ip=192.0.2.10/24,gw=192.0.2.1,ip6=dhcp.
func configured(line string) []netip.Addr {
	var list []netip.Addr
	for part := range strings.SplitSeq(line, ",") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if key != "ip" && key != "ip6" {
			continue
		}
		value, _, _ = strings.Cut(value, "/")
		if address, err := netip.ParseAddr(value); err == nil {
			list = append(list, address)
		}
	}
	return list
}

// drift compares the guest with what its service says, by what the steps would write.
func (a *audit) drift(m Machine, g Guest) {
	if m.SpecFault != "" {
		a.add(Unseen, m, g.Node, "What service %d should be cannot be told: %s.", m.ServiceID, strings.TrimRight(m.SpecFault, "."))
		return
	}
	var differs []string
	for _, d := range slices.Concat(named(m, g), m.Want().Drift(g.Config.Values)) {
		differs = append(differs, fmt.Sprintf("%s is %s and should be %s", d.What, cmp.Or(d.Have, "missing"), cmp.Or(d.Want, "gone")))
	}
	if m.Suspended && g.Status == "running" {
		differs = append(differs, "it runs although it is suspended")
	}
	if len(differs) > 0 {
		a.add(Drift, m, g.Node, "VM %d (%s) of service %d differs: %s.", m.VMID, g.Name, m.ServiceID, strings.Join(differs, "; "))
	}
}

// named compares the guest's name with the record's.
func named(m Machine, g Guest) []hardware.Difference {
	name := g.Config.Values["name"]
	if m.Name == "" || m.Name == name {
		return nil
	}
	return []hardware.Difference{{What: "name", Have: name, Want: m.Name}}
}
