package vm

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm/hardware"
)

const (
	dnsPatience = 800 * time.Millisecond
	// dnsLook is how long somebody who asked for DNS alone is kept waiting for the outcome.
	dnsLook = time.Minute
)

// setDNS orders the records of the guest. It fails only when the order could not be written down: trouble with a provider is
// told and never in the way (product-spec §8.5).
func (s *Steps) setDNS(ctx context.Context, m *Machine) error {
	return s.syncDNS(ctx, m, m.Names(), s.dnsPatience())
}

func (s *Steps) dnsPatience() time.Duration { return cmp.Or(s.Settings.DNSPatience, dnsPatience) }

func (s *Steps) resetDNS(ctx context.Context, m *Machine) error {
	return s.syncDNS(ctx, m, m.Names(), dnsLook)
}

// dropDNS orders that nothing of the service stays in any zone.
func (s *Steps) dropDNS(ctx context.Context, m *Machine) error {
	return unlessSkipped(s.syncDNS(ctx, m, dns.Guest{ServiceID: m.ServiceID}, s.dnsPatience()))
}

// unlessSkipped is for steps that do more than the part that had nothing to do.
func unlessSkipped(err error) error {
	if _, skipped := errors.AsType[pipeline.SkipError](err); skipped {
		return nil
	}
	return err
}

func (s *Steps) syncDNS(ctx context.Context, m *Machine, guest dns.Guest, patience time.Duration) error {
	if s.Directory == nil {
		return pipeline.Skip("no zones configured")
	}
	r, err := s.Directory.Sync(ctx, guest, patience)
	switch {
	case err != nil:
		return err
	case r.Zones == 0:
		return pipeline.Skip("no zones configured")
	case len(r.Lines) == 0:
		return pipeline.Skip("no zone matches")
	}
	for _, line := range r.Lines {
		s.tell(m, "%s", line)
	}
	m.Details = append(slices.Clone(r.Lines), r.Summary())
	if r.Failed() {
		m.log("dns", "%s", r.Text())
	}
	return nil
}

// Names is what the records of m are made of: its addresses and reverse names, and its domain.
func (m *Machine) Names() dns.Guest {
	g := dns.Guest{ServiceID: m.ServiceID, FQDN: m.Domain}
	if l := hardware.FirstLease(m.Addresses, true); l != nil {
		g.Main = l.Address
	}
	if l := hardware.FirstLease(m.Addresses, false); l != nil {
		g.First6 = l.Address
	}
	for _, l := range m.Addresses {
		g.Addresses = append(g.Addresses, dns.Reverse{Addr: l.Address, Name: m.RevDNS[ippool.Expand(l.Address)]})
	}
	return g
}
