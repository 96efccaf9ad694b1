package powerdns

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// hit of a search.
type hit struct {
	ZoneID   string `json:"zone_id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Content  string `json:"content"`
	TTL      int64  `json:"ttl"`
	Disabled bool   `json:"disabled"`
}

// withDisabled adds the disabled records of names to a view that was read by name from a server that leaves them out (4.7 to
// 4.9): a set that is replaced without them loses them. Only a search shows them; where it does not show what was read,
// or not all, the whole zone is read.
func (z *Zone) withDisabled(ctx context.Context, v *view, names []string) error {
	finds, err := z.searchable(ctx, v.zone.ID)
	if err != nil {
		return err
	}
	if !finds {
		return z.readAgain(ctx, v, names)
	}
	hits, errs := make([][]hit, len(names)), make([]error, len(names))
	each(len(names), func(i int) { hits[i], errs[i] = z.search(ctx, v.zone.ID, names[i]) })
	for i, name := range names {
		if errs[i] != nil {
			return errs[i]
		}
		if !v.complete(name, hits[i]) {
			return z.readAgain(ctx, v, names)
		}
	}
	return nil
}

// readAgain replaces what a view has of names by what the whole zone has.
func (z *Zone) readAgain(ctx context.Context, v *view, names []string) error {
	for _, n := range names {
		v.sets[n] = nil
	}
	rest := v.sets
	v.sets = make(map[string][]rrset, len(names))
	for _, n := range names {
		v.sets[n] = nil
	}
	err := z.readAll(ctx, v)
	maps.Copy(rest, v.sets)
	v.sets = rest
	return err
}

// searchable asks for what every zone has: some backends cannot search and find nothing.
func (z *Zone) searchable(ctx context.Context, zoneID string) (bool, error) {
	if finds, known := z.server.search[z.name]; known {
		return finds, nil
	}
	hits, err := z.search(ctx, zoneID, z.name)
	if err != nil {
		return false, err
	}
	finds := slices.ContainsFunc(hits, func(h hit) bool { return strings.EqualFold(h.Type, "SOA") })
	z.server.search[z.name] = finds
	return finds, nil
}

// search finds the records of a name in the zone. nil = there may be more of them than it tells.
func (z *Zone) search(ctx context.Context, zoneID, name string) ([]hit, error) {
	var all []hit
	query := fmt.Sprintf("/search-data?q=%s&object_type=record&max=%d", url.QueryEscape(name), mostFound)
	if err := z.api.get(ctx, query, &all); err != nil || len(all) >= mostFound {
		return nil, err
	}
	ours := make([]hit, 0, len(all))
	for _, h := range all {
		if plain(h.ZoneID) == plain(zoneID) && plain(h.Name) == name {
			ours = append(ours, h)
		}
	}
	return ours, nil
}

// complete adds the disabled records among hits. It is false when hits do not tell all.
func (v *view) complete(name string, hits []hit) bool {
	if hits == nil {
		return false
	}
	for _, set := range v.sets[name] {
		for _, r := range set.Records {
			if !slices.ContainsFunc(hits, func(h hit) bool { return strings.EqualFold(h.Type, set.Type) && key(h.Content) == key(r.Content) }) {
				return false
			}
		}
	}
	for _, h := range hits {
		if h.Disabled {
			v.disabled(name, h)
		}
	}
	return true
}

// disabled puts a record into its set; the TTL of what is served goes before its own.
func (v *view) disabled(name string, h hit) {
	r := record{h.Content, true}
	sets := v.sets[name]
	for i := range sets {
		if strings.EqualFold(sets[i].Type, h.Type) {
			sets[i].Records = append(sets[i].Records, r)
			return
		}
	}
	v.sets[name] = append(sets, rrset{Name: name, Type: h.Type, TTL: h.TTL, Records: []record{r}})
}

// unseen reports whether a change concerns values that a view without disabled records does not show.
func unseen(s state, c dns.Change) bool {
	return slices.ContainsFunc(c.Remove, func(v string) bool { return !s.holds(v) && !slices.Contains(c.Add, v) })
}
