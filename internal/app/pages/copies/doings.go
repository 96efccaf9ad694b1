package copies

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// How long until a piece is looked at once more, in seconds.
const (
	atWork  = 2
	waiting = 10 // while it is tried again later
)

// soon is when somebody will look at a deed that is about to go on.
const soon = 10 * time.Second

func (p *Page) doings(ctx context.Context, s sight) (web.CopyDoings, error) {
	d := web.CopyDoings{Site: s.Site, ServiceID: s.id}
	d.Under, d.Over = deeds(p.Web.Text("copy_plan_of"), s.deeds, s.zone)
	for _, deed := range s.deeds {
		d.Again = sooner(d.Again, again(deed, s.now))
	}
	last, err := p.Book.LastGood(ctx, s.id)
	d.LastGood = good(last, s.zone)
	return d, err
}

// again is when a deed is worth another look; 0 when it is over.
func again(d keeping.Deed, now time.Time) int {
	switch {
	case d.Over():
		return 0
	case !d.Running && d.LastError != "" && d.Due.After(now.Add(soon)):
		return waiting
	}
	return atWork
}

// sooner is the earlier of two looks, of which 0 is none.
func sooner(a, b int) int {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// deeds are those under way and the newest of the others, ready to be shown.
func deeds(planOf string, list []keeping.Deed, zone *time.Location) (under, over []web.CopyDeed) {
	for _, d := range list {
		one := web.CopyDeed{Kind: string(d.Kind), Phase: string(d.Phase), About: cmp.Or(d.Note, d.Subject), Since: stamp(d.Since, zone), Ended: stamp(d.Ended, zone), Error: d.LastError, Good: d.Phase == keeping.Done}
		if !d.Slot.IsZero() {
			one.About = planOf + " " + dayOf(d.Slot)
		}
		switch {
		case !d.Over():
			under = append(under, one)
		case len(over) < shown:
			over = append(over, one)
		}
	}
	return under, over
}

// stamp is a moment as the product writes it (product-spec §17.6); "" for none.
func stamp(at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return at.In(zone).Format("02-01-2006 15:04:05")
}

// named is what a person knows a time zone by; that of the machine has no name of its own.
func named(zone *time.Location, now time.Time) string {
	if zone != time.Local { //nolint:gosmopolitan // it is asked for by its name in the configuration
		return zone.String()
	}
	return now.In(zone).Format("MST (UTC-07:00)")
}

func dayOf(d retention.Day) string { return fmt.Sprintf("%02d-%02d-%04d", d.Day, d.Month, d.Year) }

func good(g keeping.Good, zone *time.Location) string {
	if g.At.IsZero() && !g.Day.IsZero() {
		return dayOf(g.Day)
	}
	return stamp(g.At, zone)
}

// Field is what the service page says of backups; "" when the service has no machine. No cluster is asked.
func (p *Page) Field(ctx context.Context, serviceID int64) (string, error) {
	last, err := p.Book.LastGood(ctx, serviceID)
	if errors.Is(err, vm.ErrNoMachine) {
		return "", nil
	}
	zone, errZone := p.Zone(ctx)
	plan, errPlan := p.Book.Plan(ctx, serviceID, keeping.Backup)
	list, errList := p.Book.History(ctx, serviceID, shown)
	if err := errors.Join(err, errZone, errPlan, errList); err != nil {
		return "", err
	}
	now := p.Clock.Now()
	f := web.CopiesField{LastGood: good(last, zone), Zone: named(zone, now)}
	f.Next, f.Now = next(plan, now, zone)
	f.Under, _ = deeds(p.Web.Text("copy_plan_of"), list, zone)
	return p.Web.CopiesField(f)
}

// touches tells whether a deed changes the list of a kind.
func touches(d keeping.Deed, list keeping.Kind) bool {
	return !d.Over() && (shelfOf(d.Kind) == list || d.Kind == keeping.Restore && list == keeping.Snapshot)
}

// againFor is when a list is worth another look; 0 when nothing is done to it.
func againFor(s sight, list keeping.Kind) int {
	when := 0
	for _, d := range slices.DeleteFunc(slices.Clone(s.deeds), func(d keeping.Deed) bool { return !touches(d, list) }) {
		when = sooner(when, again(d, s.now))
	}
	return when
}
