package pools

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/ippool"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// typed is the form as it was sent.
func typed(get func(string) string) ippool.Form {
	var f ippool.Form
	for _, field := range ippool.Fields() {
		f.Set(field, get(field))
	}
	return f
}

func (p *page) adding(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	return p.form(ctx, r, web.PoolForm{Adding: true}, ippool.Form{VLAN: "0", Type: "ipv4"}, nil)
}

func (p *page) add(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	f := typed(r.Form.Get)
	_, err := p.book.Add(ctx, r.Admin, f)
	if faults, ok := errors.AsType[ippool.FormErrors](err); ok {
		return p.form(ctx, r, web.PoolForm{Adding: true}, f, faults)
	}
	if err != nil {
		return pages.Answer{}, told(err)
	}
	return pages.Done(r, "pool_added"), nil
}

func (p *page) editing(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	pool, err := p.book.Pool(ctx, id)
	if err != nil {
		return pages.Answer{}, told(err)
	}
	return p.form(ctx, r, web.PoolForm{Fixed: pool.Form.Family() != 0, Seen: pool.Seen}, pool.Form, pool.Faults)
}

func (p *page) edit(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	f := typed(r.Form.Get)
	err = p.book.Edit(ctx, r.Admin, id, r.Form.Get("seen"), f)
	if faults, ok := errors.AsType[ippool.FormErrors](err); ok {
		pool, err := p.book.Pool(ctx, id)
		if err != nil {
			return pages.Answer{}, told(err)
		}
		return p.form(ctx, r, web.PoolForm{Fixed: pool.Form.Family() != 0, Seen: r.Form.Get("seen")}, f, faults)
	}
	if err != nil {
		return pages.Answer{}, told(err)
	}
	return pages.Done(r, "pool_saved"), nil
}

// form shows what was typed with a sentence at each field that is wrong.
func (p *page) form(ctx context.Context, r *pages.Request, v web.PoolForm, f ippool.Form, faults ippool.FormErrors) (pages.Answer, error) {
	servers, err := p.book.Servers(ctx)
	if err != nil {
		return pages.Answer{}, err
	}
	v.Site, v.Action, v.Typed = r.Site, r.To(r.Page, "part", r.Part, "id", r.Query.Get("id")), map[string]web.Field{}
	v.Type, v.Hint = fmt.Sprintf("ipv%d", max(f.Family(), 4)), hintOf(f)
	for _, s := range servers {
		id := strconv.FormatInt(s.ID, 10)
		v.Servers = append(v.Servers, web.Choice{Value: id, Text: fmt.Sprintf("%s (ID: %d)", s.Name, s.ID), Chosen: id == f.Server})
	}
	for _, field := range ippool.Fields() {
		v.Typed[field] = web.Field{Value: f.Get(field), Fault: faults.Of(field)}
	}
	html, err := p.web.PoolForm(v)
	title := "pool_editing"
	if v.Adding {
		title = "pool_adding"
	}
	return pages.Answer{Title: p.web.Text(title), HTML: html}, err
}

// hint answers while somebody types; what is not readable yet is passed over in silence.
func (p *page) hint(_ context.Context, r *pages.Request) (pages.Answer, error) {
	html, err := p.web.PoolHint(hintOf(typed(r.Query.Get)))
	return pages.Answer{HTML: html}, err
}

func hintOf(f ippool.Form) web.PoolHint {
	pool, faults := f.Pool()
	var h web.PoolHint
	if faults.Of(ippool.FieldMask) == "" {
		h.Zone = zoneOf(pool)
	}
	if n := ippool.Size(pool); n.Sign() > 0 {
		h.Size = n.String()
	}
	if len(faults) == 0 {
		h.Warnings = ippool.Warnings(pool)
	}
	return h
}
