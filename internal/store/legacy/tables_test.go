package legacy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

func text(v any) string { return fmt.Sprint(v) }

// same compares what is there with what should be.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

func TestRun_takesPoolsOfBothForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.poolsLong(t)
	w.poolsShort(t)
	foreign := w.Exec(t, "INSERT INTO tblservers (name, ipaddress, assignedips, hostname, type, username, password, accesshash, secure, port) VALUES ('c', '', '', '', 'cpanel', '', '', '', '', 1)")
	long := func(server int64, first, last, gateway string, mask int) {
		w.Exec(t, "INSERT INTO "+longPools+" (server_id, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop) VALUES (?, 'IPv4', 'vmbr0', 7, ?, ?, '8.8.8.8', NULL, ?, ?)",
			server, gateway, mask, first, last)
	}
	long(w.server, "10.0.0.2", "10.0.0.9", "10.0.0.1", 24)
	long(w.server, "2001:DB8::2", "2001:db8::50", "2001:db8::1", 64)
	long(w.server, "10.0.0.9", "10.0.0.20", "10.0.0.1", 24)
	long(foreign, "10.0.1.2", "10.0.1.9", "10.0.1.1", 24)
	long(777, "10.0.1.2", "10.0.1.9", "10.0.1.1", 24)
	long(w.server, "10.0.2.9", "10.0.2.2", "10.0.2.1", 40)
	short := func(server any, mask, vlan, dns string) {
		w.Exec(t, "INSERT INTO "+shortPools+" (server, family, Bridge, vlan_tag, gw, netmask, dns, ip_start, ip_end) VALUES (?, '4', 'vmbr1', ?, '172.16.0.1', ?, ?, '172.16.0.2', '172.16.0.9')",
			server, vlan, mask, dns)
	}
	short(w.server, "255.255.255.128", "", "9.9.9.9, 1.1.1.1;nonsense 4.4.4.4")
	short(w.server, "255.0.255.0", "ten", "")
	r := w.run(t)
	same(t, "pools", w.lines(t, "SELECT server_id = ?, type, bridge, vlan, gateway, mask, dns1, dns2, address_start, address_stop FROM puq_proxmox_kvm_ip_pools ORDER BY id", w.server),
		"1|ipv4|vmbr0|7|10.0.0.1|24|8.8.8.8||10.0.0.2|10.0.0.9\n"+
			"1|ipv6|vmbr0|7|2001:db8::1|64|8.8.8.8||2001:db8::2|2001:db8::50\n"+
			"1|ipv4|vmbr1|0|172.16.0.1|25|9.9.9.9|1.1.1.1|172.16.0.2|172.16.0.9")
	same(t, "left", left(r.Pools), fmt.Sprintf(`3: It overlaps the pool 10.0.0.2 - 10.0.0.9 on the same bridge and VLAN, which was taken over before it.
4: Server %d is of the module "cpanel" and not a Proxmox server of this one.
5: WHMCS has no server 777.
6: The range starts at 10.0.2.9 behind its end 10.0.2.2; swap the two. The mask must be from 1 to 32, not 40.
2: The VLAN "ten" is no number. The mask "255.0.255.0" is neither a prefix length nor a mask such as 255.255.255.0.`, foreign))
	same(t, "notes", strings.Join(r.Pools.Taken[2].Notes, "\n"), "The DNS server \"nonsense\" is no IP address and was left out.\nThe DNS server 4.4.4.4 is the third and was left out.")
	same(t, "unknown columns", strings.Join(r.Pools.Unknown, " "), longPools+".created_at")
	same(t, "activity log", w.lines(t, "SELECT kind, service_id, subject FROM kvmbridge_outbox"),
		`activity|0|kvmbridge: taken over from the older tables: 3 of 8 IP pools, 0 of 0 DNS zones, 0 of 0 VM records. What was left where it is, and why: "kvmbridge import --dry-run".`)
}

func TestRun_takesZonesOfBothFormsAndSealsTheirSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.zonesLong(t)
	w.zonesShort(t)
	long := func(zone, kind string, ttl any, config string) {
		w.Exec(t, "INSERT INTO "+longZones+" (zone, type, ttl, config) VALUES (?, ?, ?, ?)", zone, kind, ttl, config)
	}
	long("Example.com.", "PowerDNS", 600, `{"server":"https://dns.example.net:8081/api/v1","api_key":"k-secret"}`)
	long("0.0.10.in-addr.arpa", "powerdns", nil, `{"server":"https://dns.example.net:8081","api_key":"k-secret"}`)
	long("example.com", "powerdns", 60, `{"server":"https://dns.example.net:8081","api_key":"other"}`)
	long("example.org", "bind", 60, "{}")
	long("example.net", "powerdns", 5, `{"server":"dns.example.net"}`)
	w.Exec(t, "INSERT INTO "+shortZones+` (domain, provider, server_url, admin_user, admin_password, hestia_user, token, zone_id) VALUES
		('example.info', 'HestiaCP', 'https://panel.example.net:8083', 'root', ' p-secret', 'cust', '', ''),
		('example.biz', 'Cloudflare', '', '', '', '', 't-secret', '0123456789abcdef0123456789abcdef')`)
	r := w.run(t)
	same(t, "left", left(r.Zones), "3: Zone 1 already is example.com at the same server.\n4: Choose the type of the zone: Cloudflare, HestiaCP or PowerDNS.\n"+
		"5: The TTL has to be between 60 and 86400 seconds. Server URL is a URL such as https://dns.example.org:8081. API Key is missing.")
	if raw := w.lines(t, "SELECT config FROM puq_proxmox_kvm_dns_zones"); strings.Contains(raw, "secret") || strings.Count(raw, "sealed:") != 4 {
		t.Errorf("stored: %s", raw)
	}
	list, err := zonebook.New(w.SQL, w.box).DNSZones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, z := range list {
		got = append(got, fmt.Sprint(z.Name, " ", z.Provider, " ", z.TTL, " ", z.Fields["server"], z.Fields["zone_id"], " ", z.Secrets(), z.Fault))
	}
	same(t, "zones", strings.Join(got, "\n"), `example.com powerdns 600 https://dns.example.net:8081 [k-secret]
0.0.10.in-addr.arpa powerdns 300 https://dns.example.net:8081 [k-secret]
example.info hestiacp 300 https://panel.example.net:8083/ [ p-secret]
example.biz cloudflare 300 0123456789abcdef0123456789abcdef [t-secret]`)
	if report := fmt.Sprint(r); strings.Contains(report, "secret") {
		t.Errorf("the report names a secret: %s", report)
	}
}
