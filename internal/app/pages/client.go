package pages

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/bridge"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// ClientRequest is what a browser sent for the product page of WHMCS's client area. Our own keys of its query begin with kb, and
// kb alone is the name of the page; the others are WHMCS's and stay in Link, except those that would do something once more. The
// query of the request holds the service that WHMCS has opened, whatever the address says, and kb_copy as subject.
func ClientRequest(call bridge.ClientAreaCall) (*Request, error) {
	query, err1 := url.ParseQuery(call.Args.Query)
	form, err2 := url.ParseQuery(call.Args.Form)
	if err1 != nil || err2 != nil {
		return nil, desk.Sentence("What the browser sent arrived damaged. Nothing was changed; reload the page and send it again.")
	}
	service := strconv.FormatInt(call.Service.ID, 10)
	r := &Request{
		Site: web.Site{Token: call.Args.Token, Page: query.Get("kb")}, Post: call.Args.Post, Form: form, WHMCS: call.WHMCSVersion,
		Query: url.Values{"id": {service}, "subject": {query.Get("kb_copy")}, "notice": {query.Get("kb_done")}},
	}
	if call.Caller.Kind == bridge.CallerClient {
		r.Client = call.Caller.ID
	}
	r.Link = call.Args.Link + "?" + theirs(query, service).Encode()
	return r, nil
}

// theirs are the keys that lead back to the product page.
func theirs(query url.Values, service string) url.Values {
	kept := url.Values{"action": {"productdetails"}, "id": {service}}
	for key, values := range query {
		switch {
		case strings.HasPrefix(key, "kb"), key == "id", key == "modop", key == "a", key == "dosinglesignon", key == "token":
		default:
			kept[key] = values
		}
	}
	return kept
}

// Output is an answer as it goes to a browser through a product page.
func (a Answer) Output() bridge.Output {
	if a.Next != "" {
		return redirect(a.Next)
	}
	return bridge.Output{HTML: a.HTML}
}
