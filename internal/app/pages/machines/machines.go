package machines

import (
	"context"
	"log/slog"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Desk takes what is done from the list; a refusal is a desk.Sentence.
type Desk interface {
	Reset(ctx context.Context, serviceID int64, to pipeline.State) error
	Redeploy(ctx context.Context, serviceID int64) error
	DeleteRecord(ctx context.Context, serviceID int64) error
	ResyncDNS(ctx context.Context, serviceID int64) error
}

type page struct {
	list *roster.List
	desk Desk
	web  *web.Pages
	log  *slog.Logger
}

// New is the page over a list, with the parts reset, redeploy, delete and bulk.
func New(l *roster.List, d Desk, w *web.Pages, log *slog.Logger) pages.Page {
	p := &page{l, d, w, log}
	redeploy := deed{roster.Redeploy, w.Redeploy, func(ctx context.Context, id int64, _ *pages.Request) error { return d.Redeploy(ctx, id) }, "vm_redeployed"}
	forget := deed{roster.DeleteRecord, w.DeleteRecord, func(ctx context.Context, id int64, _ *pages.Request) error { return d.DeleteRecord(ctx, id) }, "vm_deleted"}
	reset := deed{roster.Reset, w.Reset, func(ctx context.Context, id int64, r *pages.Request) error {
		return d.Reset(ctx, id, pipeline.State(r.Form.Get("to")))
	}, "vm_reset"}
	return pages.Page{
		Show: map[string]pages.Handler{"": p.show, "bulk": p.choose, "reset": p.ask(reset), "redeploy": p.ask(redeploy), "delete": p.ask(forget)},
		Do:   map[string]pages.Handler{"bulk": p.bulk, "reset": p.do(reset), "redeploy": p.do(redeploy), "delete": p.do(forget)},
	}
}

func (p *page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	sight := sightOf(r)
	found, err := p.list.Page(ctx, query(sight))
	if err != nil {
		return pages.Answer{}, err
	}
	sight.Page = found.Page
	first := (found.Page-1)*sight.Size + 1
	m := web.Machines{
		Site: r.Site, Sight: sight, Services: p.services(sight.Service), Statuses: p.statuses(sight.Status), Sizes: sizeChoices(sight.Size),
		First: first, Last: first + len(found.IDs) - 1, Matching: found.Matching, All: found.All, Pages: found.Pages,
	}
	for _, machine := range found.Machines {
		m.Rows = append(m.Rows, shown(machine))
	}
	html, err := p.web.Machines(m)
	return pages.Answer{HTML: html}, err
}

func shown(m roster.Machine) web.Machine {
	out := web.Machine{
		ID: m.ServiceID, Gone: m.Gone, ServiceStatus: m.ServiceStatus, ClientID: m.Client.ID, Client: m.Client.Name, Company: m.Client.Company,
		Product: m.Product, Server: m.Server, VMID: m.VMID, Name: strings.TrimSpace(m.Name), Status: string(m.Status), Recorded: m.Recorded, Attention: m.Attention,
	}
	for _, a := range m.Addresses {
		out.Addresses = append(out.Addresses, web.NamedAddress{Address: a.String(), Reverse: a.Reverse})
	}
	for _, d := range roster.DeedsOf(m) {
		out.Deeds = append(out.Deeds, string(d))
	}
	return out
}
