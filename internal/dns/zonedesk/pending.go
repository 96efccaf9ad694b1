package zonedesk

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/store/ledger"
)

// Pending are records of a zone that are not as they should be yet.
type Pending struct {
	Listed
	Rows  []ledger.Row
	Found int // records that the question means
}

// Pending lists records of one zone that are not as they should be yet, those that failed first.
func (d *Desk) Pending(ctx context.Context, q ledger.Question) (p Pending, err error) {
	if p.Listed, err = d.Counted(ctx, q.ZoneID); err == nil {
		p.Rows, p.Found, err = d.Book.PendingDNSRecords(ctx, q)
	}
	return p, err
}

// RetryZone makes the failed records of a zone due at once, and says how many.
func (d *Desk) RetryZone(ctx context.Context, zoneID int64) (int64, error) {
	if _, err := d.zone(ctx, zoneID); err != nil {
		return 0, err
	}
	n, err := d.Book.RetryDNS(ctx, 0, zoneID, d.Clock.Now())
	d.Wake()
	return n, err
}

// RetryRecord makes one record of a zone due at once; false = it is right or gone meanwhile.
func (d *Desk) RetryRecord(ctx context.Context, zoneID, id int64) (bool, error) {
	if _, err := d.zone(ctx, zoneID); err != nil {
		return false, err
	}
	due, err := d.Book.RetryDNSRecord(ctx, zoneID, id, d.Clock.Now())
	d.Wake()
	return due, err
}
