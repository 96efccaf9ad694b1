package copies

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/retention"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// question asks before something is done to a copy. It is looked up on the cluster, so that the date that a person reads is that
// of what he destroys.
func (p *Page) question(kind keeping.Kind) pages.Handler {
	return func(ctx context.Context, r *pages.Request) (pages.Answer, error) {
		s, err := p.look(ctx, r)
		if err != nil {
			return pages.Answer{}, err
		}
		rows, err := p.rows(ctx, s, keeping.Terms{}, shelfOf(kind))
		if err != nil {
			return pages.Answer{}, desk.Sentence(sentence(err))
		}
		i := slices.IndexFunc(rows, func(c web.Copy) bool { return c.ID == r.Query.Get("subject") })
		if i < 0 {
			return pages.Answer{}, desk.Sentence(fmt.Sprintf("This VM has no such %s (any more). Look at the list again.", shelfOf(kind)))
		}
		return p.ask(s, kind, rows[i])
	}
}

func (p *Page) ask(s sight, kind keeping.Kind, c web.Copy) (pages.Answer, error) {
	html, err := p.Web.CopyOrder(web.CopyOrder{Site: s.Site, ServiceID: s.id, VMID: s.Machine.VMID, Kind: string(kind), Copy: c, Fault: s.told.fault})
	return pages.Answer{Title: p.Web.Text("title_" + string(kind)), HTML: html}, err
}

// author names who ordered something in WHMCS's activity log.
func author(r *pages.Request) string {
	if r.Client > 0 {
		return fmt.Sprintf("client #%d", r.Client)
	}
	return fmt.Sprintf("admin #%d", r.Admin)
}

// order hands what a form sent to the keeper, or shows the form again and why not.
func (p *Page) order(kind keeping.Kind) pages.Handler {
	return func(ctx context.Context, r *pages.Request) (pages.Answer, error) {
		id, err := r.ID()
		if err != nil {
			return pages.Answer{}, err
		}
		o := keeping.Order{ServiceID: id, Kind: kind, Note: r.Form.Get("note"), By: author(r)}
		if shelfOf(kind) != kind {
			o.Subject, o.Note = r.Query.Get("subject"), ""
			if o.Subject == "" {
				return pages.Answer{}, desk.Sentence("Choose a copy from the list.")
			}
		}
		if _, err = p.Keeper.Ask(ctx, o); err != nil {
			return p.refused(ctx, r, o, err)
		}
		p.Ordered()
		return pages.Done(r, "copy_"+string(kind), "part", "copies", "id", id), nil
	}
}

func (p *Page) refused(ctx context.Context, r *pages.Request, o keeping.Order, err error) (pages.Answer, error) {
	no, refused := errors.AsType[retention.RefusalError](err)
	switch {
	case errors.Is(err, vm.ErrNoMachine):
		return pages.Answer{}, noMachine(o.ServiceID)
	case errors.Is(err, vm.ErrRefused):
		no.Text = fmt.Sprintf("The VM of service %d ends or has ended. Nothing is done with its copies any more.", o.ServiceID)
	case !refused:
		return pages.Answer{}, err
	}
	s, err := p.look(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	s.told = told{kind: o.Kind, note: o.Note, fault: no.Text}
	if o.Subject != "" {
		return p.ask(s, o.Kind, web.Copy{ID: o.Subject})
	}
	return p.whole(ctx, s)
}
