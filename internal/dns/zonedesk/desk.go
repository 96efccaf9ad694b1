package zonedesk

import (
	"context"
	"errors"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

// Book is where zones and rows are kept; implemented by internal/store's zonebook and ledger together.
type Book interface {
	DNSZones(ctx context.Context) ([]zones.Zone, error)
	DNSZone(ctx context.Context, id int64) (zones.Zone, error)
	DecideDNSZone(ctx context.Context, now time.Time, decide func(saved []zones.Zone) (zonebook.Write, error)) (int64, error)
	DNSCounts(ctx context.Context) (map[int64]ledger.Count, error)
	DNSCount(ctx context.Context, zoneID int64) (ledger.Count, error)
	PendingDNSRecords(ctx context.Context, q ledger.Question) (rows []ledger.Row, count int, err error)
	RetryDNS(ctx context.Context, serviceID, zoneID int64, now time.Time) (int64, error)
	RetryDNSRecord(ctx context.Context, zoneID, id int64, now time.Time) (bool, error)
}

// Desk is safe for concurrent use. All fields are required.
type Desk struct {
	Book Book
	// Open makes the provider of a zone and calls nobody; its error is a sentence about the zone's fields.
	Open  func(zones.Zone) (dns.Provider, error)
	Clock clock.Clock
	// Wake is called when records became due or something stands in the outbox.
	Wake func()
}

// Zone is a saved zone without its secrets; a *NoZoneError when there is none of that id.
func (d *Desk) Zone(ctx context.Context, id int64) (zones.Zone, error) {
	z, err := d.zone(ctx, id)
	return z.Redacted(), err
}

// Counted is a saved zone as it stands in the list; a *NoZoneError when there is none of that id.
func (d *Desk) Counted(ctx context.Context, id int64) (l Listed, err error) {
	if l.Zone, err = d.Zone(ctx, id); err != nil {
		return l, err
	}
	l.Count, err = d.Book.DNSCount(ctx, id)
	return l, err
}

func (d *Desk) zone(ctx context.Context, id int64) (zones.Zone, error) {
	z, err := d.Book.DNSZone(ctx, id)
	if !errors.Is(err, zonebook.ErrNoZone) {
		return z, err
	}
	saved, err := d.Book.DNSZones(ctx)
	if err != nil {
		return z, err
	}
	return z, noZone(id, saved)
}

// Test proves that a zone can be reached, is the configured one and can be written, and changes nothing.
func (d *Desk) Test(ctx context.Context, id int64) (zones.Zone, []dns.Finding, error) {
	z, err := d.zone(ctx, id)
	if err != nil {
		return z, nil, err
	}
	return z.Redacted(), d.Examine(ctx, z), nil
}

// Examine is Test for a zone with its secrets.
func (d *Desk) Examine(ctx context.Context, z zones.Zone) []dns.Finding {
	if z.Fault != "" {
		return []dns.Finding{{Step: "settings", Level: dns.Failed, Text: z.Fault}}
	}
	p, err := d.Open(z)
	if err != nil {
		return []dns.Finding{{Step: "settings", Level: dns.Failed, Text: err.Error()}}
	}
	return p.Test(ctx)
}
