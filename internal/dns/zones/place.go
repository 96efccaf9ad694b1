package zones

import (
	"fmt"
	"net/url"
	"slices"
)

// Server is where a zone is kept: a URL without anything that could be secret in it, or Cloudflare's id of the zone.
func (z Zone) Server() string {
	if id := z.Fields["zone_id"]; id != "" && z.Provider == "cloudflare" {
		return "zone id " + id
	}
	return shownURL(z.Fields["server"])
}

// shownURL is a saved URL as it may be shown; the reference product checked less of it.
func shownURL(saved string) string {
	if saved == "" {
		return ""
	}
	u, err := url.Parse(saved)
	if err != nil || u.Host == "" {
		return "(not a URL)"
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// Place is the provider of a zone and its server, for texts.
func (z Zone) Place() string { return Place(z.Provider, z.Server()) }

// Place is a provider with a server, for texts.
func Place(provider, server string) string {
	label := Find(provider).Label
	switch {
	case label == "":
		return fmt.Sprintf("the unknown type %q", provider)
	case server == "":
		return label
	}
	return label + " " + server
}

// Shown are the fields of z's provider that hold something, as they may be shown: a secret is Keep. What another program
// saved beside them is left out, because it may be secret.
func (z Zone) Shown() map[string]string {
	fields := map[string]string{}
	redacted := z.Redacted()
	for _, f := range Find(z.Provider).Fields {
		if value := redacted.Fields[f.Name]; value != "" {
			fields[f.Name] = value
		}
	}
	if fields["server"] != "" {
		fields["server"] = shownURL(fields["server"])
	}
	return fields
}

// Moved tells that z leads to other records than old does; a new token for the same zone does not.
func (z Zone) Moved(old Zone) bool {
	return old.Provider != z.Provider || old.Name != z.Name ||
		slices.ContainsFunc([]string{"server", "user", "zone_id"}, func(field string) bool { return old.Fields[field] != z.Fields[field] })
}
