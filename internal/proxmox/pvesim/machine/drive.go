package machine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// Drive is a parsed disk value.
type Drive struct {
	File string
	Opts map[string]string
}

// ParseDrive reads a disk value that passed the schema.
func ParseDrive(text string) Drive {
	d := Drive{Opts: map[string]string{}}
	for part := range strings.SplitSeq(text, ",") {
		key, value, found := strings.Cut(part, "=")
		switch {
		case !found:
			d.File = key
		case key == "file" || key == "volume":
			d.File = value
		default:
			d.Opts[key] = value
		}
	}
	return d
}

// String prints a drive the way the configuration holds it: file first, options by name.
func (d Drive) String() string {
	parts := []string{d.File}
	for _, k := range slices.Sorted(maps.Keys(d.Opts)) {
		parts = append(parts, k+"="+d.Opts[k])
	}
	return strings.Join(parts, ",")
}

// IsCDROM tells whether the drive is a CD-ROM; cloud-init drives are.
func (d Drive) IsCDROM() bool { return d.Opts["media"] == "cdrom" || d.File == "cdrom" }

// IsCloudInit tells whether the drive is the cloud-init drive, or asks for one.
func (d Drive) IsCloudInit() bool {
	return strings.HasSuffix(d.File, ":cloudinit") || strings.Contains(d.File, "-cloudinit")
}

// Storage is the storage of the drive's volume, empty for "none" and for the physical drive.
func (d Drive) Storage() string {
	id, _, found := strings.Cut(d.File, ":")
	if !found {
		return ""
	}
	return id
}

var newDisk = regexp.MustCompile(`^([^/:\s]+):(\d+(\.\d+)?)$`)

// Wanted tells whether the drive asks for a new volume, and of how many bytes.
func (d Drive) Wanted() (storage string, bytes int64, ok bool) {
	m := newDisk.FindStringSubmatch(d.File)
	if m == nil {
		return "", 0, false
	}
	gib, err := strconv.ParseFloat(m[2], 64)
	return m[1], int64(gib * (1 << 30)), err == nil
}

// SizeText prints bytes in the largest binary unit that divides them.
func SizeText(bytes int64) string {
	for _, u := range []struct {
		unit string
		size int64
	}{{"T", 1 << 40}, {"G", 1 << 30}, {"M", 1 << 20}, {"K", 1 << 10}} {
		if bytes >= u.size && bytes%u.size == 0 {
			return fmt.Sprintf("%d%s", bytes/u.size, u.unit)
		}
	}
	return strconv.FormatInt(bytes, 10)
}

// ParseSize reads a number with an optional binary unit; bytes without one.
func ParseSize(text string) int64 {
	factor := map[byte]float64{'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30, 'T': 1 << 40}
	unit := 1.0
	if n := len(text); n > 0 && factor[text[n-1]] != 0 {
		unit, text = factor[text[n-1]], text[:n-1]
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0
	}
	return int64(n * unit)
}

// CheckDrive refuses what passes the schema but not the drive parser (pve-behaviour §7).
func CheckDrive(key, text string) error {
	d := ParseDrive(text)
	if d.File == "" || badThrottle(d.Opts) || badMedia(key, d) {
		return refusal.Param(key, "unable to parse drive options")
	}
	if strings.Contains(d.File, ":iso/") && !d.IsCDROM() {
		return refusal.Param(key, "explicit 'media=cdrom' is required for iso images")
	}
	return nil
}

func badThrottle(o map[string]string) bool {
	for _, kind := range []string{"mbps", "iops"} {
		if o[kind] != "" && (o[kind+"_rd"] != "" || o[kind+"_wr"] != "") {
			return true
		}
	}
	for _, base := range []string{"mbps", "mbps_rd", "mbps_wr"} {
		if o[base+"_max"] != "" && o[base] == "" {
			return true
		}
	}
	for _, base := range []string{"", "_rd", "_wr"} {
		for _, kind := range [][2]string{{"bps", "mbps"}, {"iops", "iops"}} {
			if o[kind[0]+base+"_max_length"] != "" && o[kind[1]+base+"_max"] == "" {
				return true
			}
		}
	}
	return false
}

func badMedia(key string, d Drive) bool {
	if d.Opts["media"] != "cdrom" {
		return false
	}
	return strings.HasPrefix(key, "virtio") || d.Opts["format"] != "" || d.Opts["snapshot"] != ""
}

// busOrder is the order in which buses are searched for a boot device.
var busOrder = []string{"ide", "scsi", "virtio", "sata"} //nolint:gochecknoglobals // immutable table

// Drives lists the keys of all drives in the order buses are searched, then by number.
func (c Config) Drives() []string {
	var out []string
	for _, bus := range busOrder {
		out = append(out, c.numbered(bus)...)
	}
	return append(out, c.numbered("efidisk", "tpmstate")...)
}

func (c Config) numbered(prefixes ...string) []string {
	var out []string
	for _, p := range prefixes {
		for k := range c {
			if rest, ok := strings.CutPrefix(k, p); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
				out = append(out, k)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return out
}

// Nets lists the keys of the network cards by number.
func (c Config) Nets() []string { return c.numbered("net") }

// Unused lists the keys of detached volumes by number.
func (c Config) Unused() []string { return c.numbered("unused") }

// AddUnused puts a volume under the first free unusedN and returns that key.
func (c Config) AddUnused(volid string) string {
	for n := 0; ; n++ {
		key := fmt.Sprintf("unused%d", n)
		if _, taken := c[key]; !taken {
			c[key] = volid
			return key
		}
	}
}

// DataDrives lists the drives that are not CD-ROM drives.
func (c Config) DataDrives() []string {
	return slices.DeleteFunc(c.Drives(), func(k string) bool { return ParseDrive(c[k]).IsCDROM() })
}

// CloudInitDrive is the key of the cloud-init drive, empty when there is none.
func (c Config) CloudInitDrive() string {
	for _, k := range c.Drives() {
		if ParseDrive(c[k]).IsCloudInit() {
			return k
		}
	}
	return ""
}
