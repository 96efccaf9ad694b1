package machines

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// sizes are the rows a page may have.
func sizes() []int { return []int{web.UsualSize, 25, 50, 100} }

// sightOf reads what of the list is asked for; what it does not know is as usual.
func sightOf(r *pages.Request) web.Sight {
	s := web.Sight{
		Search: strings.TrimSpace(r.Query.Get("q")), Service: r.Query.Get("service"), Status: r.Query.Get("status"),
		Sort: r.Query.Get("sort"), Page: number(r.Query.Get("p")), Size: number(r.Query.Get("size")),
	}
	if column, _ := strings.CutPrefix(s.Sort, "-"); !slices.Contains(roster.Columns(), roster.Column(column)) {
		s.Sort = web.UsualSort
	}
	if !slices.Contains(sizes(), s.Size) {
		s.Size = web.UsualSize
	}
	return s
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return max(n, 1)
}

func query(s web.Sight) roster.Query {
	column, descending := strings.CutPrefix(s.Sort, "-")
	return roster.Query{
		Search: s.Search, ServiceStatus: s.Service, Status: s.Status, Sort: roster.Column(column), Descending: descending, Page: s.Page, Size: s.Size,
	}
}

// services are the entries of the first filter; a status that is not among the usual ones stays visible while it is asked for.
func (p *page) services(chosen string) []web.SelectOption {
	return choices(p.web.Text("all_services"), roster.ServiceStatuses(), chosen)
}

func (p *page) statuses(chosen string) []web.SelectOption {
	var all []string
	for _, s := range roster.Statuses() {
		all = append(all, string(s))
	}
	return choices(p.web.Text("all_vm_statuses"), all, chosen)
}

func choices(none string, all []string, chosen string) []web.SelectOption {
	list := []web.SelectOption{{Text: none}}
	if chosen != "" && !slices.Contains(all, chosen) {
		all = append(all, chosen)
	}
	for _, value := range all {
		list = append(list, web.SelectOption{Value: value, Text: value, Chosen: value == chosen})
	}
	return list
}

func sizeChoices(chosen int) []web.SelectOption {
	var list []web.SelectOption
	for _, n := range sizes() {
		text := strconv.Itoa(n)
		list = append(list, web.SelectOption{Value: text, Text: text, Chosen: n == chosen})
	}
	return list
}
