package audit

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
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

// drift compares the guest with what its service says.
func (a *audit) drift(m Machine, g Guest) {
	if m.SpecFault != "" {
		a.add(Unseen, m, g.Node, "What service %d should be cannot be told: %s.", m.ServiceID, strings.TrimRight(m.SpecFault, "."))
		return
	}
	var differs []string
	have := g.Config.Values
	for _, d := range []struct{ what, have, who, want string }{
		{"name", have["name"], "record", cmp.Or(m.Name, have["name"])},
		{"cores", strconv.Itoa(cores(have)), "service", strconv.Itoa(m.Spec.Cores)},
		{"memory in MiB", memory(have), "service", strconv.Itoa(m.Spec.MemoryMiB)},
	} {
		if d.have != d.want {
			differs = append(differs, fmt.Sprintf("%s is %s, its %s says %s", d.what, d.have, d.who, d.want))
		}
	}
	if len(differs) > 0 {
		a.add(Drift, m, g.Node, "VM %d (%s) of service %d differs: %s.", m.VMID, g.Name, m.ServiceID, strings.Join(differs, "; "))
	}
}

// cores of all sockets; Proxmox leaves out what is 1.
func cores(c map[string]string) int {
	n := 1
	for _, key := range []string{"cores", "sockets"} {
		if factor, err := strconv.Atoi(c[key]); err == nil {
			n *= factor
		}
	}
	return n
}

// memory in MiB; Proxmox leaves out its default and may write it as current=2048.
func memory(c map[string]string) string {
	return cmp.Or(strings.TrimPrefix(c["memory"], "current="), "512")
}
