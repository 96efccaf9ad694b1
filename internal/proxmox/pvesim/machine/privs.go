package machine

import (
	"slices"
	"strings"
)

var privOf = table(map[string]string{ //nolint:gochecknoglobals // immutable table
	"VM.Config.CPU":    "cores cpu cpulimit cpuunits numa smp sockets vcpus",
	"VM.Config.Memory": "memory balloon shares allow-ksm",
	"VM.Config.HWType": "acpi hotplug kvm machine scsihw smbios1 tablet vga watchdog audio0 rng0",
	"VM.Config.Options": `agent autostart bios description keyboard localtime migrate_downtime migrate_speed name
		onboot ostype protection reboot startdate startup tdf template tags`,
	"VM.Config.Disk": "boot bootdisk vmstatestorage",
	"VM.PowerMgmt":   "freeze",
})

func table(byPriv map[string]string) map[string]string {
	out := map[string]string{}
	for priv, keys := range byPriv {
		for key := range strings.FieldsSeq(keys) {
			out[key] = priv
		}
	}
	return out
}

// Privs says which privileges setting a key asks for: all groups, of each group one. No group means that
// only root@pam may set it (pve-behaviour §21.2).
func Privs(key, value string) [][]string {
	if priv, ok := privOf[key]; ok {
		return [][]string{{priv}}
	}
	switch {
	case IsCloudInit(key):
		return [][]string{{"VM.Config.Cloudinit", "VM.Config.Network"}}
	case IsNet(key):
		return [][]string{{"VM.Config.Network"}}
	case strings.HasPrefix(key, "numa"):
		return [][]string{{"VM.Config.CPU"}}
	case IsDisk(key):
		return drivePrivs(ParseDrive(value))
	case IsUnused(key), strings.HasPrefix(key, "virtiofs"):
		return [][]string{{"VM.Config.Disk"}}
	case strings.HasPrefix(key, "serial") && value == "socket":
		return [][]string{{"VM.Config.HWType"}}
	case strings.HasPrefix(key, "usb") && (strings.Contains(value, "spice") || strings.Contains(value, "mapping=")),
		strings.HasPrefix(key, "hostpci") && strings.Contains(value, "mapping="):
		return [][]string{{"VM.Config.HWType"}}
	}
	return nil
}

func drivePrivs(d Drive) [][]string {
	switch {
	case d.IsCloudInit():
		return [][]string{{"VM.Config.Cloudinit"}, {"VM.Config.CDROM"}}
	case d.IsCDROM():
		return [][]string{{"VM.Config.CDROM"}}
	default:
		return [][]string{{"VM.Config.Disk"}}
	}
}

// SSHKeysFine tells whether decoded key text consists of lines that look like OpenSSH public keys.
func SSHKeysFine(text string) bool {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) < 2 || !slices.ContainsFunc(fields[:len(fields)-1], isKeyType) {
			return false
		}
	}
	return true
}

func isKeyType(word string) bool {
	return strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-") || strings.HasPrefix(word, "sk-")
}
