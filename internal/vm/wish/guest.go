package wish

import (
	"cmp"
	"maps"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/spec"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// Guest is how a guest should be.
type Guest struct {
	Spec      spec.Spec
	Addresses []ippool.Lease
	MAC       string // "" = keep the one it has
	Username  string
	Password  string
	// Written: password and keys were written a moment ago; they cannot be read back, so writing them never ends.
	Written   bool
	Suspended bool
	// Throttled guests have used up their allowance of traffic.
	Throttled bool
	// Adopted guests may live on addresses that were never leased here.
	Adopted bool
}

// All is everything that can be written in one call before the first start.
func (g Guest) All(c map[string]string) map[string]string {
	all := map[string]string{}
	for _, part := range []map[string]string{g.CPU(c), g.SystemLimits(c), g.NIC(c), g.CloudInit(c)} {
		maps.Copy(all, part)
	}
	return all
}

// CPU is cores, memory and that the guest starts with its node.
func (g Guest) CPU(c map[string]string) map[string]string {
	memory := strconv.Itoa(g.Spec.MemoryMiB)
	want := map[string]string{"cores": strconv.Itoa(g.Spec.Cores), "sockets": "1", "memory": memory, "onboot": "1"}
	if balloon, err := strconv.Atoi(c["balloon"]); err == nil && balloon > g.Spec.MemoryMiB {
		want["balloon"] = memory // a template with more memory than the package
	}
	if vcpus, err := strconv.Atoi(c["vcpus"]); err == nil && vcpus > g.Spec.Cores {
		want["vcpus"] = want["cores"]
	}
	defaults := map[string]string{"sockets": "1", "cores": "1", "onboot": "0"}
	maps.DeleteFunc(want, func(key, value string) bool {
		return cmp.Or(strings.TrimPrefix(c[key], "current="), defaults[key]) == value // how some versions write memory
	})
	return want
}

// CPUOfALiveGuest is CPU without the start with the node, which the suspension owns.
func (g Guest) CPUOfALiveGuest(c map[string]string) map[string]string {
	want := g.CPU(c)
	if g.Suspended {
		delete(want, "onboot")
	}
	return want
}

// SystemLimits are the I/O limits of the system disk.
func (g Guest) SystemLimits(c map[string]string) map[string]string {
	return limits(c, g.Spec.System.Limits, hardware.System)
}

// AdditionalLimits are the I/O limits of the second disk.
func (g Guest) AdditionalLimits(c map[string]string) map[string]string {
	return limits(c, g.Spec.Additional.Limits, hardware.Additional)
}

func limits(c map[string]string, l spec.Limits, which func(map[string]string) (hardware.Disk, bool)) map[string]string {
	d, ok := which(c)
	if !ok {
		return nil
	}
	if value, changed := d.WithLimits(l); changed {
		return map[string]string{d.Key: value}
	}
	return nil
}

// Power is link and start with the node: a suspended guest cannot be brought back by its owner.
func (g Guest) Power(c map[string]string) map[string]string {
	if g.Suspended {
		return hardware.Plugged(c, "0", "1")
	}
	return hardware.Plugged(c, "1", "")
}
