package zones

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Fault is what is wrong with one field of the form.
type Fault struct {
	Field string // "zone", "type", "ttl" or a provider's field
	Text  string // a sentence
}

// FormErrors are all faults of a form at once.
type FormErrors []Fault

func (f FormErrors) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.Text
	}
	return strings.Join(texts, " ")
}

// Check turns what was typed into a zone that can be saved, or fails with FormErrors. old is what was saved before, nil for a new
// zone: its secrets stay where the new ones are empty or Keep. others are the zones beside it.
func Check(typed Zone, old *Zone, others []Zone) (Zone, error) {
	z := Zone{ID: typed.ID, Provider: providerID(typed.Provider), TTL: typed.TTL, TakeOver: typed.TakeOver, Fields: map[string]string{}}
	var faults FormErrors
	if z.TTL == 0 {
		z.TTL = dns.DefaultTTL
	}
	if z.TTL < dns.MinTTL || z.TTL > dns.MaxTTL {
		faults = append(faults, Fault{"ttl", fmt.Sprintf("The TTL has to be between %d and %d seconds.", dns.MinTTL, dns.MaxTTL)})
	}
	p := Find(z.Provider)
	if p.ID == "" {
		faults = append(faults, Fault{"type", "Choose the type of the zone: Cloudflare, HestiaCP or PowerDNS."})
	}
	var err error
	if z.Name, err = zoneName(typed.Name, p.ID); err != nil {
		faults = append(faults, Fault{"zone", sentence(err.Error())})
	}
	for _, f := range p.Fields {
		faults = append(faults, z.take(f, typed.Fields[f.Name])...)
	}
	faults = append(faults, z.keep(p, old)...)
	faults = append(faults, strangers(p, typed.Fields)...)
	if len(faults) == 0 {
		faults = twin(z, others)
	}
	if len(faults) > 0 {
		return Zone{}, faults
	}
	return z, nil
}

// providerID takes the label of the drop-down too.
func providerID(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// zoneName is the canonical name of a zone; a RFC 2317 zone with a slash is for PowerDNS alone.
func zoneName(typed, provider string) (string, error) {
	if strings.Contains(typed, "/") {
		return "", errors.New("a zone with a slash in its name is not supported; use the spelling with a hyphen, such as 64-127.2.0.192.in-addr.arpa")
	}
	name, err := dns.Canon(typed)
	switch {
	case err != nil:
		return "", err
	case provider == "hestiacp" && strings.HasPrefix(name, "www."):
		return "", errors.New("HestiaCP takes a zone that begins with www. for the one without; enter that one")
	}
	return name, nil
}

// take cleans one field. Empty and kept secrets are left to keep.
func (z *Zone) take(f Field, typed string) FormErrors {
	value := typed
	if !f.Secret || f.clean != nil {
		value = strings.TrimSpace(typed)
	}
	if value == "" || f.Secret && value == Keep {
		if f.Required && !f.Secret {
			return FormErrors{{f.Name, f.Label + " is missing."}}
		}
		return nil
	}
	if f.clean != nil {
		var err error
		if value, err = f.clean(value); err != nil {
			return FormErrors{{f.Name, sentence(f.Label + " " + err.Error())}}
		}
	}
	z.Fields[f.Name] = value
	return nil
}

// keep fills in the secrets that were not typed, when they are still for the same server.
func (z *Zone) keep(p Provider, old *Zone) (faults FormErrors) {
	moved := old != nil && z.leadsElsewhere(p, *old)
	for _, f := range p.Fields {
		if !f.Secret || z.Fields[f.Name] != "" {
			continue
		}
		switch {
		case old == nil || old.Fields[f.Name] == "" || old.Provider != p.ID:
			faults = append(faults, Fault{f.Name, f.Label + " is missing."})
		case moved:
			faults = append(faults, Fault{f.Name, f.Label + " has to be entered again, because the server or the user changed: a saved secret is only sent where it was entered for."})
		default:
			z.Fields[f.Name] = old.Fields[f.Name]
		}
	}
	return faults
}

func (z *Zone) leadsElsewhere(p Provider, old Zone) bool {
	return old.Provider != p.ID || slices.ContainsFunc(p.Fields, func(f Field) bool {
		return f.leads && z.Fields[f.Name] != old.Fields[f.Name]
	})
}

// strangers are fields that the provider does not have.
func strangers(p Provider, typed map[string]string) (faults FormErrors) {
	for name := range typed {
		known := slices.ContainsFunc(p.Fields, func(f Field) bool { return f.Name == name })
		if !known && p.ID != "" {
			faults = append(faults, Fault{name, fmt.Sprintf("%s has no field %q.", p.Label, name)})
		}
	}
	slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
	return faults
}

// twin refuses the same zone of the same server twice: its records would be written and counted twice.
func twin(z Zone, others []Zone) FormErrors {
	for _, o := range others {
		if o.ID != z.ID && o.Target() == z.Target() {
			return FormErrors{{"zone", fmt.Sprintf("Zone %d already is %s at the same server.", o.ID, z.Name)}}
		}
	}
	return nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
