package schema_test

import (
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// fault asks a format of a release about a text.
func fault(t *testing.T, v schema.Version, name, text string) string {
	t.Helper()
	f := schema.Formats(v)[name]
	if f == nil {
		t.Fatalf("%s: no format %s", v, name)
	}
	return f.Accepts(v, text, "k")
}

func TestFormats_acceptAndRefuseInTheirOwnWords(t *testing.T) {
	t.Parallel()
	cases := []struct {
		format, text string
		want         string // without the closing newline
	}{
		{"pve-vmid", "100", ""},
		{"pve-vmid", "100\n", ""},
		{"pve-vmid", "0100", "value does not look like a valid VM ID"},
		{"pve-vmid", "99", "value does not look like a valid VM ID"},
		{"pve-node", "pve-1", ""},
		{"pve-node", "pve_1", "value does not look like a valid node name"},
		{"pve-storage-id", "local-lvm", ""},
		{"pve-storage-id", "lo-", "storage ID 'lo-' contains illegal characters"},
		{"pve-configid-list", "a,b", "invalid configuration ID 'a'"},
		{"pve-configid-list", "", ""},
		{"pve-configid-list", " net0;\tscsi0 , tags", ""},
		{"pve-tag-list", "a;b_c,D.e+f", ""},
		{"pve-tag-list", "ä", "invalid characters in tag"},
		{"dns-name", "web-1.example.test", ""},
		{"dns-name", "web.", "value does not look like a valid DNS name"},
		{"dns-name", "", "value does not look like a valid DNS name"},
		{"urlencoded", "ssh-ed25519%20AAAA%2B", ""},
		{"urlencoded", "a+b", "invalid urlencoded string: a+b"},
		{"mac-addr", "02:00:00:AA:bb:01", ""},
		{"mac-addr", "03:00:00:AA:BB:01", "value does not look like a valid unicast MAC address"},
		{"CIDRv4", "10.0.0.5/24", ""},
		{"CIDRv4", "10.0.0.5/7", "value does not look like a valid IPv4 CIDR network"},
		{"CIDRv4", "10.0.0.5/33", "value does not look like a valid IPv4 CIDR network"},
		{"CIDRv4", "010.0.0.5/24", "value does not look like a valid IPv4 CIDR network"},
		{"CIDRv6", "2001:db8::1/64", ""},
		{"CIDRv6", "2001:db8::1/129", "value does not look like a valid IPv6 CIDR network"},
		{"CIDR", "x", "value does not look like a valid CIDR network"},
		{"pve-ipv4-config", "dhcp", ""},
		{"pve-ipv4-config", "auto", "value does not look like a valid ipv4 network configuration"},
		{"pve-ipv6-config", "auto", ""},
		{"address-list", "1.1.1.1;ns.example,2001:db8::1", ""},
		{"address-list", "bad_host", "value does not look like a valid address: bad_host"},
		{"IPorCIDR", "10.0.0.0/24", ""},
		{"IPorCIDR", "10.0.0.1/24", ""},
		{"IPorCIDR", "10.0.0.0/33", "Prefix length 33 is longer than IP address (32)"},
		{"IPorCIDR", "::/0", ""},
		{"IPorCIDR", "10.0.0.0/", "value does not look like a valid IP address or CIDR network"},
		{"IPorCIDRorAlias", "dc/web_1", ""},
		{"IPorCIDRorAlias", "w", "value does not look like a valid IP address or CIDR network"},
		{"ipv4mask", "255.255.254.0", ""},
		{"ipv4mask", "255.0.255.0", "value does not look like a valid IP netmask"},
		{"pve-bridge-id", "vmbr0.12", ""},
		{"pve-bridge-id", "br 0", "invalid bridge ID 'br 0'"},
		{"pve-iface", "net0", ""},
		{"pve-iface", "0net", "invalid network interface name '0net'"},
		{"disk-size", "10.5G", ""},
		{"disk-size", "10GB", "value does not look like a valid disk size: 10GB"},
		{"pve-volume-id", "local:iso/a.iso", ""},
		{"pve-volume-id", "local:", "unable to parse volume ID 'local:'"},
		{"pve-volume-id-or-qm-path", "none", ""},
		{"pve-volume-id-or-qm-path", "/dev/sda", ""},
		{"pve-volume-id-or-qm-path", "cdrom2", "unable to parse volume ID 'cdrom2'"},
		{"pve-storage-content-list", "images,iso", ""},
		{"pve-storage-content-list", "images,disk", "invalid content type 'disk'"},
		{"storage-pair-list", "1", ""},
		{"storage-pair-list", "local:other,third", ""},
		{"storage-pair-list", "a-:bb", "entry 'a-:bb' contains invalid ID - storage ID 'a-' contains illegal characters\n\n"},
		{"storage-pair-list", "a:b:c", "entry 'a:b:c' contains invalid ID - storage ID 'a:b:c' contains illegal characters\n\n"},
		{"pve-dir-override-list", "iso=images/iso", ""},
		{"pve-dir-override-list", "foo=images", "invalid content type 'foo'"},
		{"pve-dir-override-list", "iso=../x", "invalid override 'iso=../x'"},
		{"pve-dir-override-list", "iso=" + strings.Repeat("a", 255), "invalid override 'iso=" + strings.Repeat("a", 255) + "'"},
		{"pve-storage-portal-dns", "nas.example:3260", ""},
		{"pve-storage-portal-dns", "[2001:db8::1]:3260", ""},
		{"pve-storage-portal-dns", "2001:db8::1", ""},
		{"pve-storage-portal-dns", "[x y]", "value does not look like a valid portal address"},
		{"pve-cpuset", "0-3, 5", ""},
		{"pve-cpuset", "3-1", "unable to parse cpuset option"},
		{"pve-startup-order", "order=1,up=30,,down=5", ""},
		{"pve-startup-order", "first", "unable to parse startup options"},
		{"pve-startup-order", "0", "unable to parse startup options"},
		{"pve-hotplug-features", "1", ""},
		{"pve-hotplug-features", "disk;network cpu", ""},
		{"pve-hotplug-features", "disk,nic", "invalid hotplug feature 'nic'"},
		{"pve-phys-bits", "host", ""},
		{"pve-phys-bits", "7", "value must be an integer between 8 and 64 or 'host'"},
		{"pve-qm-bootdev-list", "scsi0;ide2;net31", ""},
		{"pve-qm-bootdev-list", "scsi31", "invalid boot device 'scsi31'"},
		{"pve-qm-bootdev-list", "scsi00", "invalid boot device 'scsi00'"},
		{"pve-qm-bootdev-list", "efidisk0", "invalid boot device 'efidisk0'"},
		{"pve-qm-bootdisk", "efidisk0", ""},
		{"pve-qm-bootdisk", "net0", "invalid boot disk 'net0'"},
		{"pve-priv-list", "VM.Audit,Sys.Audit", ""},
		{"pve-priv-list", "VM.Nothing", "invalid privilege 'VM.Nothing'"},
		{"pve-task-status-type-list", "ok,Error", ""},
		{"pve-task-status-type-list", "fine", "invalid status 'fine'"},
		{"email-or-username-list", "root@pam,a.b@example.test", ""},
		{"email-or-username-list", "a b", ""},
		{"email-or-username-list", "a@@b", "value does not look like a valid email address or user name"},
		{"pve-realm", "p", "value does not look like a valid realm"},
	}
	for _, v := range schema.Versions() {
		for _, c := range cases {
			got, want := fault(t, v, c.format, c.text), c.want
			if want != "" {
				want += "\n"
			}
			if got != want {
				t.Errorf("%s: %s %q: got %q, want %q", v, c.format, c.text, got, want)
			}
		}
	}
}

func TestFormats_differBetweenReleases(t *testing.T) {
	t.Parallel()
	cases := []struct {
		v            schema.Version
		format, text string
		want         string
	}{
		{schema.V84, "pve-storage-id", "x", "storage ID 'x' contains illegal characters\n"},
		{schema.V92, "pve-storage-id", "x", "storage ID 'x' cannot be shorter than 2 characters\n"},
		{schema.V92, "pve-storage-id", "", "storage ID '' cannot be shorter than 2 characters\n"},
		{schema.V84, "disk-size", "1KiB", "value does not look like a valid disk size: 1KiB\n"},
		{schema.V92, "disk-size", "1KiB", ""},
		{schema.V74, "pve-poolid", "a/b", "pool name 'a/b' contains invalid characters\n"},
		{schema.V84, "pve-poolid", "a/b/c", ""},
		{schema.V92, "pve-poolid", "a/b/c/d", "pool name 'a/b/c/d' nested too deeply (max levels = 3)\n"},
		{schema.V92, "pve-poolid", "a//b", "pool name 'a//b' contains invalid characters\n"},
		{schema.V74, "pve-storage-content", "import", "invalid content type 'import'\n"},
		{schema.V84, "pve-storage-content", "import", ""},
		{schema.V74, "pve-storage-format", "xrawx", ""},
		{schema.V74, "pve-priv", "VM.Monitor", ""},
		{schema.V92, "pve-priv", "VM.Monitor", "invalid privilege 'VM.Monitor'\n"},
		{schema.V92, "pve-priv", "VM.GuestAgent.Audit", ""},
		{schema.V84, "pve-vlan-id-or-range-list", "2-4094 7", ""},
		{schema.V84, "pve-vlan-id-or-range-list", "1", "invalid VLAN tag '1'\n"},
		{schema.V84, "pve-vlan-id-or-range-list", "9-5", "VLAN range must go from lower to higher tag '9-5'\n"},
		{schema.V84, "pve-vlan-id-or-range-list", "x", "invalid VLAN configuration 'x'\n"},
		{schema.V92, "pve-storage-zfs-blocksize", "16K", ""},
		{schema.V92, "pve-storage-zfs-blocksize", "", ""},
		{schema.V92, "pve-storage-zfs-blocksize", "3k", "value '3k' is not a valid ZFS blocksize. Must be a power of 2 between 512B and 16MiB (e.g., 4k, 8k, 16k, 64k, 1m).\n"},
		{schema.V92, "pve-storage-zfs-blocksize", "k", "invalid ZFS blocksize format 'k'. Use a positive number (no leading zeros) with an optional 'k' or 'm' suffix.\n"},
	}
	for _, c := range cases {
		if got := fault(t, c.v, c.format, c.text); got != c.want {
			t.Errorf("%s: %s %q: got %q, want %q", c.v, c.format, c.text, got, c.want)
		}
	}
}

func TestFormats_checkPartsOfFirewallRules(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("1:2,", 8), ",")
	cases := []struct{ format, text, want string }{
		{"pve-fw-addr-spec", "+ipfilter-net0", ""},
		{"pve-fw-addr-spec", "+" + strings.Repeat("a", 65), "ipset name too long\n"},
		{"pve-fw-addr-spec", "guest/web", ""},
		{"pve-fw-addr-spec", strings.Repeat("a", 65), "alias name too long\n"},
		{"pve-fw-addr-spec", "10.0.0.1,10.1.0.0/16", ""},
		{"pve-fw-addr-spec", "10.0.0.1-10.0.0.9", ""},
		{"pve-fw-addr-spec", "10.0.0.1,", "extraneous commas in list\n"},
		{"pve-fw-addr-spec", "10.0.0.1,2001:db8::1", "detected mixed ipv4/ipv6 addresses in address list '10.0.0.1,2001:db8::1'\n"},
		{"pve-fw-addr-spec", "10.0.0.1-10.0.0.9,10.0.1.1", "you can't use a range in a list\n"},
		{"pve-fw-addr-spec", "10.0.0.9-10.0.0.1", "invalid IP address: Begin address is greater than End address 10.0.0.9 - 10.0.0.1\n"},
		{"pve-fw-addr-spec", "10.0.0.1-::1", "invalid IP address: Not a valid IPv4 address ::1\n"},
		{"pve-fw-addr-spec", "10.0.0.1/24", "invalid IP address: Invalid prefix 00001010000000000000000000000001/24\n"},
		{"pve-fw-addr-spec", "10.0.0.0/33", "invalid IP address: Prefix length 33 is longer than IP address (32)\n"},
		{"pve-fw-addr-spec", "256.1.1.1", "invalid IP address: Invalid quad in IP address 256.1.1.1 - 256\n"},
		{"pve-fw-addr-spec", "10..1", "invalid IP address: Empty quad in IP address 10..1\n"},
		{"pve-fw-addr-spec", "1.2.3.4.5", "invalid IP address: Invalid IP address 1.2.3.4.5\n"},
		{"pve-fw-addr-spec", "10.0", ""},
		{"pve-fw-addr-spec", "1:2:3", "invalid IP address: Invalid number of octets 1:2:3\n"},
		{"pve-fw-addr-spec", "::g", "invalid IP address: Invalid IP address ::g\n"},
		{"pve-fw-addr-spec", "no!such", "invalid IP address: Invalid chars in IP no!such\n"},
		{"pve-fw-sport-spec", "22,80:90,https", ""},
		{"pve-fw-sport-spec", "99999", "invalid port '99999'\n"},
		{"pve-fw-sport-spec", "1:70000", "invalid port '70000'\n"},
		{"pve-fw-sport-spec", "90:80", "backwards range '90:80' not allowed, did you mean '80:90'?\n"},
		{"pve-fw-sport-spec", "22,", "extraneous commas in list\n"},
		{"pve-fw-sport-spec", "22,,23", "invalid port ''\n"},
		{"pve-fw-sport-spec", "nosuch", "invalid port 'nosuch'\n"},
		{"pve-fw-sport-spec", many, "too many entries in port list (> 15 numbers)\n"},
		{"pve-fw-sport-spec", "echo-request", "invalid port 'echo-request'\n"},
		{"pve-fw-dport-spec", "echo-request", ""},
		{"pve-fw-dport-spec", "echo-request,22", "ICMP ports not allowed in port range\n"},
		{"pve-fw-protocol-spec", "tcp", ""},
		{"pve-fw-protocol-spec", "17", ""},
		{"pve-fw-protocol-spec", "icmpv6", ""},
		{"pve-fw-protocol-spec", "nope", "unknown protocol 'nope'\n"},
		{"pve-fw-icmp-type-spec", "", ""},
		{"pve-fw-icmp-type-spec", "neighbor-solicitation", ""},
		{"pve-fw-icmp-type-spec", "8", "invalid icmp-type value '8'\n"},
	}
	for _, c := range cases {
		if got := fault(t, schema.V92, c.format, c.text); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.format, c.text, got, c.want)
		}
	}
}

func TestFormats_splitRepeatedKeysOf74AtNUL(t *testing.T) {
	t.Parallel()
	if got := fault(t, schema.V74, "pve-configid-list", "net0\x00scsi0\x00"); got != "" {
		t.Errorf("got %q, want none", got)
	}
	if got, want := fault(t, schema.V74, "pve-configid-list", "net0\x00a,b"), "invalid configuration ID 'a,b'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
