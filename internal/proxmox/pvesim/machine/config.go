package machine

import (
	"crypto/sha1" //nolint:gosec // the digest of a configuration file is a SHA-1 by definition
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Config is a guest's configuration: key to the text that stands in the file.
type Config map[string]string

// Clone is a copy.
func (c Config) Clone() Config { return maps.Clone(c) }

// Keys lists the keys in order.
func (c Config) Keys() []string { return slices.Sorted(maps.Keys(c)) }

// Flag tells whether a boolean key is on.
func (c Config) Flag(key string) bool { return c[key] == "1" }

// Int reads an integer key, or the default when it is absent or not a number.
func (c Config) Int(key string, otherwise int) int {
	if n, err := strconv.Atoi(c[key]); err == nil {
		return n
	}
	return otherwise
}

// MemoryMiB is the assigned memory; 512 when nothing is set, as in the original.
func (c Config) MemoryMiB() int {
	text := strings.TrimPrefix(c["memory"], "current=")
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return 512
}

// CPUs is cores times sockets.
func (c Config) CPUs() int { return c.Int("cores", 1) * c.Int("sockets", 1) }

// AgentOn tells whether the guest agent is switched on.
func (c Config) AgentOn() bool {
	for part := range strings.SplitSeq(c["agent"], ",") {
		if part == "1" || part == "enabled=1" {
			return true
		}
	}
	return false
}

// Digest is the fingerprint of everything that stands in the file: sections in the order given.
func Digest(sections ...Config) string {
	h := sha1.New() //nolint:gosec // see the import
	for _, c := range sections {
		for _, k := range c.Keys() {
			h.Write([]byte(k + ": " + c[k] + "\n"))
		}
		h.Write([]byte("--\n"))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// File is the configuration as it stands in its file: first the description in comment lines, in which colons, control
// characters and everything beyond ASCII are escaped, then the keys.
func (c Config) File() string {
	var out strings.Builder
	for line := range strings.Lines(c["description"]) {
		out.WriteByte('#')
		for _, b := range []byte(strings.TrimSuffix(line, "\n")) {
			if b == ':' || b < ' ' || b > '~' {
				fmt.Fprintf(&out, "%%%02X", b)
			} else {
				out.WriteByte(b)
			}
		}
		out.WriteByte('\n')
	}
	for _, key := range c.Keys() {
		if key != "description" {
			out.WriteString(key + ": " + c[key] + "\n")
		}
	}
	return out.String()
}

var numbers = map[string]bool{ //nolint:gochecknoglobals // immutable table
	"acpi": true, "allow-ksm": true, "autostart": true, "balloon": true, "ciupgrade": true, "cores": true,
	"cpuunits": true, "freeze": true, "keephugepages": true, "kvm": true, "localtime": true,
	"migrate_speed": true, "numa": true, "onboot": true, "protection": true, "reboot": true,
	"shares": true, "smp": true, "snaptime": true, "sockets": true, "tablet": true, "tdf": true,
	"template": true, "vcpus": true,
}

// Render is a value as the API answers it: integers and booleans as numbers, the rest as text.
// memoryNumber is the habit of release 7, where memory is a number, too.
func Render(key, text string, memoryNumber bool) any {
	if numbers[key] || (memoryNumber && key == "memory") {
		if n, err := strconv.Atoi(text); err == nil {
			return n
		}
	}
	if key == "cipassword" {
		return "**********"
	}
	return text
}

var indexed = regexp.MustCompile(`^(ide[0-3]|sata[0-5]|scsi([12]?\d|30)|virtio(\d|1[0-5])|efidisk0|tpmstate0|` +
	`unused(\d{1,2}|1\d\d|2[0-4]\d|25[0-5])|net([12]?\d|3[01])|ipconfig([12]?\d|3[01])|serial[0-3]|parallel[0-2]|` +
	`usb(\d|1[0-3])|hostpci(\d|1[0-5])|numa[0-7]|virtiofs\d)$`)

//nolint:gochecknoglobals // immutable table
var plain = strings.Fields(`acpi affinity agent allow-ksm amd-sev arch args audio0 autostart balloon bios boot
	bootdisk cdrom cicustom cipassword citype ciupgrade ciuser cores cpu cpulimit cpuunits description freeze
	hookscript hotplug hugepages intel-tdx ivshmem keephugepages keyboard kvm localtime lock machine memory
	migrate_downtime migrate_speed name nameserver numa onboot ostype protection reboot rng0 scsihw searchdomain
	shares smbios1 smp sockets spice_enhancements sshkeys startdate startup tablet tags tdf template vcpus vga
	vmgenid vmstatestorage watchdog`)

// Known tells whether a key can stand in a configuration at all.
func Known(key string) bool { return slices.Contains(plain, key) || indexed.MatchString(key) }

var (
	diskKey = regexp.MustCompile(`^(ide|sata|scsi|virtio)\d+$|^(efidisk0|tpmstate0)$`)
	busKey  = regexp.MustCompile(`^(ide|sata|scsi|virtio)\d+$`)
	netKey  = regexp.MustCompile(`^net\d+$`)
)

// IsDisk tells whether a key names a drive, CD-ROM drives included.
func IsDisk(key string) bool { return diskKey.MatchString(key) }

// IsNet tells whether a key names a network card.
func IsNet(key string) bool { return netKey.MatchString(key) }

// IsUnused tells whether a key names a detached volume.
func IsUnused(key string) bool {
	return strings.HasPrefix(key, "unused") && indexed.MatchString(key)
}

// IsCloudInit tells whether a key is a value that ends in the cloud-init image.
func IsCloudInit(key string) bool {
	values := strings.Fields("ciuser cipassword citype cicustom ciupgrade nameserver searchdomain sshkeys")
	return slices.Contains(values, key) || strings.HasPrefix(key, "ipconfig")
}

// Normal is the form in which a value is written down: tags lower, sorted, joined by semicolons.
func Normal(key, value string) string {
	if key != "tags" {
		return value
	}
	tags := strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return strings.ContainsRune(",; \t\n", r) })
	slices.Sort(tags)
	return strings.Join(slices.Compact(tags), ";")
}
