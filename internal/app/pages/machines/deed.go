package machines

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// deed is something that a form asks about and then does to one machine.
type deed struct {
	name   roster.Deed
	form   func(web.Deed) (string, error)
	do     func(ctx context.Context, serviceID int64, r *pages.Request) error
	notice string
}

// machine is the one that r is about, as it is now.
func (p *page) machine(ctx context.Context, r *pages.Request) (roster.Machine, error) {
	id, err := r.ID()
	if err != nil {
		return roster.Machine{}, err
	}
	list, err := p.list.Machines(ctx, []int64{id})
	if err == nil && len(list) == 0 {
		err = desk.Sentence(fmt.Sprintf("There is no service %d and no record of a VM for it. Go back to the list.", id))
	}
	if err != nil {
		return roster.Machine{}, err
	}
	return list[0], nil
}

// offered refuses what the list would not offer for m any more: it may have become ready since the list was shown.
func (d deed) offered(m roster.Machine) error {
	if !m.Recorded {
		return desk.Sentence(fmt.Sprintf("Service %d has no VM: run Create first.", m.ServiceID))
	}
	if !slices.Contains(roster.DeedsOf(m), d.name) {
		return desk.Sentence(fmt.Sprintf("The VM of service %d is at status %q by now, where this is not offered. Look at the list again.", m.ServiceID, m.Status))
	}
	return nil
}

// ask shows the form.
func (p *page) ask(d deed) pages.Handler {
	return func(ctx context.Context, r *pages.Request) (pages.Answer, error) {
		m, err := p.machine(ctx, r)
		if err == nil {
			err = d.offered(m)
		}
		if err != nil {
			return pages.Answer{}, err
		}
		return p.form(d, m, r, "")
	}
}

func (p *page) form(d deed, m roster.Machine, r *pages.Request, fault string) (pages.Answer, error) {
	sight := sightOf(r)
	html, err := d.form(web.Deed{
		Site: r.Site, URL: sight.In(r.Site, "part", d.name, "id", m.ServiceID), Back: sight.In(r.Site), Machine: shown(m),
		Targets: p.targets(r.Form.Get("to")), Fault: fault,
	})
	return pages.Answer{Title: p.web.Text("title_" + string(d.name)), HTML: html}, err
}

// targets are the statuses that a machine can be set to, none chosen at first.
func (p *page) targets(chosen string) []web.SelectOption {
	list := []web.SelectOption{{Text: p.web.Text("choose")}}
	for _, s := range desk.ResetTargets() {
		list = append(list, web.SelectOption{Value: string(s), Text: string(s), Chosen: string(s) == chosen})
	}
	return list
}

// do does it, or shows the form again and why not.
func (p *page) do(d deed) pages.Handler {
	return func(ctx context.Context, r *pages.Request) (pages.Answer, error) {
		m, err := p.machine(ctx, r)
		if err == nil {
			err = d.offered(m)
		}
		if err != nil {
			return pages.Answer{}, err
		}
		err = d.do(ctx, m.ServiceID, r)
		p.list.Changed() // half of it may have been done
		if said, ok := errors.AsType[desk.Sentence](err); ok {
			return p.form(d, m, r, said.Error())
		}
		if err != nil {
			return pages.Answer{}, err
		}
		return pages.Answer{Next: sightOf(r).In(r.Site, "notice", d.notice)}, nil
	}
}
