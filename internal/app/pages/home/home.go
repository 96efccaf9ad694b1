// Package home is the first page of the addon: how everything stands.
package home

import (
	"context"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store/finder"
	"github.com/kvmbridge/kvmbridge/internal/store/overview"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Machines are the questions over all machines.
type Machines interface {
	Counts(ctx context.Context) (map[pipeline.State]int, error)
	Worries(ctx context.Context, limit int) ([]finder.Worry, error)
	Waiting(ctx context.Context) (int, error)
}

const (
	worriesShown = 100
	lateShown    = 50
	movingShown  = 20
	hoursShown   = 24
	fillsShown   = 12
	lookAgain    = 3 // seconds while something is in progress
)

// Standing is what stands still as a whole.
type Standing struct {
	Alarm  string // why somebody should look at once; "" = nothing
	Paused bool   // all work on machines
}

type page struct {
	machines Machines
	standing func(context.Context) (Standing, error)
	figures  *overview.Figures
	dns      records.Book
	gauge    *gauge
	late     Late
	clock    clock.Clock
	web      *web.Pages
	tracks   tracks
}

// Late lists the services whose backups are overdue.
type Late func(context.Context) ([]keeping.Late, error)

// New is the page over what these read.
func New(m Machines, s func(context.Context) (Standing, error), f *overview.Figures, dns records.Book, b *pools.Book, l Late, c clock.Clock, w *web.Pages) pages.Page {
	p := &page{m, s, f, dns, &gauge{book: b, clock: c}, l, c, w, newTracks()}
	return pages.Page{Show: map[string]pages.Handler{"": p.show, "moving": p.moving}}
}

func (p *page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	h := web.Home{Site: r.Site}
	for _, read := range []func(context.Context, *web.Home) error{p.stands, p.cards, p.counts, p.worries, p.overdue, p.progress, p.chart, p.fills, p.outbox, p.records} {
		if err := read(ctx, &h); err != nil {
			return pages.Answer{}, err
		}
	}
	html, err := p.web.Home(h)
	return pages.Answer{HTML: html}, err
}

func (p *page) moving(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	h := web.Home{Site: r.Site}
	if err := p.progress(ctx, &h); err != nil {
		return pages.Answer{}, err
	}
	html, err := p.web.Moving(h.Moving)
	return pages.Answer{Title: p.web.Text("in_progress"), HTML: html}, err
}

func (p *page) stands(ctx context.Context, h *web.Home) error {
	s, err := p.standing(ctx)
	h.Alarm, h.Paused = s.Alarm, s.Paused
	return err
}

func (p *page) cards(ctx context.Context, h *web.Home) error {
	n, err := p.figures.Totals(ctx)
	h.Cards = []web.Card{
		{Page: "pools", Title: "nav_pools", Button: "manage", Figure: strconv.Itoa(n.Pools)},
		{Page: "zones", Title: "nav_zones", Button: "manage", Figure: strconv.Itoa(n.Zones)},
		{Page: "machines", Title: "kvm_services", Button: "view", Figure: strconv.Itoa(n.Services)},
		{Page: "machines", Title: "nav_machines", Caption: "card_machines", Button: "manage"},
		{Page: "settings", Title: "nav_settings_menu", Caption: "card_settings", Button: "configure"},
	}
	return err
}

func (p *page) worries(ctx context.Context, h *web.Home) error {
	list, err := p.machines.Worries(ctx, worriesShown)
	for _, w := range list {
		h.Attention = append(h.Attention, web.VM{ServiceID: w.ServiceID, Name: w.Name, Status: w.Status, Attention: w.Attention, Since: w.Since})
	}
	return err
}

func (p *page) progress(ctx context.Context, h *web.Home) error {
	list, all, err := p.figures.Moving(ctx, movingShown)
	h.Moving = web.Moving{Site: h.Site, More: all - len(list)}
	for _, m := range list {
		h.Moving.VMs = append(h.Moving.VMs, p.tracks.progress(m))
	}
	if all > 0 {
		h.Moving.Again = lookAgain
	}
	return err
}

func (p *page) chart(ctx context.Context, h *web.Home) error {
	hours, err := p.figures.Hours(ctx, p.clock.Now(), hoursShown)
	shown := make([]web.Hour, len(hours))
	for i, hour := range hours {
		n := hour.Runs
		shown[i] = web.Hour{Begins: hour.Begins, Good: n["success"], Bad: n["error"] + n["waiting"], Busy: n["running"]}
	}
	h.Chart = web.NewChart(shown)
	return err
}

func (p *page) fills(ctx context.Context, h *web.Home) (err error) {
	h.Fills, err = p.gauge.fills(ctx)
	return err
}

func (p *page) outbox(ctx context.Context, h *web.Home) (err error) {
	h.Waiting, err = p.machines.Waiting(ctx)
	return err
}

func (p *page) records(ctx context.Context, h *web.Home) (err error) {
	h.DNS, err = p.dns.Trouble(ctx)
	return err
}
