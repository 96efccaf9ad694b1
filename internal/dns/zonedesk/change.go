package zonedesk

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/store/zonebook"
)

// Add saves a new zone as it was typed, and returns it without its secrets. by says who adds it, for WHMCS's activity log. A
// wrong field is in zones.FormErrors; nothing was changed then.
func (d *Desk) Add(ctx context.Context, by string, typed zones.Zone) (z zones.Zone, err error) {
	z.ID, err = d.Book.DecideDNSZone(ctx, d.Clock.Now(), func(saved []zones.Zone) (w zonebook.Write, err error) {
		if z, err = zones.Check(typed, nil, saved); err != nil {
			return w, err
		}
		z.ID = 0
		return zonebook.Write{Zone: z, Entry: func(id int64) string { return added(by, id, z) }}, nil
	})
	if err == nil {
		d.Wake()
	}
	return z.Redacted(), err
}

// Edit is a change of one zone.
type Edit struct {
	ID       int64
	Revision string // of the zone as the person saw it; "" = the change is meant whatever is saved
	// Fill makes what is wanted of what is saved, whose secrets are zones.Keep. It may be called more than once.
	Fill   func(saved zones.Zone) zones.Zone
	Anyway bool   // even if records of ours stay behind where the zone was
	By     string // who changes it, for WHMCS's activity log
}

// Edited is a zone after a change.
type Edited struct {
	Zone zones.Zone // without its secrets
	Due  int64      // failed records that are tried again now, because the zone may have been the reason
}

// Edit saves a zone that was changed. A wrong field is in zones.FormErrors; ErrChanged, a *NoZoneError and a *BehindError are the
// other refusals. Nothing was changed then.
func (d *Desk) Edit(ctx context.Context, e Edit) (r Edited, err error) {
	count, err := d.Book.DNSCount(ctx, e.ID)
	if err != nil {
		return r, err
	}
	_, err = d.Book.DecideDNSZone(ctx, d.Clock.Now(), func(saved []zones.Zone) (w zonebook.Write, err error) {
		w, err = e.decide(saved, count.Ours)
		r.Zone = w.Zone.Redacted()
		return w, err
	})
	if err != nil {
		return Edited{}, err
	}
	r.Due, err = d.Book.RetryDNS(ctx, 0, e.ID, d.Clock.Now())
	d.Wake()
	return r, err
}

func (e Edit) decide(saved []zones.Zone, behind int) (w zonebook.Write, err error) {
	old, err := pick(saved, e.ID, e.Revision)
	if err != nil {
		return w, err
	}
	typed := e.Fill(old.Redacted())
	typed.ID = e.ID
	z, err := zones.Check(typed, &old, saved)
	if err != nil {
		return w, err
	}
	if z.Moved(old) && behind > 0 && !e.Anyway {
		wanted := z.Redacted()
		return w, &BehindError{Zone: old.Redacted(), Wanted: &wanted, Records: behind}
	}
	return zonebook.Write{Zone: z, Entry: func(int64) string { return changed(e.By, old, z) }}, nil
}

// Delete is the end of one zone entry.
type Delete struct {
	ID       int64
	Revision string // as in Edit
	Anyway   bool   // even if records of ours stay behind
	By       string
}

// Deleted is what became of it.
type Deleted struct {
	Zone   zones.Zone // without its secrets
	Behind int        // records of ours that stay at the provider
}

// Delete forgets a zone; nothing is changed at its provider. The refusals are those of Edit.
func (d *Desk) Delete(ctx context.Context, o Delete) (r Deleted, err error) {
	count, err := d.Book.DNSCount(ctx, o.ID)
	if err != nil {
		return r, err
	}
	r.Behind = count.Ours
	_, err = d.Book.DecideDNSZone(ctx, d.Clock.Now(), func(saved []zones.Zone) (w zonebook.Write, err error) {
		old, err := pick(saved, o.ID, o.Revision)
		if err != nil {
			return w, err
		}
		r.Zone = old.Redacted()
		if r.Behind > 0 && !o.Anyway {
			return w, &BehindError{Zone: r.Zone, Records: r.Behind}
		}
		return zonebook.Write{Zone: old, Erase: true, Entry: func(int64) string { return deleted(o.By, old, r.Behind) }}, nil
	})
	if err == nil {
		d.Wake()
	}
	return r, err
}
