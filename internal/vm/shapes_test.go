package vm_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
)

// template replaces the template that orders name; Extra holds further drives and lines.
func template(bus, boot, cloudInit string, extra ...string) func(*pvesim.Config) {
	return func(c *pvesim.Config) {
		t := &c.Templates[0]
		t.Bus, t.Boot, t.CloudInit, t.Extra = bus, boot, cloudInit, map[string]string{}
		for i := 0; i < len(extra); i += 2 {
			t.Extra[extra[i]] = extra[i+1]
		}
	}
}

// The disk rules of product-spec §4.3: the system disk grows and is limited, the second one is made where it may be.
func TestShape_everyTemplateOfTheDiskRules(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		template       func(*pvesim.Config)
		system, second string
		cloudInit      string
	}{
		"scsi":                         {template("scsi0", "order=scsi0", "ide2"), "scsi0", "scsi1", "ide2"},
		"virtio":                       {template("virtio0", "order=virtio0;net0", "ide2"), "virtio0", "virtio1", "ide2"},
		"sata":                         {template("sata0", "order=sata0", "ide2"), "sata0", "scsi0", "ide2"},
		"ide":                          {template("ide0", "order=ide0", "ide2"), "ide0", "scsi0", "ide2"},
		"old bootdisk line":            {template("scsi3", "scsi3", "ide2"), "scsi3", "scsi0", "ide2"},
		"CD-ROM first in the order":    {template("virtio0", "order=sata3;ide2;net0;virtio0", "ide2", "sata3", "none,media=cdrom"), "virtio0", "virtio1", "ide2"},
		"no boot line":                 {template("sata1", "", "ide2"), "sata1", "scsi0", "ide2"},
		"boot disk is not the first":   {template("scsi0", "order=virtio0;scsi0", "ide2", "virtio0", "local-lvm:10"), "virtio0", "scsi0", "ide2"},
		"two disks":                    {template("scsi0", "order=scsi0", "ide2", "scsi1", "local-lvm:5"), "scsi0", "scsi1", "ide2"},
		"no cloud-init drive":          {template("scsi0", "order=scsi0", ""), "scsi0", "scsi1", "ide2"},
		"no cloud-init drive, CD-ROM":  {template("scsi0", "order=scsi0", "", "ide2", "none,media=cdrom"), "scsi0", "scsi1", "ide0"},
		"cloud-init drive on SCSI":     {template("scsi0", "order=scsi0", "scsi1"), "scsi0", "scsi2", "scsi1"},
		"cloud-init first in order":    {template("virtio0", "order=ide0;virtio0", "ide0"), "virtio0", "virtio1", "ide0"},
		"more memory than the package": {template("scsi0", "order=scsi0", "ide2", "memory", "8192", "balloon", "4096", "cores", "8", "vcpus", "8"), "scsi0", "scsi1", "ide2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders, tc.template)
			m := w.deploy(modest(10_000))
			g, _ := w.sim.Guest(m.VMID)
			for key, parts := range map[string][]string{
				tc.system: {"size=20G", "mbps_rd=100"}, tc.second: {"size=10G", "iops_rd=900"}, tc.cloudInit: {"cloudinit"},
				"cores": {"2"}, "memory": {"2048"},
			} {
				for _, part := range parts {
					if !strings.Contains(g.Config[key], part) {
						t.Errorf("%s is %q, want %q in it; all of it: %v", key, g.Config[key], part, g.Config)
					}
				}
			}
			if disks := strings.Count(strings.Join(values(g.Config), "\n"), "size=10G"); disks != 1 {
				t.Errorf("%d disks of 10 GiB in %v", disks, g.Config)
			}
			if !g.Running {
				t.Error("it does not run")
			}
		})
	}
}

func values(m map[string]string) (list []string) {
	for _, v := range m {
		list = append(list, v)
	}
	return list
}

func TestShape_clonesAndStorages(t *testing.T) {
	t.Parallel()
	full := strings.Replace(modest(10_000), `"cpu":2`, `"clone":"full","cpu":2`, 1)
	on := func(settings, storage string) string {
		return strings.Replace(settings, `"system_disk":{`, `"system_disk":{"storage":"`+storage+`",`, 1)
	}
	for name, tc := range map[string]struct {
		settings, system, second string
		cluster                  func(*pvesim.Config)
	}{
		"linked":                       {modest(10_000), "local-lvm:", "local-lvm:", nil},
		"linked, moved to shared":      {on(modest(10_000), "shared"), "shared:", "shared:", nil},
		"full":                         {full, "local-lvm:", "local-lvm:", nil},
		"full to shared":               {on(full, "shared"), "shared:", "shared:", nil},
		"full to a storage of its own": {on(full, "fast"), "fast:", "fast:", fastStorage},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders, func(c *pvesim.Config) {
				if tc.cluster != nil {
					tc.cluster(c)
				}
			})
			m := w.deploy(tc.settings)
			w.checkModest(m.ServiceID, "pve2")
			g, _ := w.sim.Guest(m.VMID)
			if !strings.HasPrefix(g.Config["scsi0"], tc.system) || !strings.HasPrefix(g.Config["scsi1"], tc.second) {
				t.Errorf("scsi0 %q, scsi1 %q, want them on %s and %s", g.Config["scsi0"], g.Config["scsi1"], tc.system, tc.second)
			}
		})
	}
}

func fastStorage(c *pvesim.Config) {
	c.Storages = append(c.Storages, pvesim.StorageConfig{ID: "fast", Type: "zfspool", Nodes: []string{"pve1", "pve2"}, Content: []string{"images"}, SizeGiB: 500})
}

// A guest that cannot or must not move is deployed where its template is.
func TestShape_staysWhereItIs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		cluster func(*pvesim.Config)
		off     bool
		says    string
	}{
		"migration off":            {nil, true, "migration is off"},
		"one node":                 {func(c *pvesim.Config) { c.Nodes = c.Nodes[:1] }, false, "already on node pve1"},
		"storage of one node only": {func(c *pvesim.Config) { c.Storages[1].Nodes = []string{"pve1"} }, false, "already on node pve1"},
		"clone of a local file":    {func(c *pvesim.Config) { c.Storages[1].Type = "dir" }, false, "stays on node pve1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *pvesim.Config) {
				if tc.cluster != nil {
					tc.cluster(c)
				}
			})
			if tc.off {
				w.steps.Settings.Migrate = never
			}
			m := w.deploy(modest(10_000))
			w.checkModest(m.ServiceID, "pve1")
			if got := w.said(m.ServiceID, "Migrate to target node"); !strings.Contains(got, tc.says) {
				t.Errorf("the log says %q, want %q", got, tc.says)
			}
		})
	}
}

func TestShape_chosenNodeIsDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *pvesim.Config) { c.Nodes[1].Offline = true })
	m := w.deploy(modest(10_000))      // wants pve2
	w.checkModest(m.ServiceID, "pve1") // 40 GiB free, pve3 has 28
}

func TestShape_dhcpGetsNoAddressAndNoFirewall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(`{"vm":{"template":9000},"network":{"ipv4":3,"ipv6":3,"dhcp4":true,"dhcp6":true,"vlan":40,"bridge":"vmbr1"}}`)
	g, _ := w.sim.Guest(m.VMID)
	if g.Config["ipconfig0"] != "ip=dhcp,ip6=dhcp" || !strings.Contains(g.Config["net0"], "bridge=vmbr1") || !strings.Contains(g.Config["net0"], "tag=40") {
		t.Errorf("ipconfig0 %q, net0 %q", g.Config["ipconfig0"], g.Config["net0"])
	}
	if len(g.Firewall.Options) != 0 || len(g.Firewall.IPSets) != 0 || strings.Contains(g.Config["net0"], "firewall=1") {
		t.Errorf("firewall %+v, net0 %q, want nothing managed", g.Firewall, g.Config["net0"])
	}
	if n := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_ip_allocations"); n != "0" {
		t.Errorf("%s addresses were leased", n)
	}
}

func TestShape_ipv6Only(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.deploy(`{"vm":{"template":9000},"network":{"ipv4":0,"ipv6":2,"dhcp4":false,"dhcp6":false}}`)
	g, _ := w.sim.Guest(m.VMID)
	if g.Config["ipconfig0"] != "ip6=2001:db8::10/64,gw6=2001:db8::1" {
		t.Errorf("ipconfig0 %q", g.Config["ipconfig0"])
	}
	if got := w.db.Text(t, "SELECT dedicatedip FROM tblhosting WHERE id = ?", m.ServiceID); got != "2001:0db8:0000:0000:0000:0000:0000:0010" {
		t.Errorf("dedicatedip %q, want the first IPv6 address", got)
	}
	w.checkFirewall(m, "2001:db8::10", "2001:db8::11")
}

// The address list of the WHMCS server entry serves when no pool has an address; broken lines do no harm.
func TestShape_legacyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools")
	w.db.LegacyList(t, w.server, "vmbr1|\r\nnonsense\r\nvmbr1|40|198.51.100.20|26|198.51.100.1|9.9.9.9,1.0.0.1\r\nvmbr1|40|198.51.100.21|26|198.51.100.1|9.9.9.9\r\n")
	m := w.deploy(`{"vm":{"template":9000},"network":{"ipv4":1,"dhcp4":false,"dhcp6":false}}`)
	g, _ := w.sim.Guest(m.VMID)
	if g.Config["ipconfig0"] != "ip=198.51.100.20/26,gw=198.51.100.1" || g.Config["nameserver"] != "9.9.9.9 1.0.0.1" ||
		!strings.Contains(g.Config["net0"], "bridge=vmbr1") || !strings.Contains(g.Config["net0"], "tag=40") {
		t.Errorf("ipconfig0 %q, nameserver %q, net0 %q", g.Config["ipconfig0"], g.Config["nameserver"], g.Config["net0"])
	}
	w.checkFirewall(m, "198.51.100.20")
}

func TestShape_gatewayIsNeverHandedOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.db.Exec(t, "DELETE FROM puq_proxmox_kvm_ip_pools")
	w.db.Pool(t, ippool.Pool{ServerID: w.server, First: netip.MustParseAddr("203.0.113.1"), Last: netip.MustParseAddr("203.0.113.9"), Network: ippool.Network{
		Bridge: "vmbr0", Bits: 24, Gateway: netip.MustParseAddr("203.0.113.2"),
	}})
	m := w.deploy(`{"vm":{"template":9000},"network":{"ipv4":2,"dhcp4":false,"dhcp6":false}}`)
	w.checkFirewall(m, "203.0.113.1", "203.0.113.3")
}

// One order against each release of Proxmox.
func TestDeploy_onEveryRelease(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"7.4", "8.4", "9.2"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, bystanders, func(c *pvesim.Config) { release(c, version) })
			before := w.guests()
			m := w.deploy(modest(10_000))
			w.awaitIdle()
			w.checkModest(m.ServiceID, "pve2")
			w.checkOnce(before, m.ServiceID)
			if failed := w.db.Text(t, "SELECT COUNT(*) FROM kvmbridge_run_steps WHERE result <> 'success'"); failed != "0" {
				t.Errorf("%s steps stood on the way", failed)
			}
		})
	}
}

// release makes the cluster one of that version with the least rights it needs.
func release(c *pvesim.Config, version string) {
	for _, v := range []contract.Version{contract.V74, contract.V84, contract.V92} {
		if string(v) == version {
			c.Version = v
			c.Grants = []pvesim.Grant{{Who: "kvmbridge@pve", Path: "/", Privs: pvesim.RolePrivs(v)}}
		}
	}
}
