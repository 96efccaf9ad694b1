package zones

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/pages"
	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// The fields of every provider stand in the form under names of their own, so that it works whether or not those of the
// other providers are hidden.

func fieldName(provider, field string) string { return provider + "_" + field }

// typed is the zone that a form describes; only the fields of the chosen type count.
func typed(r *pages.Request) zones.Zone {
	z := zones.Zone{Name: r.Form.Get("zone"), Provider: r.Form.Get("type"), TTL: ttl(r.Form.Get("ttl")), TakeOver: r.Form.Get("take_over") != "", Fields: map[string]string{}}
	for _, f := range zones.Find(z.Provider).Fields {
		value := r.Form.Get(fieldName(z.Provider, f.Name))
		if f.Secret {
			value = r.Secrets[fieldName(z.Provider, f.Name)]
		}
		if value != "" {
			z.Fields[f.Name] = value
		}
	}
	return z
}

// ttl reads seconds; nothing typed is the default, and what is no number is out of every range.
func ttl(text string) int {
	if text = strings.TrimSpace(text); text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n == 0 {
		return -1
	}
	return n
}

// draft is what a form shows.
type draft struct {
	zone    zones.Zone
	wrong   map[string]string // by the name of the field, "zone", "type", "ttl" or the zone's
	ttl     string
	posted  url.Values        // "" of other types; nil = nothing was sent yet
	secrets map[string]string // what was typed of them, which is not shown again
	keeps   bool              // secrets of the zone's type are saved
}

func (p *page) form(site web.Site, d draft) web.ZoneForm {
	t := p.web.Text
	f := web.ZoneForm{Site: site, ID: d.zone.ID, Revision: d.zone.Revision, TakeOver: d.zone.TakeOver}
	f.Name = web.Input{Name: "zone", Label: t("zone"), Value: d.zone.Name, Placeholder: "example.com", Hint: t("zone_hint"), Required: true, Wrong: d.wrong["zone"]}
	f.TTL = web.Input{Name: "ttl", Label: t("ttl"), Value: d.ttl, Placeholder: strconv.Itoa(dns.DefaultTTL), Hint: t("zone_ttl_hint"), Wrong: d.wrong["ttl"]}
	f.Type = web.Input{Name: "type", Label: t("type"), Value: d.zone.Provider, Required: true, Wrong: d.wrong["type"]}
	for _, provider := range zones.Providers() {
		group := web.ZoneType{ID: provider.ID, Label: provider.Label}
		for _, field := range provider.Fields {
			group.Fields = append(group.Fields, p.input(d, provider.ID, field))
		}
		f.Types = append(f.Types, group)
	}
	return f
}

func (p *page) input(d draft, provider string, f zones.Field) web.Input {
	chosen := provider == d.zone.Provider
	in := web.Input{
		Name: fieldName(provider, f.Name), Label: f.Label, Placeholder: f.Placeholder, Hint: f.Hint, Required: f.Required, Secret: f.Secret,
		Value: d.posted.Get(fieldName(provider, f.Name)),
	}
	if chosen {
		in.Wrong = d.wrong[f.Name]
		if !f.Secret {
			in.Value = d.zone.Fields[f.Name]
		}
	}
	if f.Secret {
		in.Value, in.Again = "", d.secrets[in.Name] != ""
		if chosen && d.keeps {
			in.Placeholder = p.web.Text("zone_keep")
		}
	}
	return in
}
