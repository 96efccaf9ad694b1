package vm

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// wish computes what must be written so that one aspect of a guest is as wanted; empty when it is already.
type wish func(m *Machine, c hypervisor.GuestConfig) map[string]string

// apply writes what the wish asks for, and nothing when nothing differs.
func (s *Steps) apply(ctx context.Context, m *Machine, w wish) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	return s.write(ctx, m, c, hypervisor.Change{Set: w(m, c)})
}

// setCPURAM writes cores and memory, and in the same call everything that later steps would write: one request instead
// of four. When Proxmox refuses the whole, only this step's part is written and the step that owns the fault reports it.
func (s *Steps) setCPURAM(ctx context.Context, m *Machine) error {
	err := s.apply(ctx, m, wishForAll)
	if err == nil {
		m.site.secret = true
		return nil
	}
	if pipeline.FaultOf(err) == pipeline.Transient {
		return err
	}
	return s.apply(ctx, m, wishForCPU)
}

func wishForAll(m *Machine, c hypervisor.GuestConfig) map[string]string {
	all := map[string]string{}
	for _, w := range []wish{wishForCPU, wishForSystemLimits, wishForNIC, wishForCloudInit} {
		maps.Copy(all, w(m, c))
	}
	return all
}

func (s *Steps) limitSystemDisk(ctx context.Context, m *Machine) error {
	return s.apply(ctx, m, wishForSystemLimits)
}

func (s *Steps) setNetwork(ctx context.Context, m *Machine) error {
	if err := s.apply(ctx, m, wishForNIC); err != nil {
		return err
	}
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	_, m.MAC, _ = hardware.SplitNIC(hardware.ParseOptions(c.Values["net0"]))
	return nil
}

// setCloudInit also attaches a cloud-init drive to a guest whose template has none; without one the guest would get
// neither address nor password.
func (s *Steps) setCloudInit(ctx context.Context, m *Machine) error {
	if m.PasswordFault != nil {
		return pipeline.WithFault(fmt.Errorf("the guest's password cannot be read (%w); Change Password on the page of service %d in WHMCS sets a new one",
			m.PasswordFault, m.ServiceID), pipeline.NeedsPerson)
	}
	if err := s.apply(ctx, m, wishForCloudInit); err != nil {
		return err
	}
	m.site.secret = true
	return nil
}

func wishForCPU(m *Machine, c hypervisor.GuestConfig) map[string]string {
	memory := strconv.Itoa(m.Spec.MemoryMiB)
	want := map[string]string{"cores": strconv.Itoa(m.Spec.Cores), "sockets": "1", "memory": memory, "onboot": "1"}
	if balloon, err := strconv.Atoi(c.Values["balloon"]); err == nil && balloon > m.Spec.MemoryMiB {
		want["balloon"] = memory // a template with more memory than the package
	}
	if vcpus, err := strconv.Atoi(c.Values["vcpus"]); err == nil && vcpus > m.Spec.Cores {
		want["vcpus"] = want["cores"]
	}
	defaults := map[string]string{"sockets": "1", "cores": "1", "onboot": "0"}
	maps.DeleteFunc(want, func(key, value string) bool {
		return cmp.Or(strings.TrimPrefix(c.Values[key], "current="), defaults[key]) == value // how some versions write memory
	})
	return want
}

func wishForSystemLimits(m *Machine, c hypervisor.GuestConfig) map[string]string {
	return wishForLimits(c, m.Spec.System.Limits, hardware.System)
}

func wishForNIC(m *Machine, c hypervisor.GuestConfig) map[string]string {
	have := hardware.ParseOptions(cmp.Or(c.Values["net0"], "virtio"))
	want := m.nic(have)
	if c.Values["net0"] != "" && want.Equal(have) {
		return nil
	}
	return map[string]string{"net0": want.String()}
}

// nic is the NIC as wanted, with all of its other options kept. Without a MAC Proxmox would make a new one at every write.
func (m *Machine) nic(have hardware.Options) hardware.Options {
	model, mac, rest := hardware.SplitNIC(have)
	model, mac = cmp.Or(m.Spec.Network.Model, model), cmp.Or(m.MAC, mac)
	head := hardware.Option{Key: model, Value: mac}
	if mac == "" {
		head = hardware.Option{Value: model}
	}
	bridge, vlan := m.wire()
	rest = rest.With("bridge", bridge).With("tag", hardware.Number(vlan))
	if rate := hardware.Number(m.Spec.Network.RateMBps); !hardware.SameValue(cmp.Or(rest.Get("rate"), "0"), cmp.Or(rate, "0")) {
		rest = rest.With("rate", rate)
	}
	if m.Spec.FirewallApplies() {
		rest = rest.With("firewall", "1")
	}
	return append(hardware.Options{head}, rest...)
}

// wire is the bridge and VLAN of the guest: those its addresses live on, else the product's.
func (m *Machine) wire() (bridge string, vlan int) {
	if m.Spec.Network.Auto && len(m.Addresses) > 0 {
		return m.Addresses[0].Bridge, m.Addresses[0].VLAN
	}
	return m.Spec.Network.Bridge, m.Spec.Network.VLAN
}

func wishForCloudInit(m *Machine, c hypervisor.GuestConfig) map[string]string {
	want := map[string]string{"ciuser": m.Username, "ipconfig0": m.ipConfig(), "nameserver": hardware.Nameservers(m.Addresses), "searchdomain": m.Spec.MainDomain}
	maps.DeleteFunc(want, func(key, value string) bool { return value == "" || c.Values[key] == value })
	if keys := strings.TrimSpace(m.Spec.SSHKeys); keys != "" && !m.site.secret {
		want["sshkeys"] = keys
	}
	if m.Password != "" && !m.site.secret {
		want["cipassword"] = m.Password // reads back as asterisks: written once per pass
	}
	if drive, value := m.cloudInitDrive(c); drive != "" {
		want[drive] = value
	}
	return want
}

// cloudInitDrive is the drive to add when c has none.
func (m *Machine) cloudInitDrive(c hypervisor.GuestConfig) (key, value string) {
	system, ok := hardware.System(c.Values)
	for _, d := range hardware.Drives(c.Values) {
		if d.IsCloudInit() {
			return "", ""
		}
	}
	for _, key := range []string{"ide2", "ide0", "ide1", "ide3"} {
		if _, used := c.Values[key]; !used && ok {
			return key, system.Storage() + ":cloudinit"
		}
	}
	return "", ""
}

func (m *Machine) ipConfig() string {
	return hardware.IPConfig(m.Addresses, m.Spec.Network.DHCP4, m.Spec.Network.DHCP6)
}
