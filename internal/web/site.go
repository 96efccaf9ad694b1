package web

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
)

// Site is where a page of the addon stands: what its links and forms need.
type Site struct {
	Link  string // address of the addon's pages as WHMCS gives it, relative to its admin directory
	Token string // what a form sends back as kb_token
	Page  string // name of the page that is shown
}

// To is the address of a page; names and values of its query follow in pairs, those with an empty value are left out.
func (s Site) To(page string, query ...any) string {
	return address(s.Link, append([]any{"page", page}, query...))
}

// Place is where a page stands in WHMCS's client area.
type Place struct {
	Link  string // address of the product page with all of WHMCS's own keys
	Token string // what a form sends back as kb_token
}

// To is the address of a page of ours; names and values of its query follow as in Site.To.
func (p Place) To(page string, query ...any) string {
	return address(p.Link, append([]any{"kb", page}, query...))
}

func address(link string, pair []any) string {
	var b strings.Builder
	b.WriteString(link)
	mark := "?"
	if strings.Contains(link, "?") {
		mark = "&"
	}
	for i := 0; i+1 < len(pair); i += 2 {
		value := fmt.Sprint(pair[i+1])
		if value == "" {
			continue
		}
		b.WriteString(mark + url.QueryEscape(fmt.Sprint(pair[i])) + "=" + url.QueryEscape(value))
		mark = "&"
	}
	return b.String()
}

// Frame is the bar above every page of the addon and what stands below it.
type Frame struct {
	Site
	Version string
	Notice  string // a text of the catalogue: what was just done
	Fault   string // a sentence: why nothing can be shown, or was done
	Part    bool   // the body is a part of the page, which would be a dialog with JavaScript
	Title   string // of the part
	Body    template.HTML
	Assets  Assets
}

// Frame renders a whole page of the addon.
func (p *Pages) Frame(f Frame) (string, error) {
	f.Assets = p.assets
	return p.render("addon.html", f)
}

// Part renders the inside of a dialog.
func (p *Pages) Part(f Frame) (string, error) { return p.render("part.html", f) }

// tab is an entry of the bar.
type tab struct {
	URL, Key string
	Here     bool
}

func tabOf(f Frame, page string) tab { return tab{f.To(page), "nav_" + page, f.Page == page} }
