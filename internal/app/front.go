package app

import (
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/pages/home"
	"github.com/kvmbridge/kvmbridge/internal/app/views"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// front is every page of the addon.
func (s *Sidecar) front(v *views.Views, w *web.Pages) *pages.Router {
	return &pages.Router{Web: w, Version: cli.Version(), Pages: map[string]pages.Page{
		"home": (&home.Page{Views: v, Web: w}).Parts(),
	}}
}
