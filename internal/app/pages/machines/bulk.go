package machines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// most is how many services one selection may have; a page of the list has fewer.
const most = 200

const (
	bulkReset = "reset"
	bulkDNS   = "dns"
)

// choose asks about the services that were ticked in the list.
func (p *page) choose(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	b, err := p.selection(ctx, r, r.Query)
	if err != nil {
		return pages.Answer{}, err
	}
	return p.bulkPage(b)
}

// selection reads which services and what is to be done to them.
func (p *page) selection(ctx context.Context, r *pages.Request, from url.Values) (web.Bulk, error) {
	ids, err := idsOf(from["id"])
	if err != nil {
		return web.Bulk{}, err
	}
	list, err := p.list.Machines(ctx, ids)
	if err != nil {
		return web.Bulk{}, err
	}
	sight := sightOf(r)
	b := web.Bulk{Site: r.Site, Do: from.Get("do"), Back: sight.In(r.Site), URL: sight.In(r.Site, "part", "bulk")}
	switch b.Do {
	case bulkReset:
		b.Targets = p.targets(from.Get("to"))
	case bulkDNS:
	default:
		return b, desk.Sentence(fmt.Sprintf("%.40q cannot be done to several VMs at once. Choose Reset or Set DNS records below the list.", b.Do))
	}
	for _, m := range list {
		b.Machines = append(b.Machines, shown(m))
	}
	if len(b.Machines) == 0 {
		return b, desk.Sentence("None of these services is there any more. Go back to the list.")
	}
	return b, nil
}

func idsOf(texts []string) ([]int64, error) {
	var ids []int64
	for _, text := range texts {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id <= 0 {
			return nil, desk.Sentence(fmt.Sprintf("%.40q is no id of a service. Nothing was changed; select the VMs in the list.", text))
		}
		ids = append(ids, id)
	}
	switch n := len(ids); {
	case n == 0:
		return nil, desk.Sentence("No VM is selected. Tick those you mean in the list.")
	case n > most:
		return nil, desk.Sentence(fmt.Sprintf("%d VMs are too many at once. Select up to %d.", n, most))
	}
	return ids, nil
}

func (p *page) bulkPage(b web.Bulk) (pages.Answer, error) {
	title := "title_reset"
	if b.Do == bulkDNS {
		title = "title_dns"
	}
	html, err := p.web.Bulk(b)
	return pages.Answer{Title: p.web.Text(title), HTML: html}, err
}

// bulk does it to each and says what came of it.
func (p *page) bulk(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	b, err := p.selection(ctx, r, r.Form)
	if err != nil {
		return pages.Answer{}, err
	}
	to := pipeline.State(r.Form.Get("to"))
	if b.Do == bulkReset && !slices.Contains(desk.ResetTargets(), to) {
		b.Fault = "Choose the new status. Nothing was changed."
		return p.bulkPage(b)
	}
	ids := make([]int64, 0, len(b.Machines))
	for _, m := range b.Machines {
		ids = append(ids, m.ID)
	}
	outcomes := roster.Each(ctx, ids, func(ctx context.Context, id int64) error {
		if b.Do == bulkDNS {
			return p.desk.ResyncDNS(ctx, id)
		}
		return p.desk.Reset(ctx, id, to)
	})
	p.list.Changed()
	for n, o := range outcomes {
		b.Outcomes = append(b.Outcomes, p.told(ctx, b, b.Machines[n], o.Err, to))
		if o.Err != nil {
			b.Failed++
		}
	}
	return p.bulkPage(b)
}

// told says what came of one of them.
func (p *page) told(ctx context.Context, b web.Bulk, m web.Machine, err error, to pipeline.State) web.Outcome {
	out := web.Outcome{Machine: m, Good: err == nil}
	said, isSentence := errors.AsType[desk.Sentence](err)
	switch {
	case isSentence:
		out.Text = said.Error()
	case err != nil:
		out.Text = p.web.Text("bulk_internal")
		p.log.ErrorContext(ctx, "a VM of a selection", slog.Int64("service_id", m.ID), slog.String("deed", b.Do), slog.Any("err", err))
	case b.Do == bulkDNS:
		out.Text = p.web.Text("bulk_dns_done")
	default:
		out.Text = fmt.Sprintf(p.web.Text("bulk_reset_done"), to)
	}
	return out
}
