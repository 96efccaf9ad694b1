package web

import (
	"net/url"
	"strconv"
	"strings"
)

// Sight is what of the list of machines a person is looking at. Links to it leave out what is usual.
type Sight struct {
	Search  string
	Service string // status of the service, "" = all
	Status  string // of the VM, "" = all
	Sort    string // a column, with a minus before it when the last comes first
	Page    int
	Size    int
}

// What a list shows that nothing else is asked of.
const (
	UsualSort = "-id"
	UsualSize = 10
)

// pairs are the names and values of a query.
func (s Sight) pairs() []any {
	unusual := func(value, usual string) string {
		if value == usual {
			return ""
		}
		return value
	}
	return []any{
		"q", s.Search, "service", s.Service, "status", s.Status, "sort", unusual(s.Sort, UsualSort),
		"p", unusual(strconv.Itoa(s.Page), "1"), "size", unusual(strconv.Itoa(s.Size), strconv.Itoa(UsualSize)),
	}
}

// In is the address of a page that shows this, or of a part of it.
func (s Sight) In(site Site, query ...any) string {
	return site.To(site.Page, append(query, s.pairs()...)...)
}

// Machines is the list of all VMs.
type Machines struct {
	Site
	Sight    Sight
	Rows     []Machine
	Services []SelectOption // filters
	Statuses []SelectOption
	Sizes    []SelectOption
	First    int // number of the first row, from 1
	Last     int
	Matching int
	All      int
	Pages    int
}

// SelectOption is an entry of a drop-down list.
type SelectOption struct {
	Value, Text string
	Chosen      bool
}

// Machine is one line of the list, or what a form is about.
type Machine struct {
	ID            int64
	Gone          bool
	ServiceStatus string
	ClientID      int64
	Client        string
	Company       string
	Product       string
	Server        string
	VMID          int
	Name          string
	Status        string // "" = there is no record
	Recorded      bool
	Addresses     []NamedAddress
	Attention     string
	Deeds         []string
}

// NamedAddress is an address with its reverse name.
type NamedAddress struct{ Address, Reverse string }

// StatusTone is the badge class of the VM status; in a list everything that is under way is grey (product-spec §3.4).
func (m Machine) StatusTone() string {
	if c := tone(m.Status); c != "kb-busy" {
		return c
	}
	return "kb-idle"
}

// ServiceTone is the badge class of the service status.
func (m Machine) ServiceTone() string {
	switch m.ServiceStatus {
	case "Active":
		return "kb-good"
	case "Suspended":
		return "kb-busy"
	case "Terminated", "Fraud":
		return "kb-bad"
	}
	return "kb-idle"
}

// What names the VM in a sentence.
func (m Machine) What() string {
	if m.VMID == 0 {
		return m.Name
	}
	return strings.TrimSpace(strconv.Itoa(m.VMID) + " " + m.Name)
}

// Hidden are the fields that a form of the list sends besides its own, so that it comes back here.
func (m Machines) Hidden() []HiddenField {
	_, query, _ := strings.Cut(m.Link, "?")
	fields := []HiddenField{}
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if name != "" && err1 == nil && err2 == nil {
			fields = append(fields, HiddenField{name, value})
		}
	}
	return append(fields, HiddenField{"page", m.Page})
}

// HiddenField is something a form sends that nobody sees.
type HiddenField struct{ Name, Value string }

// Kept are the fields that keep Sight when a form leads to a part.
func (m Machines) Kept() []HiddenField {
	pairs := m.Sight.pairs()
	var list []HiddenField
	for i := 0; i < len(pairs); i += 2 {
		if value, _ := pairs[i+1].(string); value != "" {
			list = append(list, HiddenField{pairs[i].(string), value})
		}
	}
	return list
}

// Action is the address that a form of the list is sent to, without a query.
func (m Machines) Action() string {
	path, _, _ := strings.Cut(m.Link, "?")
	return path
}

// Part is the address of a dialog about a machine.
func (m Machines) Part(part string, id int64) string {
	return m.Sight.In(m.Site, "part", part, "id", id)
}

// Everything is the list without search and filters, whatever a browser remembers.
func (m Machines) Everything() string { return m.To(m.Page) + "&service=&status=" }

// Heading is the link that sorts by a column.
type Heading struct {
	Column, Key string
	URL         string
	Mark        string // of the column that the list is sorted by
}

// Heading is that of a column; what stands at the top of a list sorted by attention are those that need it.
func (m Machines) Heading(column, key string) Heading {
	to := m.Sight
	to.Page, to.Sort = 1, column
	h := Heading{Column: column, Key: key}
	switch {
	case m.Sight.Sort == column:
		h.Mark, to.Sort = "\u25b2", "-"+column
	case m.Sight.Sort == "-"+column:
		h.Mark = "\u25bc"
	case column == "attention":
		to.Sort = "-" + column
	}
	h.URL = to.In(m.Site)
	return h
}

// Order is what aria-sort says of a heading that sorts by these columns.
func (m Machines) Order(columns ...string) string {
	by, descending := strings.CutPrefix(m.Sight.Sort, "-")
	for _, c := range columns {
		switch {
		case c == by && descending:
			return "descending"
		case c == by:
			return "ascending"
		}
	}
	return "none"
}

// Turn is a link of the pager; URL "" = where one is, or a gap when N is 0.
type Turn struct {
	N   int
	URL string
}

// Turns are the pages to go to: the first, the last and those around the present one.
func (m Machines) Turns() []Turn {
	var list []Turn
	for n := 1; n <= m.Pages; n++ {
		near := n >= m.Sight.Page-2 && n <= m.Sight.Page+2
		switch {
		case n == m.Sight.Page:
			list = append(list, Turn{N: n})
		case near, n == 1, n == m.Pages:
			list = append(list, Turn{n, m.turn(n)})
		case n < m.Sight.Page:
			list, n = append(list, Turn{}), m.Sight.Page-3
		default:
			list, n = append(list, Turn{}), m.Pages-1
		}
	}
	return list
}

func (m Machines) turn(n int) string {
	to := m.Sight
	to.Page = n
	return to.In(m.Site)
}

// Before and After are the neighbours of the present page, "" = there is none.
func (m Machines) Before() string {
	if m.Sight.Page <= 1 {
		return ""
	}
	return m.turn(m.Sight.Page - 1)
}

// After is the next page.
func (m Machines) After() string {
	if m.Sight.Page >= m.Pages {
		return ""
	}
	return m.turn(m.Sight.Page + 1)
}

// Machines renders the list.
func (p *Pages) Machines(m Machines) (string, error) { return p.render("machines.html", m) }

// Deed is a form that asks before something is done to a machine.
type Deed struct {
	Site
	URL     string // where it is sent to
	Back    string // the list
	Machine Machine
	Targets []SelectOption // of a reset
	Fault   string         // why it was not done
}

// Reset renders the form for another status.
func (p *Pages) Reset(d Deed) (string, error) { return p.render("vm_reset", d) }

// Redeploy renders the question before a VM is built anew.
func (p *Pages) Redeploy(d Deed) (string, error) { return p.render("vm_redeploy", d) }

// DeleteRecord renders the question before a record is forgotten.
func (p *Pages) DeleteRecord(d Deed) (string, error) { return p.render("vm_delete", d) }

// Bulk asks before something is done to several machines, and then says what came of it.
type Bulk struct {
	Site
	URL      string
	Back     string
	Do       string // reset or dns
	Machines []Machine
	Targets  []SelectOption
	Fault    string
	Outcomes []Outcome // once it was done
	Failed   int       // of them
}

// Outcome is what came of it for one machine.
type Outcome struct {
	Machine Machine
	Good    bool
	Text    string
}

// Bulk renders it.
func (p *Pages) Bulk(b Bulk) (string, error) { return p.render("vm_bulk", b) }
