package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// migrateLane chooses the target node and names the way to it; no lane while the guest stays where it is.
func (s *Steps) migrateLane(ctx context.Context, m *Machine) (string, error) {
	// One that is on its way already is waited for, whatever the setting says by now.
	if m.site.stays = m.Task == "" && !s.Settings.Migrate(ctx); m.site.stays {
		return "", nil
	}
	config, err := s.guest(ctx, m)
	if err != nil {
		return "", err
	}
	if err := s.findTemplate(ctx, m); err != nil {
		return "", err
	}
	m.site.target = m.Node
	if !m.moved() {
		if m.site.target, err = s.target(ctx, m, config); err != nil {
			return "", err
		}
	}
	if m.site.target == m.Node {
		return "", nil
	}
	return fmt.Sprintf("migrate/%d/%s", m.ServerID, m.site.target), nil
}

// findTemplate learns where the template is when this pass did not clone it.
func (s *Steps) findTemplate(ctx context.Context, m *Machine) error {
	if m.site.template.Node != "" {
		return nil
	}
	cluster, err := m.resources(ctx)
	if err != nil {
		return err
	}
	m.site.template, _ = cluster.Guest(m.Spec.Template)
	return nil
}

// moved tells whether the guest has left its template's node. One that has is not moved again, even if by now
// another node has more free memory.
func (m *Machine) moved() bool {
	return m.site.template.Node != "" && m.Node != m.site.template.Node
}

// migrate moves the guest, still stopped, to its target. A guest that cannot move stays and is deployed where it is.
func (s *Steps) migrate(ctx context.Context, m *Machine) error {
	if m.site.stays {
		return pipeline.Skip("migration is off")
	}
	travelled := m.Task != ""
	if err := s.await(ctx, m, "the migration"); err != nil {
		return s.orStay(m, err)
	}
	if travelled {
		m.Node = m.site.target
	}
	config, err := s.guest(ctx, m)
	switch {
	case err != nil:
		return err
	case config.Values["lock"] == "migrate": // any other lock is somebody else's: Proxmox says so when it is in the way
		m.site.config = nil
		return pipeline.Wait(s.poll(), "the migration")
	case m.moved():
		return nil
	case m.site.target == m.Node:
		return pipeline.Skip("already on node " + m.Node)
	}
	upid, err := m.site.hv.Migrate(ctx, m.Node, m.VMID, m.site.target, m.targetStorage(config))
	if err != nil {
		return s.orStay(m, err)
	}
	m.site.config = nil
	return s.began(m, upid, "the migration")
}

// orStay lets the deploy go on where the guest is when Proxmox says that it cannot move; what passes by itself is tried again.
func (s *Steps) orStay(m *Machine, cause error) error {
	if waiting, ok := errors.AsType[pipeline.WaitError](cause); ok {
		return waiting
	}
	if pipeline.FaultOf(cause) == pipeline.Transient {
		return cause
	}
	return pipeline.Skip(fmt.Sprintf("stays on node %s: %v", m.Node, cause))
}

// targetStorage maps the disks to the product's storage when the template's is not wanted.
func (m *Machine) targetStorage(c hypervisor.GuestConfig) string {
	system, ok := hardware.System(c.Values)
	if want := m.Spec.System.Storage; ok && want != "" && want != system.Storage() {
		return want
	}
	return ""
}

// target is the node the guest should live on: the product's, else the one with the most free memory, always one
// that has the storages. With none in sight it is the node the guest is on.
func (s *Steps) target(ctx context.Context, m *Machine, c hypervisor.GuestConfig) (string, error) {
	cluster, err := m.resources(ctx)
	if err != nil {
		return "", err
	}
	for _, n := range s.placement.Order(m.ServiceID, m.ServerID, m.Spec.Node, cluster.Nodes) {
		if n == m.Node || cluster.Holds(n, m.storagesNeeded(c)) {
			s.placement.Put(m.ServiceID, m.ServerID, n, int64(m.Spec.MemoryMiB)<<20)
			return n, nil
		}
	}
	return m.Node, nil
}

// storagesNeeded on the target: where the disks are, or the product's storage that they all move to.
func (m *Machine) storagesNeeded(c hypervisor.GuestConfig) []string {
	if to := m.targetStorage(c); to != "" {
		return []string{to}
	}
	var ids []string
	for _, d := range hardware.Drives(c.Values) {
		if d.IsData() || d.IsCloudInit() {
			ids = append(ids, d.Storage())
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
