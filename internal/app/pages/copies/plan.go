package copies

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// planOf is the form of a weekly plan; nil where there can be none and none is saved.
func (p *Page) planOf(ctx context.Context, s sight, g granted, kind keeping.Kind) (*web.CopyPlan, error) {
	saved, err := p.Book.Plan(ctx, s.id, kind)
	if err != nil {
		return nil, err
	}
	idle, f := g.unplanned(kind), s.told.plan
	if f != nil && f.Kind != string(kind) {
		f = nil
	}
	if idle != "" && saved.Plan.Week.Empty() && saved.Fault == nil && f == nil {
		return nil, nil //nolint:nilnil // no plan is no fault
	}
	if f == nil {
		f = &web.CopyPlan{Kind: string(kind), Days: daysOf(saved.Plan.Week)}
		if saved.Fault != nil {
			f.Fault = sentence(saved.Fault)
		}
	}
	f.Site, f.ServiceID, f.Zone, f.Idle = s.Site, s.id, named(s.zone, s.now), idle
	f.Next, f.Now = next(saved, s.now, s.zone)
	if f.Idle == "" && f.Next != "" && s.ServiceStatus != "Active" {
		f.Idle = fmt.Sprintf("Nothing comes of the schedule now: the service is at %q in WHMCS, and not active.", s.ServiceStatus)
	}
	return f, nil
}

// unplanned says why a plan of these copies does nothing; "" when it does.
func (g granted) unplanned(kind keeping.Kind) string {
	if kind == keeping.Snapshot && g.err == nil && !g.Rotates {
		return "The product removes snapshots by age. Nothing comes of a schedule of snapshots."
	}
	return g.refusal(kind, 0)
}

// next is the slot that comes next; now tells that one has come and is not served yet.
func next(p keeping.Planned, at time.Time, zone *time.Location) (text string, now bool) {
	slot, found := p.Plan.Week.Next(at, zone)
	if found {
		text = slot.At.In(zone).Format("Monday, 02-01-2006 15:04")
	}
	_, standing := p.Plan.Look(at, zone)
	return text, standing == retention.Due
}

func daysOf(w retention.Week) []web.CopyDay {
	days := make([]web.CopyDay, 0, 7)
	for day := time.Sunday; day <= time.Saturday; day++ {
		days = append(days, web.CopyDay{N: int(day), Name: day.String(), Time: w.Time(day), On: w.Time(day) != ""})
	}
	return days
}

// plan saves one, or shows the form again with what is wrong.
func (p *Page) plan(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	kind := keeping.Kind(r.Query.Get("kind"))
	if kind != keeping.Backup && kind != keeping.Snapshot {
		return pages.Answer{}, desk.Sentence("There is no such schedule. Open the page again.")
	}
	form, week := typed(r, kind)
	terms, err := p.Keeper.Terms(ctx, id)
	if fault := unfit(granted{terms, err}, kind, form, week); fault != "" {
		form.Fault = fault
		s, err := p.look(ctx, r)
		if err != nil {
			return pages.Answer{}, err
		}
		s.told.plan = form
		return p.whole(ctx, s)
	}
	if err := p.Keeper.SavePlan(ctx, id, kind, week, author(r)); errors.Is(err, vm.ErrNoMachine) {
		return pages.Answer{}, noMachine(id)
	} else if err != nil {
		return pages.Answer{}, err
	}
	p.Ordered()
	return pages.Done(r, "copy_plan", "part", "copies", "id", id), nil
}

// unfit says why a plan is not saved; "" when it is. An empty one always fits: it ends what there was.
func unfit(g granted, kind keeping.Kind, form *web.CopyPlan, week retention.Week) string {
	for _, day := range form.Days {
		if day.Fault != "" {
			return "The schedule was not saved. Mend the days that are marked."
		}
	}
	if week.Empty() {
		return ""
	}
	if why := g.unplanned(kind); why != "" {
		return "The schedule was not saved. " + why
	}
	return ""
}

// typed reads the form: a day counts when it is ticked.
func typed(r *pages.Request, kind keeping.Kind) (*web.CopyPlan, retention.Week) {
	var week retention.Week
	f := &web.CopyPlan{Kind: string(kind), Days: daysOf(week)}
	for i := range f.Days {
		day := &f.Days[i]
		n := strconv.Itoa(day.N)
		day.On, day.Time = r.Form.Get("day_"+n) != "", r.Form.Get("time_"+n)
		if !day.On {
			continue
		}
		if err := week.Set(time.Weekday(day.N), day.Time); err != nil || day.Time == "" {
			day.Fault = "Enter a time, such as 03:30."
		}
	}
	return f, week
}
