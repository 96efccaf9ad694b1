package app

import (
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	copiespage "github.com/kvmbridge/kvmbridge/internal/app/pages/copies"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/help"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/home"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/machines"
	poolpage "github.com/kvmbridge/kvmbridge/internal/app/pages/pools"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmlog"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmrecord"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/zones"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/store/overview"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	rosterrows "github.com/kvmbridge/kvmbridge/internal/store/roster"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// front is every page of the addon.
func (s *Sidecar) front(d *desk.Desk, c *copiespage.Page, w *web.Pages) *pages.Router {
	figures := overview.New(s.store.Handle())
	facts := help.Facts{Schema: s.store.SchemaVersion, Database: figures.Database, Addon: s.whmcs.AddonSettings}
	list := roster.NewList(rosterrows.New(s.store.Handle()), clock.System{}, s.log)
	set := s.settingsPage(w)
	book := pools.New(s.store.Handle(), s.clock, s.store.Freed)
	return &pages.Router{Web: w, Version: cli.Version(), Pages: map[string]pages.Page{
		"home":     home.New(s.store, s.standing, figures, s.book, book, s.late, s.clock, w),
		"help":     help.New(facts, cli.Version(), cli.Commit(), w),
		"machines": pages.Join(machines.New(list, d, w, s.log), vmlog.New(s.store, s.clock, w), s.recordPage(w), c.Parts()),
		"settings": set.General(),
		"cron":     set.Cron(),
		"zones":    zones.New(s.zoneDesk(), s.clock, 8*time.Second, w),
		"pools":    poolpage.New(book, w),
	}}
}

// zoneDesk is where staff change zones; what they order is taken at once.
func (s *Sidecar) zoneDesk() *zonedesk.Desk {
	return &zonedesk.Desk{Book: s.book, Open: s.shop.Open, Clock: s.clock, Wake: func() { s.keeper.Wake(); s.courier.Wake() }}
}

// recordPage is the form of a VM's record; whoever works on the VM hears of an edit.
func (s *Sidecar) recordPage(w *web.Pages) pages.Page {
	told := vmrecord.Told{Interrupt: s.engine.Interrupt, Wake: func() { s.engine.Wake(); s.courier.Wake() }, Freed: s.store.Freed}
	return vmrecord.New(rowedit.New(s.store.Handle(), s.clock), told, w)
}
