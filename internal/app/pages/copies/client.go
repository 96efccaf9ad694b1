package copies

import (
	"context"
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// spot is what a page of the client area is about.
type spot struct {
	shelf keeping.Kind
	order keeping.Kind // what a form sent to it orders, "" = nothing
	plan  bool         // a form sent to it is a weekly plan
}

// spots are the pages of the client area by their names.
//
//nolint:gochecknoglobals // immutable table
var spots = map[string]spot{
	"backups":       {shelf: keeping.Backup},
	"backup":        {shelf: keeping.Backup, order: keeping.Backup},
	"restore":       {shelf: keeping.Backup, order: keeping.Restore},
	"drop_backup":   {shelf: keeping.Backup, order: keeping.DropBackup},
	"backup_plan":   {shelf: keeping.Backup, plan: true},
	"snapshots":     {shelf: keeping.Snapshot},
	"snapshot":      {shelf: keeping.Snapshot, order: keeping.Snapshot},
	"rollback":      {shelf: keeping.Snapshot, order: keeping.Rollback},
	"drop_snapshot": {shelf: keeping.Snapshot, order: keeping.DropSnapshot},
	"snapshot_plan": {shelf: keeping.Snapshot, plan: true},
}

// ForClients tells whether a page of the client area is one of these.
func ForClients(page string) bool { return spots[page] != spot{} }

// Links lead a service's owner to what the package grants.
func (p *Page) Links(ctx context.Context, r *pages.Request) ([]web.ClientLink, error) {
	id, err := r.ID()
	if err != nil {
		return nil, err
	}
	terms, err := p.Keeper.Terms(ctx, id)
	return linksOf(placeOf(r), granted{terms, nil}), err
}

func linksOf(at web.Place, g granted) (links []web.ClientLink) {
	for _, kind := range []keeping.Kind{keeping.Backup, keeping.Snapshot} {
		if g.quota(kind) > 0 {
			links = append(links, web.ClientLink{Key: "client_" + string(kind) + "s", URL: at.To(string(kind) + "s")})
		}
	}
	return links
}

func placeOf(r *pages.Request) web.Place { return web.Place{Link: r.Link, Token: r.Token} }

// visit is a client's look at the copies of one kind.
type visit struct {
	sight
	spot
	at    web.Place
	terms granted
	fault string
}

// Client answers one of the pages that ForClients knows, or what a form on it sent. That r comes from the owner was checked; an
// error is not for his eyes.
func (p *Page) Client(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	s, err := p.look(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	terms, err := p.Keeper.Terms(ctx, s.id)
	if err != nil {
		return pages.Answer{}, err
	}
	v := &visit{sight: s, spot: spots[r.Page], at: placeOf(r), terms: granted{terms, nil}}
	switch {
	case v.terms.quota(v.shelf) <= 0:
		return p.closed(v, "client_denied")
	case s.ServiceStatus != "Active" || s.Machine.Suspended:
		return p.closed(v, "client_inactive")
	case s.Machine.Status == vm.Terminate || s.Machine.Status == vm.ErrorTerminate || s.Machine.Status == vm.Removed:
		return p.closed(v, "client_over")
	case r.Post && v.plan && v.planned():
		return p.clientPlan(ctx, v)
	}
	return p.clientShelf(ctx, v)
}

// closed is a page that says why it is one.
func (p *Page) closed(v *visit, why string) (pages.Answer, error) {
	html, err := p.Web.ClientCopies(web.ClientCopies{Place: v.at, Links: v.links(), Kind: string(v.shelf), Closed: why})
	return pages.Answer{HTML: html}, err
}

func (v *visit) links() []web.ClientLink {
	return append([]web.ClientLink{{Key: "client_overview", URL: v.at.Link}}, linksOf(v.at, v.terms)...)
}

// planned tells whether there is a weekly plan: snapshots that go by age have none.
func (v *visit) planned() bool { return v.shelf == keeping.Backup || v.terms.Rotates }

// locked is the key of the sentence that says why nothing can be ordered now; "" when it can. What the plan wants and has to wait
// for its next try locks nothing.
func (v *visit) locked() string {
	for _, d := range v.deeds {
		busy := d.Kind == keeping.Backup || d.Kind == keeping.Restore || d.Kind == keeping.Rollback
		if busy && !d.Over() && (d.Running || d.Slot.IsZero()) {
			return "client_locked"
		}
	}
	if v.Machine.Status != vm.Ready {
		return "client_busy"
	}
	return ""
}

// clientShelf is the list, or the question about one of its copies, or what came of an order.
func (p *Page) clientShelf(ctx context.Context, v *visit) (pages.Answer, error) {
	list := p.list(ctx, v.sight, v.terms, v.shelf)
	list.Note = v.Form.Get("note")
	switch asks := v.order != "" && v.order != v.shelf; {
	case v.Post && v.order == "":
		v.fault = p.Web.Text("client_no_way")
	case v.Post:
		if next, err := p.clientOrder(ctx, v, list); next != "" || err != nil {
			return pages.Answer{Next: next}, err
		}
	case asks && list.Known && v.locked() == "":
		if c := v.pick(list); c != nil {
			return p.clientQuestion(v, *c)
		}
		v.fault = p.Web.Text("client_gone_" + string(v.shelf))
	}
	return p.clientPage(ctx, v, list)
}

// pick finds the copy that the address names among those of this machine.
func (v *visit) pick(list web.CopyList) *web.Copy {
	wanted := v.Query.Get("subject")
	i := slices.IndexFunc(list.Rows, func(c web.Copy) bool { return handle(c.ID) == wanted })
	if i < 0 {
		return nil
	}
	return &list.Rows[i]
}

func (p *Page) clientQuestion(v *visit, c web.Copy) (pages.Answer, error) {
	c.ID = handle(c.ID)
	html, err := p.Web.ClientOrder(web.ClientOrder{Place: v.at, Back: v.at.To(string(v.shelf) + "s"), Kind: string(v.order), Copy: c})
	return pages.Answer{HTML: html}, err
}

func (p *Page) clientPage(ctx context.Context, v *visit, list web.CopyList) (pages.Answer, error) {
	for i := range list.Rows {
		list.Rows[i].ID = handle(list.Rows[i].ID)
	}
	c := web.ClientCopies{Place: v.at, Links: v.links(), Kind: string(v.shelf), Zone: named(v.zone, v.now), Fault: v.fault, Locked: v.locked(), List: list}
	if key := "notice_copy_" + v.Query.Get("notice"); p.Web.Text(key) != "" && v.fault == "" {
		c.Notice = key
	}
	under, over := deeds("", v.deeds, v.zone)
	if c.Under = under; len(over) > 0 && !over[0].Good {
		c.Failed = &over[0]
	}
	var err error
	if c.Plan, err = p.clientForm(ctx, v); err != nil {
		return pages.Answer{}, err
	}
	html, err := p.Web.ClientCopies(c)
	return pages.Answer{HTML: html}, err
}
