package vm

import (
	"context"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
	"github.com/kvmbridge/kvmbridge/internal/vm/wish"
)

// pick finds one of a guest's disks.
type pick func(map[string]string) (hardware.Disk, bool)

func (s *Steps) growSystemDisk(ctx context.Context, m *Machine) error {
	return s.grow(ctx, m, m.Spec.System.SizeGiB, hardware.System, "system_disk_shrink_rejected")
}

// growAdditionalDisk also makes the disk: the product may have got one since the step that makes it was passed over.
func (s *Steps) growAdditionalDisk(ctx context.Context, m *Machine) error {
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	if _, exists := hardware.Additional(c.Values); !exists {
		return s.createAdditionalDisk(ctx, m)
	}
	return s.grow(ctx, m, m.Spec.Additional.SizeGiB, hardware.Additional, "additional_disk_shrink_rejected")
}

// grow brings a disk to size GiB; it never shrinks one. The size in the guest's configuration tells whether it is done.
func (s *Steps) grow(ctx context.Context, m *Machine, size int, which pick, rejected string) error {
	if size == 0 {
		return pipeline.Skip("not configured")
	}
	if err := s.await(ctx, m, "the disk to grow"); err != nil {
		return err
	}
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	d, ok := which(c.Values)
	if !ok {
		return noDisk(m)
	}
	want := int64(size) * hardware.GiB
	switch {
	case d.Bytes() == want && m.site.resized == d.Key:
		m.site.resized = ""
		return nil
	case d.Bytes() == want:
		return pipeline.Skip("no change")
	case d.Bytes() > want:
		if !Building(m.Status) { // a template larger than the package is nobody's wish
			m.log(rejected, "The disk %s has %d GiB and the package says %d GiB: disks are never made smaller, the larger one stays.", d.Key, d.Bytes()/hardware.GiB, size)
		}
		return pipeline.Skip("shrink not allowed by Proxmox")
	}
	return s.resize(ctx, m, d, size)
}

func (s *Steps) resize(ctx context.Context, m *Machine, d hardware.Disk, size int) error {
	upid, err := m.site.hv.Resize(ctx, m.Node, m.VMID, d.Key, size)
	if err != nil {
		return err
	}
	m.Task, m.site.config, m.site.resized = upid, nil, d.Key // quick, or done already: no pace to learn
	return pipeline.Wait(s.poll()/4, "the disk to grow")
}

func noDisk(m *Machine) error {
	return pipeline.WithFault(fmt.Errorf("VM %d on node %s lost the disk that should grow: look at its hardware page in Proxmox", m.VMID, m.Node), pipeline.NeedsPerson)
}

// createAdditionalDisk makes the second disk at its full size and with its limits; one that exists is left alone.
func (s *Steps) createAdditionalDisk(ctx context.Context, m *Machine) error {
	if m.Spec.Additional.SizeGiB == 0 {
		return pipeline.Skip("not configured")
	}
	c, err := s.guest(ctx, m)
	if err != nil {
		return err
	}
	if _, exists := hardware.Additional(c.Values); exists {
		return pipeline.Skip("exists")
	}
	system, ok := hardware.System(c.Values)
	if !ok {
		return noDisk(m)
	}
	value, err := s.newDisk(ctx, m, system)
	if err != nil {
		return err
	}
	set := map[string]string{hardware.FreeKey(c.Values, system): value}
	if line, ok := hardware.PinBoot(c.Values, system); ok {
		set["boot"] = line
	}
	return s.write(ctx, m, c, hypervisor.Change{Set: set})
}

// newDisk asks for a volume: "<storage>:<GiB>,format=…" and the limits.
func (s *Steps) newDisk(ctx context.Context, m *Machine, system hardware.Disk) (string, error) {
	want := m.Spec.Additional
	storage := system.Storage()
	format := hardware.FormatOf(system)
	if want.Storage != "" && want.Storage != storage {
		storage = want.Storage
		var err error
		if format, err = s.formatOn(ctx, m, storage, format); err != nil {
			return "", err
		}
	}
	return hardware.NewDisk(storage, want.SizeGiB, format, want.Limits), nil
}

// formatOn keeps format on storages made of files; block storages only hold raw volumes.
func (s *Steps) formatOn(ctx context.Context, m *Machine, storage, format string) (string, error) {
	cluster, err := m.resources(ctx)
	if err != nil {
		return "", err
	}
	for _, st := range cluster.Storages {
		if st.ID == storage && st.Node == m.Node && hardware.HoldsFiles(st.Type) {
			return format, nil
		}
	}
	return "raw", nil
}

func (s *Steps) limitAdditionalDisk(ctx context.Context, m *Machine) error {
	if m.Spec.Additional.SizeGiB == 0 {
		return pipeline.Skip("not configured")
	}
	return s.apply(ctx, m, wish.Guest.AdditionalLimits)
}
