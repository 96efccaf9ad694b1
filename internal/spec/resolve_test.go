package spec_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// want13 is product-spec §13 and what we add, written down a second time on purpose. DHCP is on by default, so that no address is wanted.
func want13() spec.Spec {
	return spec.Spec{
		Cores: 1, MemoryMiB: 1024, NameRule: "{client_id}-{service_id}", FirstVMID: 100, MainDomain: "example.com",
		Network: spec.Network{Bridge: "vmbr0", Auto: true, DHCP4: true, DHCP6: true},
		Traffic: spec.Traffic{Counted: "both"},
		Firewall: spec.Firewall{
			PolicyIn: "ACCEPT", PolicyOut: "ACCEPT", LogIn: "nolog", LogOut: "nolog",
			Enable: true, DHCP: true, NDP: true, MACFilter: true, AntiSpoofing: true,
		},
		MailReady: "puqProxmoxKVM VM is ready",
		Permissions: spec.Permissions{
			Start: true, Stop: true, NoVNC: true, Charts: true, Reinstall: true,
			ResetPassword: true, RevDNS: true, ISO: true, Firewall: true,
		},
		Integrations: spec.Integrations{
			RevDNSTicket: true, MailReset: "puqProxmoxKVM Reset password", MailRestored: "puqProxmoxKVM Backup restored",
		},
	}
}

func TestResolve_withoutSettingsMeansTheDefaults(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]string{
		"never saved":          "",
		"blanks":               " \r\n ",
		"a licence key":        "PQ-1234-ABCD_efgh",
		"an empty object":      "{}",
		"empty groups":         `{"vm": {}, "network": null}`,
		"null is not set":      `{"vm": {"cpu": null}}`,
		"a byte order mark":    "\ufeff{}",
		"the default settings": spec.DefaultSettings(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := spec.Resolve(spec.Facts{Settings: settings})
			if err != nil || got != want13() {
				t.Errorf("got %+v, %v\nwant %+v", got, err, want13())
			}
		})
	}
}

func TestResolve_wantsAddressesOfFamiliesWithoutDHCP(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string][2]int{
		`{"network": {"ipv4": 2, "ipv6": 3}}`:                                  {0, 0},
		`{"network": {"ipv6": 3, "dhcp4": false}}`:                             {1, 0},
		`{"network": {"ipv4": 2, "ipv6": 3, "dhcp6": false}}`:                  {0, 3},
		`{"network": {"ipv4": 2, "ipv6": 3, "dhcp4": false, "dhcp6": false}}`:  {2, 3},
		`{"network": {"ipv4": 0, "dhcp4": "off", "dhcp6": 0}}`:                 {0, 0},
		`{"network": {"ipv4": "2", "ipv6": "1", "dhcp4": "0", "dhcp6": "no"}}`: {2, 1},
	} {
		got, err := spec.Resolve(spec.Facts{Settings: settings})
		if n := got.Network; err != nil || [2]int{n.IPv4, n.IPv6} != want {
			t.Errorf("%s: %d IPv4, %d IPv6, %v; want %v", settings, n.IPv4, n.IPv6, err, want)
		}
	}
}

func TestResolve_dropsOptionCountsOfDHCPFamilies(t *testing.T) {
	t.Parallel()
	got, err := spec.Resolve(spec.Facts{Options: map[string]string{"IPv4 Addresses": "4", "IPv6 Addresses": "4"}})
	if err != nil || got.Network.IPv4 != 0 || got.Network.IPv6 != 0 {
		t.Errorf("got %d IPv4 and %d IPv6, %v; want none with DHCP on", got.Network.IPv4, got.Network.IPv6, err)
	}
}

func TestResolve_readsEverySetting(t *testing.T) {
	t.Parallel()
	got, err := spec.Resolve(spec.Facts{Settings: `{
		"vm": {"node": "pve-2", "template": "9000", "clone": "full", "cpu": "4", "ram_gb": 0.5, "backups": 3, "snapshots": "2",
			"name_rule": "vm{service_id}", "first_vmid": 5000, "os_username": "admin", "snapshot_schedule": true, "snapshot_lifetime_days": 10},
		"network": {"model": "VirtIO", "bandwidth_mbps": 12, "bridge": "vmbr1", "vlan": 4094, "ipv4": 2, "ipv6": 1, "auto": false, "dhcp4": false, "dhcp6": false},
		"traffic": {"limit_gb": 2000, "counted": "OUT", "throttle_mbps": 1},
		"firewall": {"policy_in": "drop", "policy_out": "REJECT", "log_in": "info", "log_out": "warning", "enable": false, "dhcp": false,
			"ndp": false, "router_adv": true, "mac_filter": false, "ip_filter": true, "anti_spoofing": false},
		"system_disk": {"storage": "fast-1", "size_gb": 40, "read_mbps": 1, "write_mbps": 2, "read_iops": 3, "write_iops": 4},
		"additional_disk": {"storage": "slow.2", "size_gb": 50, "read_mbps": 5, "write_mbps": 6, "read_iops": 7, "write_iops": 8},
		"integrations": {"backup_storage": "store1|pbs", "iso_storage": "local", "novnc_domain": "https://Console.Example.org:8443/", "novnc_key": "k",
			"main_domain": "Cloud.Example.ORG", "revdns_ticket": "0", "revdns_department": 4, "mail_ready": "none", "mail_reset": "A", "mail_restored": "B"},
		"permissions": {"start": false, "stop": false, "novnc": false, "charts": false, "reinstall": false, "reset_password": false,
			"revdns": false, "iso": false, "firewall": false}}`})
	want := spec.Spec{
		Node: "pve-2", Template: 9000, FullClone: true, Cores: 4, MemoryMiB: 512, NameRule: "vm{service_id}", FirstVMID: 5000,
		OSUsername: "admin", MainDomain: "cloud.example.org", Backups: 3, Snapshots: 2, SnapshotSchedule: true, SnapshotLifetimeDays: 10,
		System:     spec.Disk{Storage: "fast-1", SizeGiB: 40, Limits: spec.Limits{ReadMBps: 1, WriteMBps: 2, ReadIOPS: 3, WriteIOPS: 4}},
		Additional: spec.Disk{Storage: "slow.2", SizeGiB: 50, Limits: spec.Limits{ReadMBps: 5, WriteMBps: 6, ReadIOPS: 7, WriteIOPS: 8}},
		Network:    spec.Network{Model: "virtio", RateMBps: 12, Bridge: "vmbr1", VLAN: 4094, IPv4: 2, IPv6: 1},
		Traffic:    spec.Traffic{LimitGiB: 2000, Counted: "out", ThrottleMBps: 1},
		Firewall:   spec.Firewall{PolicyIn: "DROP", PolicyOut: "REJECT", LogIn: "info", LogOut: "warning", RouterAdv: true, IPFilter: true},
		Integrations: spec.Integrations{
			BackupStorage: "store1", ISOStorage: "local", NoVNCDomain: "console.example.org:8443", NoVNCKey: "k",
			RevDNSDepartment: 4, MailReset: "A", MailRestored: "B",
		},
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestResolve_saysEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	_, err := spec.Resolve(spec.Facts{
		Settings: `{"vm": {"cpus": 3, "cpu": 0}, "netwrk": {}, "firewall": 5, "network": {"vlan": 4096}}`,
		Options:  map[string]string{"RAM": "much"},
	})
	var faults *spec.FaultsError
	if !errors.As(err, &faults) {
		t.Fatalf("got %v, want a FaultsError", err)
	}
	want := []string{
		`firewall is 5; it must be an object such as {"policy_in": …}.`,
		"network.vlan is 4096; it must be a whole number from 0 to 4094.",
		"netwrk is not a known setting; did you mean network?",
		"vm.cpu is 0; it must be a whole number from 1 to 1024.",
		"vm.cpus is not a known setting; did you mean vm.cpu?",
		`The configurable option "RAM" is "much"; it must be a number of GB from 0.016 (16 MiB) to 16384.`,
	}
	if !slices.Equal(faults.Faults, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(faults.Faults, "\n     "), strings.Join(want, "\n     "))
	}
	if pipeline.FaultOf(err) != pipeline.NeedsPerson {
		t.Errorf("fault %v, want NeedsPerson", pipeline.FaultOf(err))
	}
	for _, where := range []string{"Module Settings", "Configurable Options"} {
		if !strings.Contains(err.Error(), where) {
			t.Errorf("%q does not say where to correct it (%s)", err, where)
		}
	}
}

func TestResolve_refusesWrongValues(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]string{
		`{"vm": {"cpu": 1.5}}`:                               "vm.cpu is 1.5; it must be a whole number",
		`{"vm": {"cpu": "two"}}`:                             `vm.cpu is "two"; it must be a whole number`,
		`{"vm": {"cpu": "0x2"}}`:                             `vm.cpu is "0x2"; it must be a whole number`,
		`{"vm": {"cpu": 1e300}}`:                             "vm.cpu is 1e300; it must be a whole number",
		`{"vm": {"cpu": true}}`:                              "vm.cpu is true; it must be a whole number",
		`{"vm": {"cpu": ""}}`:                                `vm.cpu is ""; it must be a whole number`,
		`{"vm": {"cpu": [1]}}`:                               "vm.cpu is a list; it must be a whole number",
		`{"vm": {"cpu": {}}}`:                                "vm.cpu is an object; it must be a whole number",
		`{"vm": {"ram_gb": 0.01}}`:                           "vm.ram_gb is 0.01; it must be a number of GB",
		`{"vm": {"ram_gb": -1}}`:                             "vm.ram_gb is -1; it must be a number of GB",
		`{"vm": {"template": 99}}`:                           "vm.template is 99; it must be the VM id of a template",
		`{"vm": {"clone": "copy"}}`:                          `vm.clone is "copy"; it must be one of "linked", "full"`,
		`{"vm": {"node": "pve_1"}}`:                          `vm.node is "pve_1"; it must be the name of a Proxmox node`,
		`{"vm": {"node": 7}}`:                                "vm.node is 7; it must be the name of a Proxmox node",
		`{"vm": {"name_rule": "{service}"}}`:                 `vm.name_rule is "{service}"; it must be a rule`,
		`{"vm": {"name_rule": "a_b"}}`:                       `vm.name_rule is "a_b"; it must be a rule`,
		`{"vm": {"first_vmid": 99}}`:                         "vm.first_vmid is 99; it must be",
		`{"vm": {"os_username": "a b"}}`:                     `vm.os_username is "a b"; it must be a login name`,
		`{"vm": {"snapshot_lifetime_days": 11}}`:             "from 0 to 10",
		`{"network": {"bridge": "vm br"}}`:                   "must be the name of a Proxmox bridge",
		`{"network": {"bridge": ""}}`:                        "must be the name of a Proxmox bridge",
		`{"network": {"model": "ne2k"}}`:                     `one of "", "virtio"`,
		`{"network": {"dhcp4": 2}}`:                          "network.dhcp4 is 2; it must be true or false",
		`{"firewall": {"policy_in": "ALLOW"}}`:               `one of "ACCEPT", "DROP", "REJECT"`,
		`{"system_disk": {"storage": "a"}}`:                  "must be the name of a Proxmox storage",
		`{"system_disk": {"size_gb": -1}}`:                   "system_disk.size_gb is -1",
		`{"integrations": {"main_domain": "localhost"}}`:     "must be a domain such as example.com",
		`{"integrations": {"main_domain": "a b.org"}}`:       "must be a domain such as example.com",
		`{"integrations": {"novnc_domain": "a b"}}`:          "must be a host name",
		`{"permissions": {"start": "maybe"}}`:                `permissions.start is "maybe"; it must be true or false`,
		`{"vm": {"bridge": "vmbr0"}}`:                        "vm.bridge is not a known setting; did you mean network.bridge?",
		`{"zzzzzzzzzzzz": 1}`:                                "the groups are vm, network, traffic, firewall",
		`{"vm": {"cpu": 1},}`:                                "not valid JSON at line 1",
		"{\"vm\":\n{\"cpu\": 1}":                             "not valid JSON at line 2",
		`{"vm": {"cpu": 1}} more`:                            "not valid JSON",
		`[{"vm": {}}]`:                                       "must be one JSON object",
		`"vm": {"cpu": 1}`:                                   "must be one JSON object",
		`{"vm": {"cpu": 1}, "network": {}, "vm": {}}`:        "vm is set twice",
		`{"vm": {"cpu": 1, "node": "", "cpu": 2}}`:           "vm.cpu is set twice",
		`{"vm": {"cpu": "` + strings.Repeat("9", 80) + `"}}`: strings.Repeat("9", 60) + "…",
	} {
		_, err := spec.Resolve(spec.Facts{Settings: settings})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n got %v\nwant a sentence with %q", settings, err, want)
		}
		if faults := spec.CheckSettings(settings); len(faults) != 1 {
			t.Errorf("CheckSettings(%s) = %q, want one sentence", settings, faults)
		}
	}
}

func TestResolve_acceptsOtherFormsOfTheSameValue(t *testing.T) {
	t.Parallel()
	for settings, want := range map[string]func(*spec.Spec){
		`{"vm": {"node": "Automatically"}}`:                          func(*spec.Spec) {},
		`{"vm": {"name_rule": " "}}`:                                 func(*spec.Spec) {},
		`{"vm": {"cpu": "2.0", "ram_gb": " .5 "}}`:                   func(s *spec.Spec) { s.Cores, s.MemoryMiB = 2, 512 },
		`{"vm": {"cpu": 2e0, "ram_gb": 0.3}}`:                        func(s *spec.Spec) { s.Cores, s.MemoryMiB = 2, 307 },
		`{"network": {"auto": "off"}}`:                               func(s *spec.Spec) { s.Network.Auto = false },
		`{"firewall": {"ndp": "No", "router_adv": "ON"}}`:            func(s *spec.Spec) { s.Firewall.NDP, s.Firewall.RouterAdv = false, true },
		`{"firewall": {"log_in": " Notice "}}`:                       func(s *spec.Spec) { s.Firewall.LogIn = "notice" },
		`{"integrations": {"main_domain": ".Cloud.Test."}}`:          func(s *spec.Spec) { s.MainDomain = "cloud.test" },
		`{"integrations": {"novnc_domain": "wss://192.0.2.1:443/"}}`: func(s *spec.Spec) { s.Integrations.NoVNCDomain = "192.0.2.1:443" },
		`{"integrations": {"iso_storage": " local | dir "}}`:         func(s *spec.Spec) { s.Integrations.ISOStorage = "local" },
		`{"integrations": {"mail_ready": "", "mail_reset": "NONE"}}`: func(s *spec.Spec) { s.MailReady, s.Integrations.MailReset = "", "" },
	} {
		expected := want13()
		want(&expected)
		if got, err := spec.Resolve(spec.Facts{Settings: settings}); err != nil || got != expected {
			t.Errorf("%s\n got %+v, %v\nwant %+v", settings, got, err, expected)
		}
	}
}

func TestResolve_takesTheTemplateOfAProductTakenOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		facts spec.Facts
		want  int
	}{
		"without settings":       {spec.Facts{LegacyTemplate: "9001"}, 9001},
		"with a name behind it":  {spec.Facts{LegacyTemplate: "9001|Debian", Settings: "LICENCE-1"}, 9001},
		"settings are silent":    {spec.Facts{LegacyTemplate: "9001", Settings: `{"vm": {"cpu": 2}}`}, 9001},
		"settings say another":   {spec.Facts{LegacyTemplate: "9001", Settings: `{"vm": {"template": 9002}}`}, 9002},
		"unreadable":             {spec.Facts{LegacyTemplate: "debian"}, 0},
		"the option wins":        {spec.Facts{LegacyTemplate: "9001", Options: map[string]string{"Operating System": "9003"}}, 9003},
		"an option of 0":         {spec.Facts{LegacyTemplate: "9001", Options: map[string]string{"Operating System": "0"}}, 9001},
		"an option of nothing":   {spec.Facts{LegacyTemplate: "9001", Options: map[string]string{"Operating System": ""}}, 9001},
		"a legacy option of 0":   {spec.Facts{LegacyTemplate: "9001", Options: map[string]string{"OS": "0"}}, 9001},
		"a legacy option's name": {spec.Facts{LegacyTemplate: "9001", Options: map[string]string{"OS|System": "9004|Debian"}}, 9004},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := spec.Resolve(c.facts)
			if err != nil || got.Template != c.want {
				t.Errorf("template %d, %v; want %d", got.Template, err, c.want)
			}
		})
	}
}
