package hardware

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// Disk is one drive of a guest's configuration.
type Disk struct {
	Key     string // scsi0, virtio1, …
	Volume  string // storage:name
	Options Options
}

// GiB in bytes.
const GiB = 1 << 30

// buses in the order in which Proxmox looks for a boot disk (pve-behaviour §6), with the number of places on each.
func buses() []struct {
	name   string
	places int
} {
	return []struct {
		name   string
		places int
	}{{"ide", 4}, {"scsi", 31}, {"virtio", 16}, {"sata", 6}}
}

func splitKey(key string) (bus string, index int, ok bool) {
	bus = strings.TrimRight(key, "0123456789")
	index, err := strconv.Atoi(key[len(bus):])
	known := slices.ContainsFunc(buses(), func(b struct {
		name   string
		places int
	},
	) bool {
		return b.name == bus
	})
	return bus, index, err == nil && known
}

// ParseDisk reads one drive line.
func ParseDisk(key, value string) Disk {
	opts := ParseOptions(value)
	d := Disk{Key: key, Options: opts}
	if len(opts) > 0 && opts[0].Key == "" {
		d.Volume = opts[0].Value
	}
	if f := opts.Get("file"); f != "" {
		d.Volume = f
	}
	return d
}

// IsData tells a data disk from a CD-ROM or a cloud-init drive.
func (d Disk) IsData() bool {
	return d.Options.Get("media") != "cdrom" && d.Volume != "none" && d.Volume != "cdrom" && !d.IsCloudInit()
}

// IsCloudInit tells a cloud-init drive by its volume's name.
func (d Disk) IsCloudInit() bool {
	_, name, _ := strings.Cut(d.Volume, ":")
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	return base == "cloudinit" || strings.HasPrefix(base, "vm-") && strings.HasSuffix(base, "-cloudinit")
}

// Storage is the part of the volume before the colon.
func (d Disk) Storage() string {
	s, _, _ := strings.Cut(d.Volume, ":")
	return s
}

// Extension is the last extension of the volume's name, such as qcow2; "" on block storages.
func (d Disk) Extension() string { return strings.TrimPrefix(path.Ext(d.Volume), ".") }

// Bytes is the size Proxmox wrote into the drive's options; 0 when it names none.
func (d Disk) Bytes() int64 { return parseSize(d.Options.Get("size")) }

func parseSize(s string) int64 {
	units := map[byte]int64{'K': 1 << 10, 'M': 1 << 20, 'G': GiB, 'T': 1 << 40}
	unit := int64(1)
	if s != "" {
		if u, ok := units[s[len(s)-1]]; ok {
			unit, s = u, s[:len(s)-1]
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0
	}
	return int64(n * float64(unit))
}

// Drives lists every drive of c in Proxmox's search order.
func Drives(c map[string]string) []Disk {
	var out []Disk
	for key, value := range c {
		if _, _, ok := splitKey(key); ok {
			out = append(out, ParseDisk(key, value))
		}
	}
	slices.SortFunc(out, func(a, b Disk) int { return cmp.Or(rank(a.Key)-rank(b.Key), strings.Compare(a.Key, b.Key)) })
	return out
}

func rank(key string) int {
	bus, index, _ := splitKey(key)
	for i, b := range buses() {
		if b.name == bus {
			return i*100 + index
		}
	}
	return 1000
}

// DataDisks are the drives that hold data, in search order.
func DataDisks(c map[string]string) []Disk {
	return slices.DeleteFunc(Drives(c), func(d Disk) bool { return !d.IsData() })
}

// System finds the disk the guest boots from: the legacy bootdisk line, else the first data disk of the boot order,
// else the first data disk at all (product-spec §4.3).
func System(c map[string]string) (Disk, bool) {
	data := DataDisks(c)
	for _, key := range bootOrder(c) {
		if i := slices.IndexFunc(data, func(d Disk) bool { return d.Key == key }); i >= 0 {
			return data[i], true
		}
	}
	if len(data) == 0 {
		return Disk{}, false
	}
	return data[0], true
}

func bootOrder(c map[string]string) []string {
	if legacy := c["bootdisk"]; legacy != "" {
		return []string{legacy}
	}
	return strings.Split(ParseOptions(c["boot"]).Get("order"), ";")
}

// PinBoot is the boot line that names the system disk where none does: a guest without one boots from the first disk in
// search order, and that may be the next disk it gets.
func PinBoot(c map[string]string, system Disk) (line string, needed bool) {
	order := slices.DeleteFunc(bootOrder(c), func(key string) bool { return c[key] == "" })
	if slices.Contains(order, system.Key) {
		return "", false
	}
	return "order=" + strings.Join(append([]string{system.Key}, order...), ";"), true
}

// Additional is the first data disk that is not the system disk.
func Additional(c map[string]string) (Disk, bool) {
	extra := Extra(c)
	if len(extra) == 0 {
		return Disk{}, false
	}
	return extra[0], true
}

// Extra lists the data disks beside the system disk, in search order.
func Extra(c map[string]string) []Disk {
	system, _ := System(c)
	return slices.DeleteFunc(DataDisks(c), func(d Disk) bool { return d.Key == system.Key })
}

// FreeKey is the first unused place for a data disk on the system disk's bus; IDE and SATA have too few places
// and cannot be changed on a running guest, so their guests get SCSI.
func FreeKey(c map[string]string, system Disk) string {
	bus, _, _ := splitKey(system.Key)
	if bus == "ide" || bus == "sata" {
		bus = "scsi"
	}
	for i := range 16 {
		key := bus + strconv.Itoa(i)
		if _, used := c[key]; !used {
			return key
		}
	}
	return ""
}

// WithLimits is the drive's value with exactly these limits; changed says whether that is news.
func (d Disk) WithLimits(l spec.Limits) (value string, changed bool) {
	opts := d.Options
	for _, limit := range []struct {
		key  string
		want int
	}{{"mbps_rd", l.ReadMBps}, {"mbps_wr", l.WriteMBps}, {"iops_rd", l.ReadIOPS}, {"iops_wr", l.WriteIOPS}} {
		if have := opts.Get(limit.key); !SameValue(cmp.Or(have, "0"), strconv.Itoa(limit.want)) {
			opts, changed = opts.With(limit.key, Number(limit.want)), true
		}
	}
	return opts.String(), changed
}

// FormatOf is the extension of the disk's volume when Proxmox knows it as a format, else raw (product-spec §4.3).
func FormatOf(d Disk) string {
	if ext := d.Extension(); slices.Contains([]string{"qcow2", "vmdk"}, ext) {
		return ext
	}
	return "raw"
}

// NewDisk is the value that asks for a volume of size GiB: "<storage>:<GiB>,format=…" and the limits.
func NewDisk(storage string, size int, format string, limits spec.Limits) string {
	value, _ := ParseDisk("", fmt.Sprintf("%s:%d,format=%s", storage, size, format)).WithLimits(limits)
	return value
}

// HoldsFiles tells whether a storage of this type keeps images as files, in any format; the others hold raw volumes only.
func HoldsFiles(storageType string) bool {
	return slices.Contains([]string{"dir", "nfs", "cifs", "glusterfs", "cephfs"}, storageType)
}
