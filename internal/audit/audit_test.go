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

// machine is service 5's, at ready, Active, with 2 cores and 2048 MiB.
func machine(edit func(*audit.Machine)) audit.Machine {
	m := audit.Machine{ServiceStatus: "Active", Machine: vm.Machine{
		ServiceID: 5, ServerID: 1, VMID: 105, Name: "web", Node: "pve1", Status: vm.Ready,
		Spec:      spec.Spec{Cores: 2, MemoryMiB: 2048},
		Addresses: []ippool.Lease{{Address: netip.MustParseAddr("192.0.2.10")}, {Address: netip.MustParseAddr("2001:db8::10")}},
	}}
	if edit != nil {
		edit(&m)
	}
	return m
}

// guest is that machine's, exactly as wanted.
func guest(edit func(*audit.Guest)) audit.Guest {
	g := audit.Guest{GuestRef: hypervisor.GuestRef{VMID: 105, Node: "pve1", Name: "web"}, Config: hypervisor.GuestConfig{Values: map[string]string{
		"name": "web", "cores": "2", "memory": "2048", "description": "Service 5\n" + vm.Mark(instance, 5),
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
			nil, set("ipconfig0", "ip=192.0.2.99/24,ip6=auto"),
			[]string{"unleased", "VM 105 (web) of service 5 uses 192.0.2.99, which nobody has leased."},
		},
		"an address of another service": {
			nil, set("ipconfig0", "ip6=2001:db8::66/64,ip=dhcp"),
			[]string{"unleased", "VM 105 (web) of service 5 uses 2001:db8::66, which service 6 has leased."},
		},
		"an address that WHMCS shows": {
			nil, set("ipconfig0", "ip=198.51.100.7/24"),
			[]string{"unleased", "VM 105 (web) of service 5 uses 198.51.100.7, which nobody has leased."},
		},
		"an adopted guest's address that WHMCS shows": {func(m *audit.Machine) { m.Adopted = true }, set("ipconfig0", "ip=198.51.100.7/24"), nil},
		"other hardware and name": {
			nil, func(g *audit.Guest) {
				g.Config.Values["name"], g.Config.Values["memory"] = "mail", "current=4096"
				delete(g.Config.Values, "cores")
			},
			[]string{"drift", "VM 105 (web) of service 5 differs: name is mail, its record says web; cores is 1, its service says 2; memory in MiB is 4096, its service says 2048."},
		},
		"cores on two sockets": {nil, func(g *audit.Guest) { g.Config.Values["cores"], g.Config.Values["sockets"] = "1", "2" }, nil},
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
