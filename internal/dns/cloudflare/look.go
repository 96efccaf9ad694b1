package cloudflare

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

const (
	// perName and perZone are page sizes; a name rarely has more than a few records.
	perName, perZone = 1000, 5000
	// few names are asked for one by one; for more the whole zone is read, which takes a call per 5,000 records.
	few = 12
)

// look reads all records, of whatever type, of these names.
func (z *Zone) look(ctx context.Context, names []string) (map[string][]record, error) {
	found := make(map[string][]record, len(names))
	if len(names) > few {
		all, err := z.list(ctx, "", perZone)
		for _, r := range all {
			name := strings.ToLower(r.Name)
			found[name] = append(found[name], r)
		}
		return found, err
	}
	for _, name := range names {
		rows, err := z.list(ctx, name, perName)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if strings.EqualFold(r.Name, name) {
				found[name] = append(found[name], r)
			}
		}
	}
	return found, nil
}

// list reads all pages; name "" is the whole zone. A list that changed while it was read is an error that passes: a record
// may have slipped from one page to another.
func (z *Zone) list(ctx context.Context, name string, perPage int) ([]record, error) {
	var all []record
	query := url.Values{"per_page": {strconv.Itoa(perPage)}}
	if name != "" {
		query.Set("name.exact", name)
	}
	total := -1
	for page := 1; ; page++ {
		if page > 1 {
			query.Set("page", strconv.Itoa(page))
		}
		var rows []record
		info, err := z.get(ctx, z.path("dns_records"), query, &rows)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
		last := len(rows) == 0 || !info.more(page, len(all))
		if n := info.TotalCount; n != nil {
			if total >= 0 && *n != total || last && *n != len(all) {
				return nil, complain(nil, "The zone %s changed while its records were read.", z.name)
			}
			total = *n
		}
		if last {
			return all, nil
		}
	}
}

// more tells whether there is another page. The number of pages may be missing, and where the count is too an empty page ends.
func (i listInfo) more(page, have int) bool {
	if i.TotalPages > 0 {
		return page < i.TotalPages
	}
	return i.TotalCount == nil || have < *i.TotalCount
}

// names of the orders, each once, in their order.
func names(orders []*order) []string {
	var list []string
	seen := map[string]bool{}
	for _, o := range orders {
		if !seen[o.change.Name] {
			seen[o.change.Name] = true
			list = append(list, o.change.Name)
		}
	}
	return list
}

// inside tells whether a record can be of a zone of that name.
func inside(r record, zone string) bool { return dns.Match(r.Name, zone) }
