package machine

import (
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/refusal"
)

// BootOrder is the list of devices of the order form of the boot key; nil in the old letter form.
func (c Config) BootOrder() []string {
	for part := range strings.SplitSeq(c["boot"], ",") {
		if list, ok := strings.CutPrefix(part, "order="); ok {
			return strings.FieldsFunc(list, func(r rune) bool { return r == ';' })
		}
	}
	return nil
}

// BootDisk is the drive whose size is shown as the guest's: the first data disk of the order, the old
// bootdisk key, else the first data disk there is.
func (c Config) BootDisk() string {
	data := c.DataDrives()
	for _, dev := range append(c.BootOrder(), c["bootdisk"]) {
		if slices.Contains(data, dev) {
			return dev
		}
	}
	if len(data) > 0 && c["boot"] == "" {
		return data[0]
	}
	return ""
}

// CheckBoot refuses an order that names a device the guest lacks. The quote at the end is the original's.
func (c Config) CheckBoot() error {
	for _, dev := range c.BootOrder() {
		if _, ok := c[dev]; !ok {
			return refusal.Fault("invalid bootorder: device '%s' does not exist'", dev)
		}
	}
	return nil
}

// DropBoot takes a device out of the boot order; an order that runs empty becomes a single space.
func (c Config) DropBoot(dev string) {
	order := c.BootOrder()
	if !slices.Contains(order, dev) {
		return
	}
	order = slices.DeleteFunc(order, func(d string) bool { return d == dev })
	c["boot"] = " "
	if len(order) > 0 {
		c["boot"] = "order=" + strings.Join(order, ";")
	}
}

// DefaultBoot is the order a new guest gets: first disk, first CD-ROM drive, first network card.
func (c Config) DefaultBoot() string {
	var order []string
	if data := slices.DeleteFunc(c.DataDrives(), func(k string) bool { return !busKey.MatchString(k) }); len(data) > 0 {
		order = append(order, data[0])
	}
	for _, k := range c.Drives() {
		if d := ParseDrive(c[k]); d.IsCDROM() && !d.IsCloudInit() {
			order = append(order, k)
			break
		}
	}
	if nets := c.Nets(); len(nets) > 0 {
		order = append(order, nets[0])
	}
	if len(order) == 0 {
		return " "
	}
	return "order=" + strings.Join(order, ";")
}
