package vm

import (
	"context"
	"errors"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// dropBackups removes the guest's backups from the product's backup storage, best effort. Clusters can share a storage and
// an id is used again and again, so that the id alone says nothing: what is not proven to be of this guest stays.
func (s *Steps) dropBackups(ctx context.Context, m *Machine) error {
	storage := m.Spec.Integrations.BackupStorage
	if storage == "" || m.site.swept {
		return nil
	}
	if err := s.await(ctx, m, "a backup to go"); err != nil {
		return s.passOver(m, err)
	}
	list, err := m.site.hv.Backups(ctx, m.Node, storage, m.VMID)
	if err != nil {
		return s.passOver(m, err)
	}
	for _, b := range list {
		if !b.Protected && s.sifted(ctx, m, b) {
			return s.dropBackup(ctx, m, storage, b)
		}
	}
	s.tell(m, "backups removed")
	m.site.swept = true
	return nil
}

// sifted looks at each backup once and tells whether it is to go.
func (s *Steps) sifted(ctx context.Context, m *Machine, b hypervisor.Backup) bool {
	if m.site.tried[b.Volume] {
		return false
	}
	if m.site.tried == nil {
		m.site.tried = map[string]bool{}
		s.tell(m, "removing backups")
	}
	m.site.tried[b.Volume] = true
	proven, err := s.proven(ctx, m, b)
	switch {
	case err != nil:
		s.tell(m, "backup %s kept: nobody can tell whose it is: %v", b.Volume, err)
	case !proven:
		s.tell(m, "backup %s kept: nothing says that it is of this VM", b.Volume)
	}
	return err == nil && proven
}

func (s *Steps) proven(ctx context.Context, m *Machine, b hypervisor.Backup) (bool, error) {
	return m.OwnsBackup(b, m.site.mark, func() (hypervisor.GuestConfig, error) { return m.site.hv.BackupConfig(ctx, m.Node, b.Volume) })
}

// OwnsBackup tells whether a backup is of m's guest. The notes decide where they carry an ownership mark. That is the contract
// for every backup that kvmbridge makes: its notes-template ends the first line, the only one that Proxmox lists, with the
// mark (Mark) as a word of its own. Without one the configuration inside the archive has to be of m's own guest, by the same
// rule as that of a live guest: the mark in its description, or for an adopted guest its name beside the id.
func (m *Machine) OwnsBackup(b hypervisor.Backup, mark string, inside func() (hypervisor.GuestConfig, error)) (bool, error) {
	if marks := owners(b.Notes); len(marks) > 0 {
		return !slices.ContainsFunc(marks, func(o Owner) bool { return o.Mark != mark }), nil
	}
	c, err := inside()
	return err == nil && m.Owns(c, mark), err
}

func (s *Steps) dropBackup(ctx context.Context, m *Machine, storage string, b hypervisor.Backup) error {
	upid, err := m.site.hv.DeleteBackup(ctx, m.Node, storage, b.Volume)
	if err != nil {
		return s.passOver(m, err)
	}
	m.Task = upid
	return pipeline.Wait(0, "a backup to go")
}

// passOver notes trouble that does not stop a termination, and ends the sweep.
func (s *Steps) passOver(m *Machine, err error) error {
	if waiting, ok := errors.AsType[pipeline.WaitError](err); ok {
		return waiting
	}
	m.Task = ""
	s.tell(m, "backups: %v", err)
	m.site.swept = true
	return nil
}
