package app

import (
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/help"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/home"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmlog"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/vmrecord"
	"github.com/kvmbridge/kvmbridge/internal/store/overview"
	"github.com/kvmbridge/kvmbridge/internal/store/rowedit"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// front is every page of the addon.
func (s *Sidecar) front(w *web.Pages) *pages.Router {
	figures := overview.New(s.store.Handle())
	facts := help.Facts{Schema: s.store.SchemaVersion, Database: figures.Database, Addon: s.whmcs.AddonSettings}
	return &pages.Router{Web: w, Version: cli.Version(), Pages: map[string]pages.Page{
		"home": home.New(s.store, figures, s.book, s.clock, w),
		"machines": pages.Join(
			vmlog.New(s.store, s.clock, w),
			vmrecord.New(rowedit.New(s.store.Handle(), s.clock), vmrecord.Told{Interrupt: s.engine.Interrupt, Wake: s.engine.Wake, Freed: s.store.Freed}, w),
		),
		"help": help.New(facts, cli.Version(), cli.Commit(), w),
	}}
}
