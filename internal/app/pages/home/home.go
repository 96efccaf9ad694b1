// Package home is the first page of the addon: how everything stands.
package home

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/app/views"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Page shows how everything stands.
type Page struct {
	Views *views.Views
	Web   *web.Pages
}

// Parts is what of the page can be asked for.
func (p *Page) Parts() pages.Page {
	return pages.Page{Show: map[string]pages.Handler{"": p.show}}
}

func (p *Page) show(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	home, err := p.Views.Home(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	home.Site = r.Site
	html, err := p.Web.Home(home)
	return pages.Answer{HTML: html}, err
}
