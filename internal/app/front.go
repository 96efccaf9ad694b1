package app

import (
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/help"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/home"
	poolpage "github.com/kvmbridge/kvmbridge/internal/app/pages/pools"
	"github.com/kvmbridge/kvmbridge/internal/store/overview"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// front is every page of the addon.
func (s *Sidecar) front(w *web.Pages) *pages.Router {
	figures := overview.New(s.store.Handle())
	facts := help.Facts{Schema: s.store.SchemaVersion, Database: figures.Database, Addon: s.whmcs.AddonSettings}
	return &pages.Router{Web: w, Version: cli.Version(), Pages: map[string]pages.Page{
		"home":  home.New(s.store, figures, s.book, s.clock, w),
		"help":  help.New(facts, cli.Version(), cli.Commit(), w),
		"pools": poolpage.New(pools.New(s.store.Handle(), s.clock, s.store.Freed), w),
	}}
}
