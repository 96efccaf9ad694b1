package zones

import (
	"context"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// perPage is how many zones a page of the list has (product-spec §8.8).
const perPage = 10

func (p *page) list(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	q := zonedesk.Query{Search: r.Query.Get("search"), Sort: r.Query.Get("sort"), Down: r.Query.Get("order") == "down", Offset: offset(r), Limit: perPage}
	l, err := p.desk.List(ctx, q)
	if err != nil {
		return pages.Answer{}, err
	}
	shown := web.Zones{Site: r.Site, Search: q.Search, All: l.All, Lost: l.Lost, Columns: columns(r, q)}
	for _, z := range l.Rows {
		shown.Rows = append(shown.Rows, rowOf(z))
	}
	shown.Pager = web.PagerOf(q.Offset, perPage, len(shown.Rows), l.Found, func(from int) string {
		return r.To(name, "search", q.Search, "sort", q.Sort, "order", r.Query.Get("order"), "from", from)
	})
	html, err := p.web.Zones(shown)
	return pages.Answer{HTML: html}, err
}

// columns are the heads of the list; pressing the one that sorts turns its order round.
func columns(r *pages.Request, q zonedesk.Query) []web.Column {
	list := []web.Column{
		{Key: "id"},
		{Key: "zone"},
		{Key: "type"},
		{Key: "server"},
		{Key: "zone_count_live", Number: true},
		{Key: "zone_count_pending", Number: true},
		{Key: "zone_count_failed", Number: true},
		{Key: "actions"},
	}
	for i := range list[:3] {
		c, order := &list[i], ""
		if here := c.Key == q.Sort || c.Key == "id" && q.Sort != "zone" && q.Sort != "type"; here {
			c.Sorted, order = "ascending", "down"
			if q.Down {
				c.Sorted, order = "descending", ""
			}
		}
		c.URL = r.To(name, "search", q.Search, "sort", c.Key, "order", order)
	}
	return list
}

// kind is the key of what a zone holds.
func kind(zone string) string {
	switch dns.KindOf(zone) {
	case dns.Reverse4:
		return "zone_reverse4"
	case dns.Reverse6:
		return "zone_reverse6"
	case dns.Forward:
	}
	return "zone_forward"
}
