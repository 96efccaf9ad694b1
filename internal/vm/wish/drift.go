package wish

import (
	"maps"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// Drift lists in what a live guest's configuration is not as it should be: what a change of the package would write, disks of
// another size, and power and link.
func (g Guest) Drift(c map[string]string) []hardware.Difference {
	want := g.CPU(c)
	delete(want, "onboot") // the suspension's
	maps.Copy(want, g.LiveNIC(c))
	maps.Copy(want, g.SystemLimits(c))
	if g.Spec.Additional.SizeGiB > 0 {
		maps.Copy(want, g.AdditionalLimits(c))
	}
	if !g.Adopted || len(g.Addresses) > 0 {
		maps.Copy(want, g.addressLine(c))
	}
	list := append(hardware.Differences(c, want), g.diskDrift(c)...)
	return append(list, hardware.Differences(c, g.Power(c))...)
}

// addressLine is the line of addresses, empty when the guest has none left.
func (g Guest) addressLine(c map[string]string) map[string]string {
	want := g.CloudInitAddresses(c)
	for _, key := range g.StaleAddresses(c) {
		want[key] = ""
	}
	maps.DeleteFunc(want, func(key, _ string) bool { return key != "ipconfig0" })
	return want
}

// diskDrift compares sizes, which are no lines that are written.
func (g Guest) diskDrift(c map[string]string) []hardware.Difference {
	var list []hardware.Difference
	for _, d := range []struct {
		what string
		find func(map[string]string) (hardware.Disk, bool)
		size int
	}{{"system disk", hardware.System, g.Spec.System.SizeGiB}, {"additional disk", hardware.Additional, g.Spec.Additional.SizeGiB}} {
		have, exists := d.find(c)
		switch want := strconv.Itoa(d.size) + "G"; {
		case d.size == 0:
		case !exists:
			list = append(list, hardware.Difference{What: d.what, Want: want})
		case have.Bytes() != int64(d.size)*hardware.GiB:
			list = append(list, hardware.Difference{What: d.what + " " + have.Key, Have: have.Options.Get("size"), Want: want})
		}
	}
	for _, d := range g.Unwanted(c) {
		list = append(list, hardware.Difference{What: "additional disk " + d.Key, Have: d.Options.Get("size")})
	}
	return list
}

// Unwanted are the disks beside the system's when the service's option says in so many words that there is none; a product's
// default of 0 wants none removed.
func (g Guest) Unwanted(c map[string]string) []hardware.Disk {
	if !g.Spec.Additional.Explicit || g.Spec.Additional.SizeGiB > 0 {
		return nil
	}
	return hardware.Extra(c)
}
