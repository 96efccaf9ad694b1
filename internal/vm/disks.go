package vm

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/spec"
)

// disk is one drive of a guest's configuration.
type disk struct {
	key    string // scsi0, virtio1, …
	volume string // storage:name
	opts   options
}

const gib = 1 << 30

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

func parseDisk(key, value string) disk {
	opts := parseOptions(value)
	d := disk{key: key, opts: opts}
	if len(opts) > 0 && opts[0].key == "" {
		d.volume = opts[0].value
	}
	if f := opts.get("file"); f != "" {
		d.volume = f
	}
	return d
}

// isData tells a data disk from a CD-ROM or a cloud-init drive.
func (d disk) isData() bool {
	return d.opts.get("media") != "cdrom" && d.volume != "none" && d.volume != "cdrom" && !d.isCloudInit()
}

func (d disk) isCloudInit() bool {
	_, name, _ := strings.Cut(d.volume, ":")
	base := strings.TrimSuffix(path.Base(name), path.Ext(name))
	return base == "cloudinit" || strings.HasPrefix(base, "vm-") && strings.HasSuffix(base, "-cloudinit")
}

func (d disk) storage() string {
	s, _, _ := strings.Cut(d.volume, ":")
	return s
}

// extension is the last extension of the volume's name, such as qcow2; "" on block storages.
func (d disk) extension() string { return strings.TrimPrefix(path.Ext(d.volume), ".") }

// bytes is the size Proxmox wrote into the drive's options; 0 when it names none.
func (d disk) bytes() int64 { return parseSize(d.opts.get("size")) }

func parseSize(s string) int64 {
	units := map[byte]int64{'K': 1 << 10, 'M': 1 << 20, 'G': gib, 'T': 1 << 40}
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

// drives lists every drive of c in Proxmox's search order.
func drives(c GuestConfig) []disk {
	var out []disk
	for key, value := range c.Values {
		if _, _, ok := splitKey(key); ok {
			out = append(out, parseDisk(key, value))
		}
	}
	slices.SortFunc(out, func(a, b disk) int { return cmp.Or(rank(a.key)-rank(b.key), strings.Compare(a.key, b.key)) })
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

func dataDisks(c GuestConfig) []disk {
	return slices.DeleteFunc(drives(c), func(d disk) bool { return !d.isData() })
}

// systemDisk finds the disk the guest boots from: the legacy bootdisk line, else the first data disk of the boot order,
// else the first data disk at all (product-spec §4.3).
func systemDisk(c GuestConfig) (disk, bool) {
	data := dataDisks(c)
	for _, key := range bootOrder(c) {
		if i := slices.IndexFunc(data, func(d disk) bool { return d.key == key }); i >= 0 {
			return data[i], true
		}
	}
	if len(data) == 0 {
		return disk{}, false
	}
	return data[0], true
}

func bootOrder(c GuestConfig) []string {
	if legacy := c.Values["bootdisk"]; legacy != "" {
		return []string{legacy}
	}
	return strings.Split(parseOptions(c.Values["boot"]).get("order"), ";")
}

// pinBoot is the boot line that names the system disk where none does: a guest without one boots from the first disk in
// search order, and that may be the next disk it gets.
func pinBoot(c GuestConfig, system disk) (line string, needed bool) {
	order := slices.DeleteFunc(bootOrder(c), func(key string) bool { return c.Values[key] == "" })
	if slices.Contains(order, system.key) {
		return "", false
	}
	return "order=" + strings.Join(append([]string{system.key}, order...), ";"), true
}

// additionalDisk is the first data disk that is not the system disk.
func additionalDisk(c GuestConfig) (disk, bool) {
	system, ok := systemDisk(c)
	if !ok {
		return disk{}, false
	}
	for _, d := range dataDisks(c) {
		if d.key != system.key {
			return d, true
		}
	}
	return disk{}, false
}

// freeKey is the first unused place for a data disk on the system disk's bus; IDE and SATA have too few places
// and cannot be changed on a running guest, so their guests get SCSI.
func freeKey(c GuestConfig, system disk) string {
	bus, _, _ := splitKey(system.key)
	if bus == "ide" || bus == "sata" {
		bus = "scsi"
	}
	for i := range 16 {
		key := bus + strconv.Itoa(i)
		if _, used := c.Values[key]; !used {
			return key
		}
	}
	return ""
}

// withLimits is the drive's value with exactly these limits; changed says whether that is news.
func (d disk) withLimits(l spec.Limits) (value string, changed bool) {
	opts := d.opts
	for _, limit := range []struct {
		key  string
		want int
	}{{"mbps_rd", l.ReadMBps}, {"mbps_wr", l.WriteMBps}, {"iops_rd", l.ReadIOPS}, {"iops_wr", l.WriteIOPS}} {
		if have := opts.get(limit.key); !sameValue(cmp.Or(have, "0"), strconv.Itoa(limit.want)) {
			opts, changed = opts.with(limit.key, number(limit.want)), true
		}
	}
	return opts.String(), changed
}
