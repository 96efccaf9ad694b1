package pools

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/store/pools"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

func (p *page) addresses(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	pool, err := p.pool(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	search, kind := r.Query.Get("q"), r.Query.Get("kind")
	from, _ := strconv.Atoi(r.Query.Get("from"))
	found, err := p.book.Addresses(ctx, pool.ID, pools.Filter{Text: search, Kind: pools.Kind(kind), Offset: from})
	if err != nil {
		return pages.Answer{}, told(err)
	}
	pager, _, _ := pagerOf(strconv.Itoa(from), found.Total, pools.DefaultLimit, func(from int) string {
		return r.To(r.Page, "part", "addresses", "id", pool.ID, "q", search, "kind", kind, "from", from)
	})
	v := web.PoolAddresses{Site: r.Site, Pool: rowOf(pool), Search: search, Kinds: kinds(kind), Pager: pager, All: found.All}
	for _, a := range found.Rows {
		v.Rows = append(v.Rows, web.PoolAddress{
			Address: a.Address.String(), Kind: string(a.Kind), ServiceID: a.ServiceID, ClientID: a.ClientID, Name: a.Name, Since: a.Since,
			Note: a.Note, NotedBy: a.NotedBy, CanKeep: a.Kind == pools.Leased && a.Note == "",
		})
	}
	html, err := p.web.PoolAddresses(v)
	return pages.Answer{Title: fmt.Sprintf("%s %d", p.web.Text("holders_title"), pool.ID), HTML: html}, err
}

func kinds(chosen string) []web.Choice {
	list := []web.Choice{{Text: "kind_any"}}
	for _, k := range []pools.Kind{pools.Leased, pools.Kept, pools.Gateway, pools.Listed, pools.Shown} {
		list = append(list, web.Choice{Value: string(k), Text: "kind_" + string(k), Chosen: string(k) == chosen})
	}
	return list
}

func (p *page) keeping(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	return p.keepForm(ctx, r, web.Field{Value: r.Query.Get("address")}, web.Field{})
}

func (p *page) keep(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	address, note := r.Form.Get(pools.FieldAddress), r.Form.Get(pools.FieldNote)
	err = p.book.Keep(ctx, r.Admin, id, address, note)
	if faults, ok := errors.AsType[ippool.FormErrors](err); ok {
		return p.keepForm(ctx, r, web.Field{Value: address, Fault: faults.Of(pools.FieldAddress)}, web.Field{Value: note, Fault: faults.Of(pools.FieldNote)})
	}
	if err != nil {
		return pages.Answer{}, told(err)
	}
	return addressesOf(r, id, "address_kept"), nil
}

func addressesOf(r *pages.Request, id int64, notice string) pages.Answer {
	return pages.Answer{Next: r.To(r.Page, "part", "addresses", "id", id, "notice", notice)}
}

func (p *page) keepForm(ctx context.Context, r *pages.Request, address, note web.Field) (pages.Answer, error) {
	pool, err := p.pool(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	html, err := p.web.KeepForm(web.KeepForm{
		Site: r.Site, Action: r.To(r.Page, "part", "keep", "id", pool.ID), Pool: rowOf(pool), Address: address, Note: note,
	})
	return pages.Answer{Title: p.web.Text("keep"), HTML: html}, err
}

func (p *page) releasing(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	pool, err := p.pool(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	v := web.ReleaseForm{Site: r.Site, Action: r.To(r.Page, "part", "release", "id", pool.ID), PoolID: pool.ID, Address: r.Query.Get("address")}
	found, err := p.book.Addresses(ctx, pool.ID, pools.Filter{Text: v.Address})
	if err != nil {
		return pages.Answer{}, told(err)
	}
	for _, a := range found.Rows {
		if a.Address.String() == v.Address {
			v.Note = a.Note
		}
	}
	html, err := p.web.ReleaseForm(v)
	return pages.Answer{Title: p.web.Text("release_title"), HTML: html}, err
}

func (p *page) release(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	if err := p.book.Release(ctx, r.Admin, id, r.Form.Get(pools.FieldAddress)); err != nil {
		return pages.Answer{}, told(err)
	}
	return addressesOf(r, id, "address_released"), nil
}
