package zones

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Zone is a configured zone, with its secrets in plain.
type Zone struct {
	ID       int64 // 0 = new
	Name     string
	Provider string // id of a Provider
	TTL      int    // seconds, of new record sets
	// TakeOver lets reverse records of others be replaced when an address is ours.
	TakeOver bool
	Fields   map[string]string
	// Fault says why the saved secrets cannot be read; "" = they can.
	Fault string
	// Revision is another text after every change of what is saved; "" = it was not read from a table. It betrays no secret.
	Revision string
}

// Keep stands for a secret that was saved before: in what we show, and in what comes back unchanged (product-spec §8.7).
const Keep = "__KEEP__"

// Redacted is z as it may be shown.
func (z Zone) Redacted() Zone {
	z.Fields = maps.Clone(z.Fields)
	for _, f := range Find(z.Provider).Fields {
		if f.Secret && z.Fields[f.Name] != "" {
			z.Fields[f.Name] = Keep
		}
	}
	return z
}

// Secrets are the values that no text may contain.
func (z Zone) Secrets() (list []string) {
	for _, f := range Find(z.Provider).Fields {
		if s := z.Fields[f.Name]; f.Secret && s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Plan is z as plans see it.
func (z Zone) Plan() dns.Zone {
	return dns.Zone{ID: z.ID, Name: z.Name, Target: z.Target(), TakeOver: z.TakeOver}
}

// Target is the same text for entries that lead to the same zone of the same account or server.
func (z Zone) Target() string { return z.Account() + "/" + z.Name }

// Account is the same text for zones whose calls share limits and turns: one server, or one token.
func (z Zone) Account() string {
	p := Find(z.Provider)
	parts := []string{p.ID}
	for _, f := range p.Fields {
		if f.account {
			parts = append(parts, f.identity(z.Fields[f.Name]))
		}
	}
	return strings.Join(parts, " ")
}

// TTLText is the TTL for a form.
func (z Zone) TTLText() string { return strconv.Itoa(z.TTL) }

// Find is a provider by its id; the zero Provider when there is none.
func Find(id string) Provider {
	i := slices.IndexFunc(Providers(), func(p Provider) bool { return p.ID == id })
	if i < 0 {
		return Provider{}
	}
	return Providers()[i]
}

// Name is the canonical name of a zone that somebody else saved; one that is no name stays as it is and matches nothing.
func Name(saved string) string {
	if name, err := dns.Canon(saved); err == nil {
		return name
	}
	return saved
}
