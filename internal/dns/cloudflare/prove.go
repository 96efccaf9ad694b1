package cloudflare

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// zoneInfo is a zone as Cloudflare shows it.
type zoneInfo struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Status  string `json:"status"`
	Type    string `json:"type"`
	Account struct {
		ID string `json:"id"`
	} `json:"account"`
	Permissions []string `json:"permissions"`
	Plan        struct {
		LegacyID string `json:"legacy_id"`
	} `json:"plan"`
}

// prove makes sure that the zone ID is the one of the zone's name: Cloudflare completes a name from outside of a zone with
// the zone's name instead of refusing it. What was proved lately is not asked again.
func (z *Zone) prove(ctx context.Context) error {
	if known := z.account.known(z.id); known != "" {
		return z.named(known)
	}
	info, err := z.show(ctx)
	if says(err, codeUnauthorized) && z.recordsTell(ctx) {
		z.account.learn(z.id, z.name)
		return nil
	}
	if err != nil {
		return z.explain(ctx, err)
	}
	if err := z.named(info.Name); err != nil {
		return err // and ask again next time
	}
	z.account.learn(z.id, info.Name)
	return nil
}

func (z *Zone) show(ctx context.Context) (zoneInfo, error) {
	var info zoneInfo
	_, err := z.get(ctx, z.path(), nil, &info)
	if canon, cerr := dns.Canon(info.Name); cerr == nil {
		info.Name = canon
	}
	return info, err
}

// named refuses a zone of another name.
func (z *Zone) named(name string) error {
	if name == z.name {
		return nil
	}
	hint := "Correct the zone ID."
	if dns.Match(z.name, name) {
		hint = "Did you mean the zone " + name + "?"
	}
	return complain(dns.ErrRefused, "The zone name differs: at Cloudflare this zone ID is %s, not %s. %s", name, z.name, hint)
}

// recordsTell is for tokens that may edit records and not see the zone: all records there have to be of our zone.
func (z *Zone) recordsTell(ctx context.Context) bool {
	var rows []record
	_, err := z.get(ctx, z.path("dns_records"), url.Values{"per_page": {"100"}}, &rows)
	for _, r := range rows {
		if !inside(r, z.name) {
			return false
		}
	}
	return err == nil && len(rows) > 0
}

// explain makes dns.ErrNoZone of an error that says so while the token is good, which is proved by a list of zones. A 403
// says nothing of the kind: it is the answer for a zone that the token has no right on, too.
func (z *Zone) explain(ctx context.Context, err error) error {
	var r *refusal
	if !errors.As(err, &r) || r.status != http.StatusNotFound && !says(err, codeNoZone, codeNoRoute) {
		return err
	}
	z.account.learn(z.id, "")
	other, lerr := z.elsewhere(ctx)
	switch {
	case lerr != nil:
		return err
	case other != "":
		return complain(dns.ErrNoZone, "Cloudflare has the zone %s under another ID: %s. Enter that as the zone ID.", z.name, other)
	}
	return complain(dns.ErrNoZone, "Cloudflare has no zone with this zone ID any more. %s", r.text)
}

// elsewhere is the id of another zone of our name, "" for none.
func (z *Zone) elsewhere(ctx context.Context) (string, error) {
	var zones []zoneInfo
	_, err := z.get(ctx, "/zones", url.Values{"name": {z.name}}, &zones)
	for _, other := range zones {
		if other.ID != z.id {
			return other.ID, err
		}
	}
	return "", err
}
