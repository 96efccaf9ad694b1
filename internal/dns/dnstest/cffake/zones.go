package cffake

import (
	"strings"
)

// verify tells what a token is worth.
func verify(_ *Server, q *request) (answer, *refusal) {
	result := map[string]any{"id": strings.Repeat("7", 32), "status": q.token.Status}
	if q.token.Expires != "" {
		result["expires_on"] = q.token.Expires
	}
	return answer{result: result}, nil
}

// portrait is a zone in an answer.
func (z *zone) portrait(r Right) map[string]any {
	permissions := []string{}
	for _, p := range []struct {
		need Right
		name string
	}{{ZoneRead, "#zone:read"}, {DNSRead, "#dns_records:read"}, {DNSWrite, "#dns_records:edit"}} {
		if r&p.need != 0 && !z.HidesPermissions {
			permissions = append(permissions, p.name)
		}
	}
	return map[string]any{
		"id": z.ID, "name": z.Name, "status": z.Status, "type": z.Type, "paused": false,
		"account": map[string]any{"id": z.Account, "name": "An account"}, "permissions": permissions,
		"name_servers": []string{"ada.ns.cloudflare.com", "bob.ns.cloudflare.com"},
		"plan":         map[string]any{"name": z.Plan, "legacy_id": z.Plan},
	}
}

func showZone(_ *Server, q *request) (answer, *refusal) {
	return answer{result: q.zone.portrait(q.token.Rights[q.zone.ID])}, nil
}

// listZones shows the zones that the token may read.
func listZones(s *Server, q *request) (answer, *refusal) {
	params := q.URL.Query()
	seen := []any{}
	for _, z := range s.zones {
		rights := q.token.Rights[z.ID]
		wanted := fits(params.Get("name"), z.Name) && fits(params.Get("account.id"), z.Account) && fits(params.Get("status"), z.Status)
		if rights&ZoneRead != 0 && wanted {
			seen = append(seen, z.portrait(rights))
		}
	}
	rows, info, no := page(seen, params, 20, 50, 0)
	if no != nil {
		return answer{}, no
	}
	return answer{result: rows, info: info}, nil
}

// fits tells whether a filter, when given, agrees.
func fits(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
