package zones

import (
	"context"
	"errors"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zonedesk"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

func (p *page) blank(_ context.Context, r *pages.Request) (pages.Answer, error) {
	html, err := p.web.ZoneForm(p.form(r.Site, draft{}))
	return p.answer("zone_add_title", html, err)
}

func (p *page) add(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	z := typed(r)
	_, err := p.desk.Add(ctx, author(r), z)
	if err == nil {
		return pages.Done(r, "zone_added"), nil
	}
	return p.again(r, "zone_add_title", draft{zone: z}, err)
}

func (p *page) saved(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	z, err := p.zone(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	z.Fields = z.Shown()
	d := draft{zone: z, ttl: z.TTLText(), keeps: true}
	if z.Fault != "" {
		d.wrong = map[string]string{}
		for _, f := range zones.Find(z.Provider).Fields {
			if f.Secret {
				d.wrong[f.Name], d.keeps = p.web.Text("zone_unreadable"), false
			}
		}
	}
	html, err := p.web.ZoneForm(p.form(r.Site, d))
	return p.answer("zone_edit_title", html, err)
}

// zone is the one that the address names.
func (p *page) zone(ctx context.Context, r *pages.Request) (zones.Zone, error) {
	id, err := r.ID()
	if err != nil {
		return zones.Zone{}, err
	}
	z, err := p.desk.Zone(ctx, id)
	return z, sentence(err)
}

func (p *page) edit(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	saved, err := p.zone(ctx, r)
	if err != nil {
		return pages.Answer{}, err
	}
	z := typed(r)
	_, err = p.desk.Edit(ctx, zonedesk.Edit{
		ID: saved.ID, Revision: seen(r), Anyway: r.Form.Get("anyway") != "", By: author(r), Fill: func(zones.Zone) zones.Zone { return z },
	})
	if err == nil {
		return pages.Done(r, "zone_changed"), nil
	}
	z.ID, z.Revision = saved.ID, seen(r)
	return p.again(r, "zone_edit_title", draft{zone: z, keeps: z.Provider == saved.Provider}, err)
}

// seen is the revision that the form was made of; a form without one was made by nobody.
func seen(r *pages.Request) string {
	if revision := r.Form.Get("revision"); revision != "" {
		return revision
	}
	return "none"
}

// again shows a form that was refused, as it was typed, with the reason where it belongs.
func (p *page) again(r *pages.Request, title string, d draft, err error) (pages.Answer, error) {
	faults, wrong := errors.AsType[zones.FormErrors](err)
	behind, stays := errors.AsType[*zonedesk.BehindError](err)
	late := errors.Is(err, zonedesk.ErrChanged)
	if !wrong && !stays && !late {
		return pages.Answer{}, sentence(err)
	}
	d.wrong, d.ttl, d.posted, d.secrets = map[string]string{}, r.Form.Get("ttl"), r.Form, r.Secrets
	for _, f := range faults {
		d.wrong[f.Field] = f.Text
	}
	f := p.form(r.Site, d)
	f.Changed, f.Behind = late, stays
	switch {
	case stays:
		f.Fault = asSentence(behind)
	case late:
		f.Fault = asSentence(zonedesk.ErrChanged)
	}
	html, err := p.web.ZoneForm(f)
	return p.answer(title, html, err)
}

// question asks before a zone is forgotten.
func (p *page) question(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	return p.ask(ctx, r, "")
}

func (p *page) ask(ctx context.Context, r *pages.Request, fault string) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	z, err := p.desk.Counted(ctx, id)
	if err != nil {
		return pages.Answer{}, sentence(err)
	}
	html, err := p.web.ZoneEnd(web.ZoneEnd{Site: r.Site, Zone: rowOf(z), Revision: z.Revision, Behind: z.Ours, Fault: fault})
	return p.answer("zone_delete_title", html, err)
}

func (p *page) end(ctx context.Context, r *pages.Request) (pages.Answer, error) {
	id, err := r.ID()
	if err != nil {
		return pages.Answer{}, err
	}
	_, err = p.desk.Delete(ctx, zonedesk.Delete{ID: id, Revision: seen(r), Anyway: r.Form.Get("anyway") != "", By: author(r)})
	behind, stays := errors.AsType[*zonedesk.BehindError](err)
	switch {
	case err == nil:
		return pages.Done(r, "zone_deleted"), nil
	case stays:
		return p.ask(ctx, r, asSentence(behind)+" "+p.web.Text("zone_tick"))
	case errors.Is(err, zonedesk.ErrChanged):
		return p.ask(ctx, r, asSentence(err))
	}
	if said, ok := errors.AsType[desk.Sentence](sentence(err)); ok {
		return pages.Answer{}, said
	}
	return pages.Answer{}, err
}
