package pages

import (
	"context"
	"errors"
	"fmt"
	"html/template"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Router knows every page of the addon by name.
type Router struct {
	Pages   map[string]Page
	Web     *web.Pages
	Version string
}

// Answer is the page that a call asks for, or what came of a form. Sentences stand on the page; any other error is the caller's.
func (t *Router) Answer(ctx context.Context, call bridge.OutputCall) (bridge.Output, error) {
	r, err := requestOf(call)
	if err != nil {
		return t.refuse(&Request{Site: web.Site{Link: call.Args.Link, Page: "home"}}, err)
	}
	answer, err := t.handle(ctx, r)
	if err != nil {
		return t.refuse(r, err)
	}
	return t.output(r, answer)
}

func (t *Router) handle(ctx context.Context, r *Request) (Answer, error) {
	if r.Page == "asset" {
		return t.asset(r)
	}
	page, known := t.Pages[r.Page]
	if !known {
		unknown := r.Page
		r.Page = "home"
		return Answer{}, desk.Sentence(fmt.Sprintf("There is no page %.40q. Choose one from the menu.", unknown))
	}
	handlers := page.Show
	if r.Post {
		handlers = page.Do
	}
	handler, known := handlers[r.Part]
	if !known && r.Post {
		return Answer{}, desk.Sentence("Nothing on this page can be changed like that. Nothing was changed.")
	}
	if !known {
		return Answer{}, desk.Sentence(fmt.Sprintf("The page has no part %.40q. Go back to its list.", r.Part))
	}
	return handler(ctx, r)
}

func (t *Router) asset(r *Request) (Answer, error) {
	a, known := t.Web.Asset(r.Query.Get("name"))
	if !known {
		return Answer{}, desk.Sentence("There is no such file. Reload the page.")
	}
	return Answer{File: &File{Type: a.Type, Body: a.Body, Keep: true}}, nil
}

func (t *Router) output(r *Request, a Answer) (bridge.Output, error) {
	switch {
	case a.File != nil:
		return a.File.output(), nil
	case a.Next != "" && r.Bare:
		return whole(htmlType, `<div data-kb-goto="`+template.HTMLEscapeString(a.Next)+`"></div>`, noStore), nil
	case a.Next != "":
		return redirect(a.Next), nil
	}
	return t.frame(r, web.Frame{Title: a.Title, Body: template.HTML(a.HTML)}) //nolint:gosec // rendered by internal/web, which escapes every value
}

const (
	htmlType = "text/html; charset=utf-8"
	noStore  = "Cache-Control: no-store"
)

// frame puts what a handler has rendered where it is wanted: into a dialog, or below the bar.
func (t *Router) frame(r *Request, f web.Frame) (bridge.Output, error) {
	f.Site, f.Version, f.Part = r.Site, t.Version, r.Part != ""
	if r.Bare {
		html, err := t.Web.Part(f)
		return whole(htmlType, html, noStore), err
	}
	f.Notice = t.Web.Text("notice_" + r.Query.Get("notice"))
	html, err := t.Web.Frame(f)
	return bridge.Output{HTML: html}, err
}

func (t *Router) refuse(r *Request, err error) (bridge.Output, error) {
	said, ok := errors.AsType[desk.Sentence](err)
	if !ok {
		return bridge.Output{}, err
	}
	return t.frame(r, web.Frame{Title: t.Web.Text("refused"), Fault: said.Error()})
}
