package machine

import (
	"crypto/sha1" //nolint:gosec // the instance id is a SHA-1 by definition
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// UserData is the generated user part of the cloud-init image. vmid names a guest that has no name.
func (c Config) UserData(vmid int) string {
	name := c["name"]
	if name == "" {
		name = fmt.Sprintf("VM%d", vmid)
	}
	host, _, hasDomain := strings.Cut(name, ".")
	fqdn := name
	if !hasDomain && c["searchdomain"] != "" {
		fqdn = name + "." + c["searchdomain"]
	}
	out := "#cloud-config\nhostname: " + host + "\nmanage_etc_hosts: true\n"
	if fqdn != host {
		out += "fqdn: " + fqdn + "\n"
	}
	if c["ciuser"] != "" {
		out += "user: " + c["ciuser"] + "\n"
	}
	if c["cipassword"] != "" {
		out += "password: " + c["cipassword"] + "\n"
	}
	out += c.keyLines() + "chpasswd:\n  expire: False\nusers:\n  - default\n"
	if c["ciupgrade"] != "0" {
		out += "package_upgrade: true\n"
	}
	return out
}

func (c Config) keyLines() string {
	plain, err := url.PathUnescape(c["sshkeys"])
	if err != nil || strings.TrimSpace(plain) == "" {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(plain), "\n")
	return "ssh_authorized_keys:\n  - " + strings.Join(lines, "\n  - ") + "\n"
}

// NetworkData is the generated network part. Addresses of cards that do not exist are left out.
func (c Config) NetworkData() string {
	var out strings.Builder
	out.WriteString("version: 1\nconfig:\n")
	for _, key := range c.Nets() {
		number := strings.TrimPrefix(key, "net")
		out.WriteString("    - type: physical\n      name: eth" + number + "\n      mac_address: '" +
			strings.ToLower(ParseNet(c[key]).MAC) + "'\n")
		if conf := c["ipconfig"+number]; conf != "" {
			out.WriteString("      subnets:\n" + subnets(ParseDrive(conf).Opts))
		}
	}
	return out.String() + c.resolver()
}

func subnets(ip map[string]string) string {
	out := ""
	switch v4 := ip["ip"]; v4 {
	case "":
	case "dhcp":
		out += "      - type: dhcp4\n"
	default:
		p, err := netip.ParsePrefix(v4)
		if err == nil {
			out += "      - type: static\n        address: '" + p.Addr().String() + "'\n        netmask: '" + mask(p.Bits()) + "'\n"
			out += gateway(ip["gw"])
		}
	}
	switch v6 := ip["ip6"]; v6 {
	case "":
	case "dhcp":
		out += "      - type: dhcp6\n"
	case "auto":
		out += "      - type: ipv6_slaac\n"
	default:
		out += "      - type: static6\n        address: '" + v6 + "'\n" + gateway(ip["gw6"])
	}
	return out
}

func gateway(addr string) string {
	if addr == "" {
		return ""
	}
	return "        gateway: '" + addr + "'\n"
}

func mask(bits int) string {
	m := uint32(0xffffffff) << (32 - bits)
	return fmt.Sprintf("%d.%d.%d.%d", m>>24, m>>16&0xff, m>>8&0xff, m&0xff)
}

func (c Config) resolver() string {
	servers := strings.FieldsFunc(c["nameserver"], func(r rune) bool { return strings.ContainsRune(" ,;", r) })
	domains := strings.Fields(c["searchdomain"])
	if len(servers)+len(domains) == 0 {
		return ""
	}
	out := "    - type: nameserver\n"
	if len(servers) > 0 {
		out += "      address:\n      - '" + strings.Join(servers, "'\n      - '") + "'\n"
	}
	if len(domains) > 0 {
		out += "      search:\n      - '" + strings.Join(domains, "'\n      - '") + "'\n"
	}
	return out
}

// MetaData is the generated meta part: an id that changes with anything the guest would notice.
func (c Config) MetaData(vmid int) string {
	sum := sha1.Sum([]byte(c.UserData(vmid) + c.NetworkData())) //nolint:gosec // see the import
	return "instance-id: " + hex.EncodeToString(sum[:]) + "\n"
}
