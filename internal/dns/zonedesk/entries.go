package zonedesk

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/dns/zones"
)

// Lines of WHMCS's activity log. They hold no secret, only whether there is one and whether it was replaced.

func added(by string, id int64, z zones.Zone) string {
	return fmt.Sprintf("kvmbridge: %s added DNS zone %d, %s: %s", by, id, z.Name, listed(z))
}

func deleted(by string, z zones.Zone, behind int) string {
	text := fmt.Sprintf("kvmbridge: %s deleted DNS zone %d, %s. It was: %s", by, z.ID, z.Name, listed(z))
	if behind > 0 {
		text += fmt.Sprintf(". Left behind at %s: %s", z.Place(), Ours(behind))
	}
	return text
}

func changed(by string, old, z zones.Zone) string {
	var parts []string
	was := values(old)
	for _, v := range values(z) {
		if before := was.of(v.label); before != v.text {
			parts = append(parts, fmt.Sprintf("%s: %s -> %s", v.label, orNone(before), v.text))
		}
	}
	for _, v := range was {
		if values(z).of(v.label) == "" {
			parts = append(parts, fmt.Sprintf("%s: %s -> none", v.label, v.text))
		}
	}
	parts = append(parts, replaced(old, z)...)
	if len(parts) == 0 {
		return fmt.Sprintf("kvmbridge: %s saved DNS zone %d, %s, with nothing changed", by, z.ID, z.Name)
	}
	return fmt.Sprintf("kvmbridge: %s changed DNS zone %d, %s: %s", by, z.ID, z.Name, strings.Join(parts, "; "))
}

// replaced names the secrets of a type that stayed and got another value.
func replaced(old, z zones.Zone) (parts []string) {
	for _, f := range zones.Find(z.Provider).Fields {
		if f.Secret && old.Provider == z.Provider && old.Fields[f.Name] != "" && old.Fields[f.Name] != z.Fields[f.Name] {
			parts = append(parts, f.Label+": replaced")
		}
	}
	return parts
}

type value struct{ label, text string }

type valueList []value

func (l valueList) of(label string) string {
	for _, v := range l {
		if v.label == label {
			return v.text
		}
	}
	return ""
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

func listed(z zones.Zone) string {
	var parts []string
	for _, v := range values(z) {
		parts = append(parts, v.label+": "+v.text)
	}
	return strings.Join(parts, "; ")
}

// values are what a log may say of a zone; what is empty is left out.
func values(z zones.Zone) valueList {
	p, shown := zones.Find(z.Provider), z.Shown()
	list := valueList{{"Zone", z.Name}, {"Type", orNone(p.Label)}, {"TTL", strconv.Itoa(z.TTL)}, {"Take over reverse records of others", yesNo(z.TakeOver)}}
	for _, f := range p.Fields {
		text := shown[f.Name]
		if f.Secret && text != "" {
			text = "set"
		}
		if text != "" {
			list = append(list, value{f.Label, text})
		}
	}
	return list
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
