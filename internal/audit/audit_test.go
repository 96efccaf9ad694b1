package audit_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/audit"
	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

const instance = "inst"

const mac = "BC:24:11:00:00:05"

func lease(address, gateway string, bits int) ippool.Lease {
	return ippool.Lease{Address: netip.MustParseAddr(address), Network: ippool.Network{Bridge: "vmbr1", VLAN: 30, Bits: bits, Gateway: netip.MustParseAddr(gateway)}}
}

// machine is service 5's, at ready, Active, with everything that a product can say about a guest.
func machine(edit func(*audit.Machine)) audit.Machine {
	m := audit.Machine{ServiceStatus: "Active", Machine: vm.Machine{
		ServiceID: 5, ServerID: 1, VMID: 105, Name: "web", Node: "pve1", Status: vm.Ready, MAC: mac,
		Spec: spec.Spec{
			Cores: 2, MemoryMiB: 2048, System: spec.Disk{SizeGiB: 20, Limits: spec.Limits{ReadMBps: 100}},
			Additional: spec.Disk{SizeGiB: 10, Explicit: true}, Network: spec.Network{Auto: true, Bridge: "vmbr0", RateMBps: 12, Model: "e1000"},
		},
		Addresses: []ippool.Lease{lease("192.0.2.10", "192.0.2.1", 24), lease("2001:db8::10", "2001:db8::1", 64)},
	}}
	if edit != nil {
		edit(&m)
	}
	return m
}

// guest is that machine's, exactly as wanted.
func guest(edit func(*audit.Guest)) audit.Guest {
	g := audit.Guest{GuestRef: hypervisor.GuestRef{VMID: 105, Node: "pve1", Name: "web"}, Config: hypervisor.GuestConfig{Values: map[string]string{
		"name": "web", "cores": "2", "memory": "current=2048", "onboot": "1", "description": "Service 5\n" + vm.Mark(instance, 5),
		"scsi0": "local:105/vm-105-disk-0.qcow2,mbps_rd=100,size=20G", "scsi1": "local:105/vm-105-disk-1.qcow2,size=10G", "ide2": "local:105/vm-105-cloudinit.qcow2",
		"boot": "order=scsi0", "net0": "virtio=" + mac + ",bridge=vmbr1,tag=30,rate=12,firewall=1",
		"ipconfig0": "ip=192.0.2.10/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1",
	}}}
	if edit != nil {
		edit(&g)
	}
	return g
}

func set(key, value string) func(*audit.Guest) {
	return func(g *audit.Guest) { g.Config.Values[key] = value }
}

func at(s pipeline.State, status string) func(*audit.Machine) {
	return func(m *audit.Machine) { m.Status, m.ServiceStatus = s, status }
}

func TestCompare_saysWhatDiffers(t *testing.T) {
	t.Parallel()
	none := func(g *audit.Guest) { g.VMID, g.Config.Values = 999, nil }
	for name, c := range map[string]struct {
		machine func(*audit.Machine)
		guest   func(*audit.Guest)
		want    []string // kind and text
	}{
		"as it should be": {},
		"no guest":        {nil, none, []string{"missing", "Service 5 is Active in WHMCS, but VM 105 (web) is nowhere in its cluster."}},
		"removed, yet billed": {
			func(m *audit.Machine) { m.Status, m.VMID = vm.Removed, 0 }, none,
			[]string{"missing", "Service 5 is Active in WHMCS, but its VM was removed."},
		},
		"removed in the record only": {
			func(m *audit.Machine) { m.Status, m.VMID, m.ServiceStatus = vm.Removed, 0, "Terminated" }, nil,
			[]string{"unbilled", "VM 105 (web) on node pve1 carries our mark of service 5, whose record is at remove and names no VM."},
		},
		"removed and terminated":  {func(m *audit.Machine) { m.Status, m.VMID, m.ServiceStatus = vm.Removed, 0, "Terminated" }, none, nil},
		"terminated in WHMCS":     {at(vm.Ready, "Terminated"), nil, []string{"unbilled", "VM 105 (web) on node pve1 is of service 5, which is Terminated in WHMCS."}},
		"deleted in WHMCS":        {at(vm.Ready, ""), nil, []string{"unbilled", "VM 105 (web) on node pve1 is of service 5, which WHMCS no longer has."}},
		"pending":                 {at(vm.Ready, "Pending"), nil, nil},
		"removing failed":         {at(vm.ErrorTerminate, "Active"), nil, []string{"unbilled", "VM 105 (web) on node pve1 still exists: removing it for service 5 failed."}},
		"removing failed in part": {at(vm.ErrorTerminate, "Active"), none, nil},
		"on its way":              {func(m *audit.Machine) { m.Busy = true }, none, nil},
		"a copy": {
			func(m *audit.Machine) { m.Busy, m.VMID = true, 106 }, nil, nil,
		},
		"a mark of nobody": {
			nil, set("description", vm.Mark(instance, 77)),
			[]string{
				"foreign", `VM 105 on node pve1 is "web" and not of service 5, whose record names it (web).`,
				"unbilled", "VM 105 (web) on node pve1 carries our mark of service 77, which has no machine in the database.",
			},
		},
		"a mark of another installation": {
			nil, set("description", vm.Mark("other", 5)),
			[]string{"foreign", `VM 105 on node pve1 is "web" and not of service 5, whose record names it (web).`},
		},
		"adopted, without a mark": {func(m *audit.Machine) { m.Adopted = true }, set("description", ""), nil},
		"on another node": {
			nil, func(g *audit.Guest) { g.Node = "pve2" },
			[]string{"wrong_node", "VM 105 (web) of service 5 is on node pve2; it was last seen on pve1."},
		},
		"an address of nobody": {
			nil, set("ipconfig0", "ip=192.0.2.99/24,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1"),
			[]string{"drift", "VM 105 (web) of service 5 differs: ipconfig0 ip is 192.0.2.99/24 and should be 192.0.2.10/24.", "unleased", "VM 105 (web) of service 5 uses 192.0.2.99, which nobody has leased."},
		},
		"an address of another service": {
			nil, set("ipconfig0", "ip6=2001:db8::66/64,gw6=2001:db8::1,ip=192.0.2.10/24,gw=192.0.2.1"),
			[]string{"drift", "VM 105 (web) of service 5 differs: ipconfig0 ip6 is 2001:db8::66/64 and should be 2001:db8::10/64.", "unleased", "VM 105 (web) of service 5 uses 2001:db8::66, which service 6 has leased."},
		},
		"an address that WHMCS shows": {
			func(m *audit.Machine) {
				m.Spec.Network.Auto, m.Spec.Network.Bridge, m.Spec.Network.VLAN, m.Addresses = false, "vmbr1", 30, nil
			}, set("ipconfig0", "ip=198.51.100.7/24"),
			[]string{"drift", "VM 105 (web) of service 5 differs: ipconfig0 ip is 198.51.100.7/24 and should be gone.", "unleased", "VM 105 (web) of service 5 uses 198.51.100.7, which nobody has leased."},
		},
		"an adopted guest's address that WHMCS shows": {
			func(m *audit.Machine) {
				m.Adopted, m.Spec.Network.Auto, m.Spec.Network.Bridge, m.Spec.Network.VLAN, m.Addresses = true, false, "vmbr1", 30, nil
			}, set("ipconfig0", "ip=198.51.100.7/24"), nil,
		},
		"other hardware and name": {
			nil, func(g *audit.Guest) {
				g.Config.Values["name"], g.Config.Values["memory"] = "mail", "current=4096"
				delete(g.Config.Values, "cores")
			},
			[]string{"drift", "VM 105 (web) of service 5 differs: name is mail and should be web; cores is missing and should be 2; memory is current=4096 and should be 2048."},
		},
		"a product without sense": {
			func(m *audit.Machine) { m.SpecFault = "vm.cpu must be a number." }, nil,
			[]string{"unseen", "What service 5 should be cannot be told: vm.cpu must be a number."},
		},
		"a guest that cannot be read": {
			nil, func(g *audit.Guest) { g.Fault, g.Config.Values = "node pve1 is offline.", nil },
			[]string{"unseen", "VM 105 (web) of service 5 could not be read: node pve1 is offline."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			neighbour := machine(func(m *audit.Machine) {
				m.ServiceID, m.VMID, m.Busy = 6, 106, true
				m.Addresses = []ippool.Lease{{Address: netip.MustParseAddr("2001:db8::66")}}
			})
			shown := audit.Service{ID: 5, ServerID: 1, Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.7")}}
			found := audit.Compare(
				audit.Books{Instance: instance, Machines: []audit.Machine{machine(c.machine), neighbour}, Billed: []audit.Service{shown}},
				[]audit.Cluster{{ServerID: 1, Guests: []audit.Guest{guest(c.guest)}}},
			)
			var got []string
			for _, f := range found {
				got = append(got, string(f.Kind), f.Text)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

// Each kind of drift by itself; the model is left out, because a change leaves it too.
func TestCompare_showsEveryKindOfDrift(t *testing.T) {
	t.Parallel()
	suspended := func(m *audit.Machine) { m.Suspended, m.ServiceStatus = true, "Suspended" }
	down := func(g *audit.Guest) {
		g.Config.Values["onboot"], g.Config.Values["net0"] = "0", g.Config.Values["net0"]+",link_down=1"
	}
	for name, c := range map[string]struct {
		machine func(*audit.Machine)
		guest   func(*audit.Guest)
		want    string // "" = no drift
	}{
		"cores":             {nil, set("cores", "4"), "cores is 4 and should be 2"},
		"sockets":           {nil, set("sockets", "2"), "sockets is 2 and should be 1"},
		"memory":            {nil, set("memory", "1024"), "memory is 1024 and should be 2048"},
		"a smaller disk":    {nil, set("scsi0", "local:105/vm-105-disk-0.qcow2,mbps_rd=100,size=8G"), "system disk scsi0 is 8G and should be 20G"},
		"a larger disk":     {nil, set("scsi1", "local:105/vm-105-disk-1.qcow2,size=11G"), "additional disk scsi1 is 11G and should be 10G"},
		"a size in MiB":     {nil, set("scsi1", "local:105/vm-105-disk-1.qcow2,size=10240M"), ""},
		"limits":            {nil, set("scsi0", "local:105/vm-105-disk-0.qcow2,size=20G"), "scsi0 mbps_rd is missing and should be 100"},
		"no second disk":    {nil, func(g *audit.Guest) { delete(g.Config.Values, "scsi1") }, "additional disk is missing and should be 10G"},
		"a disk too much":   {func(m *audit.Machine) { m.Spec.Additional.SizeGiB = 0 }, nil, "additional disk scsi1 is 10G and should be gone"},
		"a disk by default": {func(m *audit.Machine) { m.Spec.Additional = spec.Disk{} }, nil, ""},
		"bridge":            {nil, set("net0", "virtio="+mac+",bridge=vmbr0,tag=30,rate=12,firewall=1"), "net0 bridge is vmbr0 and should be vmbr1"},
		"VLAN":              {nil, set("net0", "virtio="+mac+",bridge=vmbr1,rate=12,firewall=1"), "net0 tag is missing and should be 30"},
		"MAC":               {nil, set("net0", "virtio=BC:24:11:00:00:06,bridge=vmbr1,tag=30,rate=12,firewall=1"), "net0 MAC is BC:24:11:00:00:06 and should be " + mac},
		"rate":              {nil, set("net0", "virtio="+mac+",bridge=vmbr1,tag=30,rate=99,firewall=1"), "net0 rate is 99 and should be 12"},
		"firewall":          {nil, set("net0", "virtio="+mac+",bridge=vmbr1,tag=30,rate=12"), "net0 firewall is missing and should be 1"},
		"another order":     {nil, set("net0", "virtio="+mac+",firewall=1,rate=12.0,tag=30,bridge=vmbr1"), ""},
		"onboot":            {nil, set("onboot", "0"), "onboot is 0 and should be 1"},
		"unplugged":         {nil, down, "net0 link_down is 1 and should be gone; onboot is 0 and should be 1"},
		"suspended":         {suspended, down, ""},
		"half suspended":    {suspended, nil, "net0 link_down is missing and should be 1; onboot is 1 and should be 0"},
		"suspended, but on": {suspended, func(g *audit.Guest) { down(g); g.Status = "running" }, "it runs although it is suspended"},
		"running":           {nil, func(g *audit.Guest) { g.Status = "running" }, ""},
		"prefix":            {nil, set("ipconfig0", "ip=192.0.2.10/25,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1"), "ipconfig0 ip is 192.0.2.10/25 and should be 192.0.2.10/24"},
		"gateway":           {nil, set("ipconfig0", "ip=192.0.2.10/24,ip6=2001:db8::10/64,gw6=2001:db8::1"), "ipconfig0 gw is missing and should be 192.0.2.1"},
		"DHCP in its place": {nil, set("ipconfig0", "ip=dhcp,gw=192.0.2.1,ip6=2001:db8::10/64,gw6=2001:db8::1"), "ipconfig0 ip is dhcp and should be 192.0.2.10/24"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found := audit.Compare(audit.Books{Instance: instance, Machines: []audit.Machine{machine(c.machine)}},
				[]audit.Cluster{{ServerID: 1, Guests: []audit.Guest{guest(c.guest)}}})
			var want []audit.Finding
			if c.want != "" {
				want = []audit.Finding{{Kind: audit.Drift, ServerID: 1, ServiceID: 5, VMID: 105, Node: "pve1", Text: "VM 105 (web) of service 5 differs: " + c.want + "."}}
			}
			if d := cmp.Diff(want, found); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

func TestCompare_looksAtTheWhole(t *testing.T) {
	t.Parallel()
	copied := guest(func(g *audit.Guest) { g.VMID, g.Node = 205, "pve2" })
	unread := audit.Guest{GuestRef: hypervisor.GuestRef{VMID: 300, Node: "pve3"}, Fault: "node pve3 is offline."}
	all := []audit.Guest{guest(nil), copied, unread}
	got := audit.Compare(
		audit.Books{
			Instance: instance, Machines: []audit.Machine{machine(nil)}, Lost: 2,
			Billed: []audit.Service{{ID: 5, ServerID: 1, Status: "Active"}, {ID: 8, ServerID: 1, Status: "Suspended", Domain: "a.example"}},
		},
		[]audit.Cluster{{ServerID: 1, Guests: all}, {ServerID: 2, Guests: all}, {ServerID: 3, Fault: "no route to host"}},
	)
	want := []audit.Finding{
		{Kind: audit.Unseen, Text: "There are records of servers that WHMCS no longer has, so that nobody can look at their VMs: 2."},
		{Kind: audit.Unseen, ServerID: 1, Text: "On server 1 guests could not be read that may carry our mark: 1, the first of them VM 300 on node pve3: node pve3 is offline."},
		{Kind: audit.Unbilled, ServerID: 1, ServiceID: 5, VMID: 205, Node: "pve2", Text: "VM 205 (web) on node pve2 carries our mark of service 5, whose VM is 105 (web): it is a copy or a leftover."},
		{Kind: audit.Missing, ServerID: 1, ServiceID: 8, Text: "Service 8 (a.example) is Suspended in WHMCS, but it has no VM: run Create on its page."},
		{Kind: audit.Unseen, ServerID: 2, Text: "On server 2 guests could not be read that may carry our mark: 1, the first of them VM 300 on node pve3: node pve3 is offline."},
		{Kind: audit.Unseen, ServerID: 3, Text: "Server 3 could not be looked at: no route to host."},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
}
