package vm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/hypervisor"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

const markPrefix = "kvmbridge:"

// Mark is the ownership mark in a guest's description: kvmbridge:<instance>:<service id>.
func Mark(instance string, serviceID int64) string {
	return markPrefix + instance + ":" + strconv.FormatInt(serviceID, 10)
}

// Owner is whom an ownership mark names.
type Owner struct {
	Mark      string // as it stands in the description
	Instance  string
	ServiceID int64 // 0 = the mark names none
}

// Owners reads the ownership marks in a guest's description, whosever they are. A mark is a word of its own.
func Owners(c hypervisor.GuestConfig) []Owner { return owners(c.Values["description"]) }

func owners(text string) []Owner {
	var list []Owner
	for word := range strings.FieldsSeq(text) {
		if name, ok := strings.CutPrefix(word, markPrefix); ok {
			instance, service, _ := strings.Cut(name, ":")
			id, _ := strconv.ParseInt(service, 10, 64)
			list = append(list, Owner{word, instance, id})
		}
	}
	return list
}

// Owns tells whether c is m's own guest: it carries this mark, or was built by the reference product under m's name.
func (m *Machine) Owns(c hypervisor.GuestConfig, mark string) bool {
	return ours(c, mark) || m.Adopted && c.Values["name"] == m.Name
}

func ours(c hypervisor.GuestConfig, mark string) bool {
	return slices.ContainsFunc(Owners(c), func(o Owner) bool { return o.Mark == mark })
}

// description is what people read in Proxmox, with the mark that we read.
func description(m *Machine) string {
	return fmt.Sprintf("WHMCS service #%d. Managed by kvmbridge; the next line tells it that this guest is its own.\n\n%s", m.ServiceID, m.site.mark)
}

// foreign refuses a guest that is not ours, with both names.
func foreign(m *Machine, c hypervisor.GuestConfig) error {
	return pipeline.WithFault(fmt.Errorf("VM %d on node %s is %q and does not carry the mark of service %d (%q): kvmbridge will not touch it",
		m.VMID, m.Node, c.Values["name"], m.ServiceID, m.Name), pipeline.NeedsPerson)
}

// fresh is how long a configuration that was read says whose guest it is. Between two steps a pass can wait for minutes, in
// lanes and for tasks; meanwhile somebody can put another guest in the place of ours.
const fresh = 30 * time.Second

// guest returns the configuration of m's own guest, read once and then again after every write and every long wait. It
// finds the guest on another node when somebody moved it, and refuses one that is not ours.
func (s *Steps) guest(ctx context.Context, m *Machine) (hypervisor.GuestConfig, error) {
	if m.site.config != nil && s.Clock.Now().Sub(m.site.readAt) < fresh {
		return *m.site.config, nil
	}
	c, err := s.read(ctx, m)
	if err != nil {
		return hypervisor.GuestConfig{}, err
	}
	if !m.owns(c) {
		return hypervisor.GuestConfig{}, foreign(m, c)
	}
	s.remember(m, c)
	return c, nil
}

func (s *Steps) remember(m *Machine, c hypervisor.GuestConfig) {
	m.site.config, m.site.readAt = &c, s.Clock.Now()
}

func (s *Steps) read(ctx context.Context, m *Machine) (hypervisor.GuestConfig, error) {
	if m.Node != "" {
		c, err := m.site.hv.Config(ctx, m.Node, m.VMID)
		if !errors.Is(err, hypervisor.ErrNoGuest) && (err == nil || !s.nodeLeft(ctx, m)) {
			return c, err
		}
	}
	m.site.cluster = nil // somebody moved it
	ref, err := s.locate(ctx, m)
	if err != nil {
		return hypervisor.GuestConfig{}, err
	}
	m.Node = ref.Node
	return m.site.hv.Config(ctx, m.Node, m.VMID)
}

// nodeLeft tells whether the recorded node is no member of the cluster any more.
func (s *Steps) nodeLeft(ctx context.Context, m *Machine) bool {
	cluster, err := m.resources(ctx)
	return err == nil && !slices.ContainsFunc(cluster.Nodes, func(n hypervisor.Node) bool { return n.Name == m.Node })
}

// locate finds m's guest in the cluster's list.
func (s *Steps) locate(ctx context.Context, m *Machine) (hypervisor.GuestRef, error) {
	cluster, err := m.resources(ctx)
	if err != nil {
		return hypervisor.GuestRef{}, err
	}
	if ref, ok := cluster.Guest(m.VMID); ok {
		return ref, nil
	}
	return hypervisor.GuestRef{}, pipeline.WithFault(fmt.Errorf("VM %d of service %d: %w anywhere in the cluster", m.VMID, m.ServiceID, hypervisor.ErrNoGuest), pipeline.NeedsPerson)
}

// write applies change to m's guest and forgets what was read before.
func (s *Steps) write(ctx context.Context, m *Machine, c hypervisor.GuestConfig, change hypervisor.Change) error {
	if len(change.Set) == 0 && len(change.Delete) == 0 {
		return nil
	}
	change.Digest = c.Digest
	m.site.writes++
	m.site.config = nil
	return m.site.hv.SetConfig(ctx, m.Node, m.VMID, change)
}
