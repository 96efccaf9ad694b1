package pools

import (
	"cmp"
	"context"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// rowsShown is how many pools a page has (product-spec §8.8).
const rowsShown = 10

func (p *page) list(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	all, err := p.book.Pools(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	servers, err := p.book.Servers(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	v := view{r, r.Query.Get("q"), order(r.Query.Get("sort")), r.Query.Get("down") != ""}
	found := slices.DeleteFunc(slices.Clone(all), func(pool pools.Pool) bool { return !fits(pool, v.search) })
	v.arrange(found)
	pager, from, to := pagerOf(r.Query.Get("from"), len(found), rowsShown, func(from int) string { return v.at(v.sort, v.down, from) })
	shown := web.Pools{Site: r.Site, Search: v.search, Columns: v.columns(), Pager: pager, All: len(all), Servers: len(servers), Imported: imported(r)}
	for _, pool := range found[from:to] {
		shown.Rows = append(shown.Rows, rowOf(pool))
	}
	html, err := p.web.Pools(shown)
	return pages.Answer{HTML: html}, err
}

// imported is what the address tells of an import that has just been made.
func imported(r *pages.Request) *web.Imported {
	added, err := strconv.Atoi(r.Query.Get("added"))
	if err != nil {
		return nil
	}
	same, _ := strconv.Atoi(r.Query.Get("same"))
	return &web.Imported{Added: added, Same: same}
}

func rowOf(p pools.Pool) web.Pool {
	percent, _ := strconv.ParseFloat(p.Usage.Percent(), 64)
	kind := p.Form.Family()
	row := web.Pool{
		ID: p.ID, Server: p.ServerName, ServerID: p.Form.Server, Type: strings.ToUpper(p.Form.Type), Family: kind, Bridge: p.Form.Bridge, VLAN: p.Form.VLAN,
		Gateway: p.Form.Gateway, Mask: p.Form.Mask, Start: p.Form.Start, Stop: p.Form.Stop, Zone: zoneOf(p.Pool), Usage: p.Usage.String(),
		Percent: percent, Faults: p.Faults.Texts(), Warnings: p.Warnings, Holders: p.Holders,
	}
	if row.Type == "" && kind != 0 {
		row.Type = "IPV" + strconv.Itoa(kind)
	}
	return row
}

// zoneOf hints at the reverse zone of a pool's network; while the range is not typed yet the gateway stands for it.
func zoneOf(p ippool.Pool) string {
	if p.First.IsValid() {
		return dns.ZoneHint(p.First, p.Bits)
	}
	return dns.ZoneHint(p.Gateway, p.Bits)
}

// fits looks for every word of the search in what the row shows.
func fits(p pools.Pool, search string) bool {
	f := p.Form
	text := strings.ToLower(strings.Join([]string{
		strconv.FormatInt(p.ID, 10), p.ServerName, "(ID: " + f.Server + ")", f.Type, f.Bridge, f.VLAN, f.Gateway, f.Mask, f.Start + " - " + f.Stop, zoneOf(p.Pool), p.Usage.String(),
	}, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// column is one by which the list can be sorted.
type column struct {
	key     string
	n       bool
	compare func(a, b pools.Pool) int
}

func columnList() []column {
	return []column{
		{"id", true, func(a, b pools.Pool) int { return cmp.Compare(a.ID, b.ID) }},
		{"server", false, func(a, b pools.Pool) int {
			return strings.Compare(strings.ToLower(a.ServerName), strings.ToLower(b.ServerName))
		}},
		{"type", false, func(a, b pools.Pool) int { return cmp.Compare(a.Form.Family(), b.Form.Family()) }},
		{"bridge", false, func(a, b pools.Pool) int { return strings.Compare(a.Form.Bridge, b.Form.Bridge) }},
		{"vlan", true, func(a, b pools.Pool) int { return cmp.Compare(a.Pool.VLAN, b.Pool.VLAN) }},
		{"gateway", false, func(a, b pools.Pool) int { return a.Pool.Gateway.Compare(b.Pool.Gateway) }},
		{"mask", true, func(a, b pools.Pool) int { return cmp.Compare(a.Pool.Bits, b.Pool.Bits) }},
		{"range", false, func(a, b pools.Pool) int { return a.Pool.First.Compare(b.Pool.First) }},
		{"usage", false, func(a, b pools.Pool) int { return fullness(a).Cmp(fullness(b)) }},
	}
}

func fullness(p pools.Pool) *big.Rat {
	if p.Usage.Total == nil || p.Usage.Total.Sign() == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(big.NewInt(int64(p.Usage.Used)), p.Usage.Total)
}

// order is the key of a column that exists.
func order(key string) string {
	for _, c := range columnList() {
		if c.key == key {
			return key
		}
	}
	return "id"
}

// view is how the list is looked at.
type view struct {
	r      *pages.Request
	search string
	sort   string
	down   bool
}

// at is the address of the list sorted like that from a row on; what goes without saying is left out.
func (v view) at(sort string, down bool, from int) string {
	query := []any{"q", v.search}
	if sort != "id" || down {
		query = append(query, "sort", sort)
	}
	if down {
		query = append(query, "down", "1")
	}
	if from > 0 {
		query = append(query, "from", from)
	}
	return v.r.To(v.r.Page, query...)
}

func (v view) arrange(list []pools.Pool) {
	for _, c := range columnList() {
		if c.key != v.sort {
			continue
		}
		slices.SortStableFunc(list, func(a, b pools.Pool) int {
			if v.down {
				a, b = b, a
			}
			return c.compare(a, b)
		})
	}
}

func (v view) columns() []web.Column {
	var list []web.Column
	for _, c := range columnList() {
		here := c.key == v.sort
		w := web.Column{Key: "pool_" + c.key, Number: c.n, URL: v.at(c.key, here && !v.down, 0)}
		if here {
			w.Sorted = map[bool]string{false: "ascending", true: "descending"}[v.down]
		}
		list = append(list, w)
	}
	return append(list, web.Column{Key: "actions"})
}

// pagerOf cuts a list of n rows: from is what the address says, at makes the address of another part.
func pagerOf(text string, n, limit int, at func(from int) string) (p web.Pager, from, to int) {
	from, _ = strconv.Atoi(text)
	if from = max(from, 0); from >= n {
		from = max(n-1, 0) / limit * limit
	}
	to = min(from+limit, n)
	return web.PagerOf(from, limit, to-from, n, at), from, to
}
