package vm

import (
	"maps"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// Drift lists in what the configuration of m's guest is not as its service, its addresses and its suspension want it: what a
// change of the package would write, and disks of another size. m has its Spec and Addresses. A guest that another module
// built may live on addresses that were never leased here.
func Drift(m Machine, c hypervisor.GuestConfig) []hardware.Difference {
	m.Spec.Network.Model = "" // a change leaves the model, see changeNetwork
	want := wishForCPU(&m, c)
	delete(want, "onboot") // the suspension's
	maps.Copy(want, wishForNIC(&m, c))
	maps.Copy(want, wishForSystemLimits(&m, c))
	if m.Spec.Additional.SizeGiB > 0 {
		maps.Copy(want, wishForLimits(c, m.Spec.Additional.Limits, hardware.Additional))
	}
	if !m.Adopted || len(m.Addresses) > 0 {
		maps.Copy(want, m.wishForIPConfig(c))
	}
	list := append(hardware.Differences(c.Values, want), m.diskDrift(c)...)
	plugged := wishUnsuspended
	if m.Suspended {
		plugged = wishSuspended
	}
	return append(list, hardware.Differences(c.Values, plugged(&m, c))...)
}

// wishForIPConfig is the line of addresses, empty when the guest has none left.
func (m *Machine) wishForIPConfig(c hypervisor.GuestConfig) map[string]string {
	want := wishForAddresses(m, c)
	for _, key := range m.staleAddresses(c) {
		want[key] = ""
	}
	maps.DeleteFunc(want, func(key, _ string) bool { return key != "ipconfig0" })
	return want
}

// diskDrift compares sizes, which are no lines that are written.
func (m *Machine) diskDrift(c hypervisor.GuestConfig) []hardware.Difference {
	var list []hardware.Difference
	for _, d := range []struct {
		what string
		find pick
		size int
	}{{"system disk", hardware.System, m.Spec.System.SizeGiB}, {"additional disk", hardware.Additional, m.Spec.Additional.SizeGiB}} {
		have, exists := d.find(c.Values)
		switch want := strconv.Itoa(d.size) + "G"; {
		case d.size == 0:
		case !exists:
			list = append(list, hardware.Difference{What: d.what, Want: want})
		case have.Bytes() != int64(d.size)*hardware.GiB:
			list = append(list, hardware.Difference{What: d.what + " " + have.Key, Have: have.Options.Get("size"), Want: want})
		}
	}
	if _, drops, err := m.unwanted(c); drops || err != nil {
		for _, d := range hardware.Extra(c.Values) {
			list = append(list, hardware.Difference{What: "additional disk " + d.Key, Have: d.Options.Get("size")})
		}
	}
	return list
}
