package contract

import (
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// Validate checks all parameters, those of the path included, and returns the
// exact message per parameter, or nil. A result is answered with status 400 and
// the text "Parameter verification failed.".
func (ep *Endpoint) Validate(v Version, p Params) map[string]string {
	return ep.takes.Check(v, ep.Decode(v, p))
}

// Decode does what the request decoder of each release does with repeated keys
// and JSON types before the schema is consulted (pve-behaviour §1.2). Handlers
// see these values, so lists arrive as one text; [SplitList] takes it apart.
func (ep *Endpoint) Decode(v Version, p Params) Params {
	given := make(Params, len(p))
	for name, value := range p {
		given[name] = ep.decodeValue(v, ep.takes.Row(name), value)
	}
	return given
}

func (ep *Endpoint) decodeValue(v Version, row *param, value Value) Value {
	switch {
	case v == V74:
		return decode74(value, ep.Protected)
	case row == nil:
		return value
	case row.Kind == "array" && !value.IsList:
		return Value{List: []string{value.Text}, IsList: true}
	case value.IsList && strings.HasSuffix(row.Format, "-list"):
		return Value{Text: strings.Join(value.List, ",")}
	}
	return value
}

// decode74 joins repeated keys with NUL; a forwarded call is a form again.
func decode74(value Value, forwarded bool) Value {
	if value.IsList {
		return Value{Text: strings.Join(value.List, "\x00")}
	}
	if forwarded {
		value.JSONBool = false
	}
	return value
}

// ParsePropString reads a property string such as the value of net0. The format
// is a name of the published contract or one of [schema.FormatNames]; the error
// is what follows "invalid format - " in a refusal.
func ParsePropString(v Version, format, value string) (map[string]string, error) {
	return schema.ParsePropString(v, format, value)
}

// SplitList cuts the text of a list parameter, such as delete, into its items.
func SplitList(text string) []string { return schema.SplitList(text) }
