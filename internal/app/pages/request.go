package pages

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// Request is one visit to a page, or what one of its forms sent.
type Request struct {
	web.Site
	Part    string // which dialog; "" is the page itself
	Post    bool
	Bare    bool // only the part, for a dialog
	Query   url.Values
	Form    url.Values        // what was posted, without token and secrets
	Secrets map[string]string // posted as secret[name]
	Admin   int64             // tbladmins.id of who asks
	Client  int64             // tblclients.id of who asks in the client area
	WHMCS   string            // version of WHMCS
}

// Handler looks at something, or does something for a Request that was posted. A desk.Sentence is shown to the person.
type Handler func(ctx context.Context, r *Request) (Answer, error)

// Page is one entry of the list: what can be looked at and what can be done, by the name of the part.
type Page struct {
	Show map[string]Handler
	Do   map[string]Handler
}

// ID is the number that the query calls id.
func (r *Request) ID() (int64, error) {
	id, err := strconv.ParseInt(r.Query.Get("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, desk.Sentence(fmt.Sprintf("%.40q is no id. Open the entry from its list.", r.Query.Get("id")))
	}
	return id, nil
}

func requestOf(call bridge.OutputCall) (*Request, error) {
	query, err := url.ParseQuery(call.Args.Query)
	if err != nil {
		return nil, desk.Sentence("The address of the page is damaged. Open it from the menu.")
	}
	form, err := url.ParseQuery(call.Args.Form)
	if err != nil {
		return nil, desk.Sentence("The form arrived damaged. Nothing was changed; reload the page and send it again.")
	}
	r := &Request{
		Site: web.Site{Link: call.Args.Link, Token: call.Args.Token, Page: query.Get("page")}, Part: query.Get("part"),
		Post: call.Args.Post, Bare: query.Get("bare") != "", Query: query, Form: form, Secrets: map[string]string{}, Admin: call.Caller.ID, WHMCS: call.WHMCSVersion,
	}
	if r.Page == "" {
		r.Page = "home"
	}
	for name, secret := range call.Args.Secrets {
		r.Secrets[name] = string(secret)
	}
	return r, nil
}
