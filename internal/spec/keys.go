package spec

import (
	"fmt"
	"slices"
	"sync"
)

// Limits of the settings. Proxmox VE bounds few of them; these keep a slip of the keyboard from becoming an order.
const (
	lowestVMID  = 100
	highestVMID = 999_999_999
	mostCores   = 1024
	mostMemory  = 16_384  // GB
	leastMemory = 16      // MiB, the least Proxmox VE accepts
	mostQuota   = 1_000   // backups, snapshots, addresses
	largestDisk = 131_072 // GB
	highestVLAN = 4094    // Proxmox VE refuses more, although the reference product's form says 4096
	mostMBps    = 1_000_000
	mostIOPS    = 100_000_000
	mostTraffic = 1_000_000_000 // GB, what 100 Gbit/s carry in 30 years
)

// Keys is the table of product settings (product-spec §13) in the order of the product page.
func Keys() []Key { return slices.Clone(table()) }

//nolint:gochecknoglobals // immutable tables, built once
var (
	table  = sync.OnceValue(allKeys)
	byPath = sync.OnceValue(func() map[string]Key {
		index := map[string]Key{}
		for _, key := range table() {
			index[key.Path] = key
		}
		return index
	})
)

func allKeys() []Key {
	var keys []Key
	for _, group := range [][]Key{
		vmKeys(), networkKeys(), trafficKeys(), firewallKeys(),
		diskKeys("system_disk", "as in the template", "the template's size", func(s *Spec) *Disk { return &s.System }),
		diskKeys("additional_disk", "same as the system disk", "no additional disk", func(s *Spec) *Disk { return &s.Additional }),
		integrationKeys(), permissionKeys(),
	} {
		keys = append(keys, group...)
	}
	return keys
}

func vmKeys() []Key {
	return []Key{
		text("vm.node", "", "the name of a Proxmox node, or empty", "node that runs the VM; empty = the node with most free memory", readNode, func(s *Spec) *string { return &s.Node }),
		templateKey(),
		cloneKey(),
		number("vm.cpu", 1, 1, mostCores, "cores", func(s *Spec) *int { return &s.Cores }),
		memoryKey(),
		number("vm.backups", 0, 0, mostQuota, "how many backups a client may keep; 0 = none", func(s *Spec) *int { return &s.Backups }),
		number("vm.snapshots", 0, 0, mostQuota, "how many snapshots a client may keep; 0 = none", func(s *Spec) *int { return &s.Snapshots }),
		text("vm.name_rule", DefaultNameRule, nameRuleAllowed(), "name of the VM in Proxmox, first part of its domain", readNameRule, func(s *Spec) *string { return &s.NameRule }),
		number("vm.first_vmid", lowestVMID, lowestVMID, highestVMID, "lowest VM id to use", func(s *Spec) *int { return &s.FirstVMID }),
		text("vm.os_username", "", "a login name of letters, digits, dot, minus and underscore, at most 32, or empty", "login name inside the VM; empty = random", readUsername, func(s *Spec) *string { return &s.OSUsername }),
		onOff("vm.snapshot_schedule", false, "weekly snapshot plan with rotation instead of a lifetime", func(s *Spec) *bool { return &s.SnapshotSchedule }),
		number("vm.snapshot_lifetime_days", 0, 0, 10, "days until a snapshot is removed; 0 = never", func(s *Spec) *int { return &s.SnapshotLifetimeDays }),
	}
}

// templateKey takes 0 for "none", which no other VM id may be.
func templateKey() Key {
	k := number("vm.template", 0, 0, highestVMID, "VM id of the OS template", func(s *Spec) *int { return &s.Template })
	k.Allowed = fmt.Sprintf("the VM id of a template, from %d to %d, or 0 for none", lowestVMID, highestVMID)
	whole := k.put
	k.put = func(s *Spec, value any) bool {
		was := s.Template
		if whole(s, value) && (s.Template == 0 || s.Template >= lowestVMID) {
			return true
		}
		s.Template = was
		return false
	}
	return k
}

func cloneKey() Key {
	const full = "full"
	words := []string{"linked", full}
	return Key{
		Path: "vm.clone", Kind: Choice, Default: `"linked"`, Allowed: oneOf(words),
		Help: "linked = fast, less disk; full = independent, slower",
		put: func(s *Spec, value any) bool {
			word, ok := pick(words, value)
			if ok {
				s.FullClone = word == full
			}
			return ok
		},
	}
}

// memoryKey keeps MiB, because half a GB is a common size.
func memoryKey() Key {
	return Key{
		Path: "vm.ram_gb", Kind: Decimal, Default: "1", Help: "memory in GB, fractions allowed (0.5 = 512 MiB)",
		Allowed: fmt.Sprintf("a number of GB from 0.016 (%d MiB) to %d", leastMemory, mostMemory),
		put: func(s *Spec, value any) bool {
			gb, ok := asNumber(value)
			mib := int(gb*1024 + 0.5)
			if !ok || gb > mostMemory || mib < leastMemory {
				return false
			}
			s.MemoryMiB = mib
			return true
		},
	}
}

func networkKeys() []Key {
	return []Key{
		choice("network.model", "", []string{"", "virtio", "e1000", "rtl8139", "vmxnet3"}, "network card; empty = as in the template", func(s *Spec) *string { return &s.Network.Model }),
		number("network.bandwidth_mbps", 0, 0, mostMBps, "MB per second; 0 = unlimited", func(s *Spec) *int { return &s.Network.RateMBps }),
		text("network.bridge", "vmbr0", "the name of a Proxmox bridge such as vmbr0", "bridge of the network card", readBridge, func(s *Spec) *string { return &s.Network.Bridge }),
		number("network.vlan", 0, 0, highestVLAN, "VLAN tag; 0 = untagged", func(s *Spec) *int { return &s.Network.VLAN }),
		number("network.ipv4", 1, 0, mostQuota, "IPv4 addresses; ignored with dhcp4", func(s *Spec) *int { return &s.Network.IPv4 }),
		number("network.ipv6", 0, 0, mostQuota, "IPv6 addresses; ignored with dhcp6", func(s *Spec) *int { return &s.Network.IPv6 }),
		onOff("network.auto", true, "take bridge and VLAN from the address pool", func(s *Spec) *bool { return &s.Network.Auto }),
		onOff("network.dhcp4", true, "IPv4 by DHCP; then the firewall is not managed", func(s *Spec) *bool { return &s.Network.DHCP4 }),
		onOff("network.dhcp6", true, "IPv6 by DHCP; then the firewall is not managed", func(s *Spec) *bool { return &s.Network.DHCP6 }),
	}
}

// trafficKeys are the allowance of a billing period; internal/traffic has the words of traffic.counted.
func trafficKeys() []Key {
	counted := []string{"both", "in", "out", "larger"}
	return []Key{
		number("traffic.limit_gb", 0, 0, mostTraffic, "GB (of 1024³ bytes) that a service may use in a billing period; 0 = no limit", func(s *Spec) *int { return &s.Traffic.LimitGiB }),
		choice("traffic.counted", "both", counted, "what counts: the sum of both directions, in (received), out (sent), or the larger of them", func(s *Spec) *string { return &s.Traffic.Counted }),
		number("traffic.throttle_mbps", 0, 0, mostMBps, "MB per second of the network card once the limit is reached, until the next period; 0 = it is not slowed down", func(s *Spec) *int { return &s.Traffic.ThrottleMBps }),
	}
}

func firewallKeys() []Key {
	policies := []string{"ACCEPT", "DROP", "REJECT"}
	levels := []string{"nolog", "info", "notice", "warning"}
	return []Key{
		choice("firewall.policy_in", "ACCEPT", policies, "what happens to incoming packets without a rule", func(s *Spec) *string { return &s.Firewall.PolicyIn }),
		choice("firewall.policy_out", "ACCEPT", policies, "what happens to outgoing packets without a rule", func(s *Spec) *string { return &s.Firewall.PolicyOut }),
		choice("firewall.log_in", "nolog", levels, "log level of incoming packets", func(s *Spec) *string { return &s.Firewall.LogIn }),
		choice("firewall.log_out", "nolog", levels, "log level of outgoing packets", func(s *Spec) *string { return &s.Firewall.LogOut }),
		onOff("firewall.enable", true, "firewall of the VM", func(s *Spec) *bool { return &s.Firewall.Enable }),
		onOff("firewall.dhcp", true, "let DHCP pass", func(s *Spec) *bool { return &s.Firewall.DHCP }),
		onOff("firewall.ndp", true, "let neighbour discovery pass", func(s *Spec) *bool { return &s.Firewall.NDP }),
		onOff("firewall.router_adv", false, "let the VM send router advertisements", func(s *Spec) *bool { return &s.Firewall.RouterAdv }),
		onOff("firewall.mac_filter", true, "drop packets with a foreign MAC address", func(s *Spec) *bool { return &s.Firewall.MACFilter }),
		onOff("firewall.ip_filter", false, "Proxmox's own address filter", func(s *Spec) *bool { return &s.Firewall.IPFilter }),
		onOff("firewall.anti_spoofing", true, "keep the VM to its addresses with the IP set ipfilter-net0", func(s *Spec) *bool { return &s.Firewall.AntiSpoofing }),
	}
}

// diskKeys are the six settings of one disk; where and zero say what an empty storage and size 0 mean.
func diskKeys(group, where, zero string, disk func(*Spec) *Disk) []Key {
	limits := func(s *Spec) *Limits { return &disk(s).Limits }
	return []Key{
		text(group+".storage", "", "the name of a Proxmox storage, or empty", "storage; empty = "+where, readStorage, func(s *Spec) *string { return &disk(s).Storage }),
		number(group+".size_gb", 0, 0, largestDisk, "size in GB; 0 = "+zero, func(s *Spec) *int { return &disk(s).SizeGiB }),
		number(group+".read_mbps", 0, 0, mostMBps, "reading, MB per second; 0 = unlimited", func(s *Spec) *int { return &limits(s).ReadMBps }),
		number(group+".write_mbps", 0, 0, mostMBps, "writing, MB per second; 0 = unlimited", func(s *Spec) *int { return &limits(s).WriteMBps }),
		number(group+".read_iops", 0, 0, mostIOPS, "reading, operations per second; 0 = unlimited", func(s *Spec) *int { return &limits(s).ReadIOPS }),
		number(group+".write_iops", 0, 0, mostIOPS, "writing, operations per second; 0 = unlimited", func(s *Spec) *int { return &limits(s).WriteIOPS }),
	}
}

func integrationKeys() []Key {
	const storage = `the name of a Proxmox storage, with or without "|" and its type, or empty`
	return []Key{
		text("integrations.backup_storage", "", storage, "storage for backups; empty = none", readStorageChoice, func(s *Spec) *string { return &s.Integrations.BackupStorage }),
		text("integrations.iso_storage", "", storage, "storage of ISO images; empty = none", readStorageChoice, func(s *Spec) *string { return &s.Integrations.ISOStorage }),
		text("integrations.novnc_domain", "", "a host name or an address that begins with https://, or empty", "console proxy; empty = the sidecar's own", readHost, func(s *Spec) *string { return &s.Integrations.NoVNCDomain }),
		text("integrations.novnc_key", "", "a word without blanks, or empty", "key of the console proxy", readWord, func(s *Spec) *string { return &s.Integrations.NoVNCKey }),
		text("integrations.main_domain", ".example.com", "a domain such as example.com", "domain behind the VM's name", readDomain, func(s *Spec) *string { return &s.MainDomain }),
		onOff("integrations.revdns_ticket", true, "a change of a reverse name opens a ticket", func(s *Spec) *bool { return &s.Integrations.RevDNSTicket }),
		number("integrations.revdns_department", 0, 0, highestVMID, "id of the ticket's department; 0 = the first", func(s *Spec) *int { return &s.Integrations.RevDNSDepartment }),
		mailKey("integrations.mail_ready", "puqProxmoxKVM VM is ready", "mail when the VM is ready", func(s *Spec) *string { return &s.MailReady }),
		mailKey("integrations.mail_reset", "puqProxmoxKVM Reset password", "mail after a password reset", func(s *Spec) *string { return &s.Integrations.MailReset }),
		mailKey("integrations.mail_restored", "puqProxmoxKVM Backup restored", "mail after a restore", func(s *Spec) *string { return &s.Integrations.MailRestored }),
	}
}

func mailKey(path, fallback, help string, field func(*Spec) *string) Key {
	return text(path, fallback, `the name of a WHMCS e-mail template, or "None"`, help+"; None = no mail", readMail, field)
}

func permissionKeys() []Key {
	permit := func(name, what string, field func(*Permissions) *bool) Key {
		return onOff("permissions."+name, true, "the client may "+what, func(s *Spec) *bool { return field(&s.Permissions) })
	}
	return []Key{
		permit("start", "start the VM", func(p *Permissions) *bool { return &p.Start }),
		permit("stop", "stop the VM", func(p *Permissions) *bool { return &p.Stop }),
		permit("novnc", "open the console", func(p *Permissions) *bool { return &p.NoVNC }),
		permit("charts", "see the charts", func(p *Permissions) *bool { return &p.Charts }),
		permit("reinstall", "reinstall the VM", func(p *Permissions) *bool { return &p.Reinstall }),
		permit("reset_password", "reset the password", func(p *Permissions) *bool { return &p.ResetPassword }),
		permit("revdns", "set reverse names", func(p *Permissions) *bool { return &p.RevDNS }),
		permit("iso", "mount ISO images", func(p *Permissions) *bool { return &p.ISO }),
		permit("firewall", "edit firewall rules", func(p *Permissions) *bool { return &p.Firewall }),
	}
}
