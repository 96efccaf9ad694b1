package vm

import (
	"context"
	"errors"
	"fmt"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

// cloneLane finds the template and names the storage that a clone reads from.
func (s *Steps) cloneLane(ctx context.Context, m *Machine) (string, error) {
	cluster, err := m.resources(ctx)
	if err != nil {
		return "", err
	}
	ref, ok := cluster.Guest(m.Spec.Template)
	if !ok || !ref.Template {
		return "", noTemplate(m, ok)
	}
	config, err := m.site.hv.Config(ctx, ref.Node, ref.VMID)
	if err != nil {
		return "", fmt.Errorf("read template %d: %w", ref.VMID, err)
	}
	source, ok := hardware.System(config.Values)
	if !ok {
		return "", pipeline.WithFault(fmt.Errorf("template %d (%s) has no disk: attach one or choose another template in the product", ref.VMID, ref.Name), pipeline.NeedsPerson)
	}
	m.site.template, m.site.source = ref, source
	return fmt.Sprintf("clone/%d/%s", m.ServerID, source.Storage()), nil
}

func noTemplate(m *Machine, exists bool) error {
	why := "does not exist in the cluster, or the API user lacks the privilege VM.Audit on it"
	if exists {
		why = "is a VM, not a template"
	}
	return pipeline.WithFault(fmt.Errorf("template %d of service %d %s: create it, or choose another one in the product's settings or the service's Operating System option",
		m.Spec.Template, m.ServiceID, why), pipeline.NeedsPerson)
}

// clone copies the template. The guest is the truth: one that carries our mark and is not locked is the copy.
func (s *Steps) clone(ctx context.Context, m *Machine) error {
	if err := s.await(ctx, m, "the clone"); err != nil {
		return s.orAnotherID(ctx, m, err)
	}
	if err := s.topUp(ctx, m); err != nil {
		return err
	}
	config, err := s.copied(ctx, m)
	switch {
	case errors.Is(err, hypervisor.ErrNoGuest):
		return s.startClone(ctx, m)
	case err != nil:
		return err
	case config.Values["lock"] == "clone" && config.Values["name"] == "":
		return pipeline.Wait(s.poll(), "a clone that has just begun") // its name and mark follow
	case !ours(config, m.site.mark):
		return s.anotherID(ctx, m)
	case config.Values["lock"] == "clone":
		return pipeline.Wait(s.poll(), "the clone")
	}
	s.remember(m, config)
	return s.leavePool(ctx, m)
}

// copied reads the guest that has our id: on the template's node, or where the cluster lists it. A copy that another
// process made and that somebody moved since is still ours.
func (s *Steps) copied(ctx context.Context, m *Machine) (hypervisor.GuestConfig, error) {
	m.Node = m.site.template.Node
	config, err := m.site.hv.Config(ctx, m.Node, m.VMID)
	if !errors.Is(err, hypervisor.ErrNoGuest) {
		return config, err
	}
	m.site.cluster = nil // minutes may have passed in the lane
	cluster, failed := m.resources(ctx)
	if failed != nil {
		return config, failed
	}
	ref, ok := cluster.Guest(m.VMID)
	if !ok || ref.Node == m.Node {
		return config, err
	}
	m.Node = ref.Node
	return m.site.hv.Config(ctx, m.Node, m.VMID)
}

func (s *Steps) startClone(ctx context.Context, m *Machine) error {
	cluster, err := m.resources(ctx)
	if err != nil {
		return err
	}
	if _, taken := cluster.Guest(m.VMID); taken { // a container, or somebody was quicker: their firewall is not ours to clear
		return s.orAnotherID(ctx, m, hypervisor.ErrTaken)
	}
	m.Node = m.site.template.Node
	if err := s.clearFirewall(ctx, m); err != nil {
		return err
	}
	upid, err := m.site.hv.Clone(ctx, m.site.template, hypervisor.Clone{
		VMID: m.VMID, Name: m.Name, Description: description(m),
		Full: m.Spec.FullClone, Storage: m.cloneStorage(),
	})
	if err != nil {
		return s.orAnotherID(ctx, m, err)
	}
	m.site.made = true
	return s.began(m, upid, "the clone")
}

// cloneStorage is where a full clone goes; Proxmox refuses the parameter for linked ones.
func (m *Machine) cloneStorage() string {
	if m.Spec.FullClone {
		return m.Spec.System.Storage
	}
	return ""
}

// clearFirewall drops what an earlier owner of the id left behind: Proxmox keeps it for a free id, and the next guest
// inherits it. Options and address set of a firewall that we manage are overwritten later on.
func (s *Steps) clearFirewall(ctx context.Context, m *Machine) error {
	n, err := m.site.hv.FirewallRules(ctx, m.Node, m.VMID)
	if err == nil && n > 0 {
		err = m.site.hv.DropFirewallRules(ctx, m.Node, m.VMID)
	}
	if err != nil || m.Spec.FirewallApplies() {
		return err
	}
	if err := m.site.hv.DropIPSet(ctx, m.Node, m.VMID, ipSet); err != nil {
		return err
	}
	have, err := m.site.hv.FirewallOptions(ctx, m.Node, m.VMID)
	if err != nil || have["enable"] != "1" {
		return err
	}
	return m.site.hv.SetFirewallOptions(ctx, m.Node, m.VMID, map[string]string{"enable": "0"})
}

// orAnotherID looks once more at an id that Proxmox calls taken: it may be our own clone whose answer was lost.
func (s *Steps) orAnotherID(ctx context.Context, m *Machine, cause error) error {
	if !errors.Is(cause, hypervisor.ErrTaken) {
		return cause
	}
	m.site.cluster = nil
	config, err := s.copied(ctx, m)
	switch {
	case err != nil && !errors.Is(err, hypervisor.ErrNoGuest):
		return err // not knowing whose it is, we keep the id
	case err == nil && (ours(config, m.site.mark) || config.Values["name"] == ""):
		return pipeline.Wait(s.poll(), "the clone")
	}
	return s.anotherID(ctx, m)
}

// anotherID gives up an id that turned out to be somebody else's and takes the next one.
func (s *Steps) anotherID(ctx context.Context, m *Machine) error {
	if err := s.Numbers.Forfeit(ctx, m.ServerID, m.ServiceID, m.VMID); err != nil {
		return err
	}
	m.VMID, m.site.cluster = 0, nil
	if err := s.reserve(ctx, m); err != nil {
		return err
	}
	return pipeline.Wait(0, "another VM id")
}

// leavePool takes the new guest out of a pool that its id was listed in before it existed.
func (s *Steps) leavePool(ctx context.Context, m *Machine) error {
	m.site.cluster = nil // it did not hold the new guest yet
	ref, err := s.locate(ctx, m)
	if err != nil {
		return err
	}
	if ref.Pool == "" {
		return nil
	}
	return m.site.hv.LeavePool(ctx, ref.Pool, m.VMID)
}
