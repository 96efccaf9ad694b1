package vm

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// options is a Proxmox property string: comma-separated key=value parts, some of them a bare value. It keeps the
// order and everything it does not know, so that writing one key back loses nothing.
type options []option

type option struct{ key, value string } // key "" = a bare value

func parseOptions(s string) options {
	var o options
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, value, named := strings.Cut(part, "=")
		if !named {
			key, value = "", part
		}
		o = append(o, option{key, value})
	}
	return o
}

func (o options) String() string {
	parts := make([]string, len(o))
	for i, p := range o {
		parts[i] = p.key + "=" + p.value
		if p.key == "" {
			parts[i] = p.value
		}
	}
	return strings.Join(parts, ",")
}

func (o options) get(key string) string {
	for _, p := range o {
		if p.key == key {
			return p.value
		}
	}
	return ""
}

// with returns o with key set to value, or without key when value is "".
func (o options) with(key, value string) options {
	o = slices.Clone(o)
	at := slices.IndexFunc(o, func(p option) bool { return p.key == key })
	switch {
	case value == "" && at >= 0:
		return slices.Delete(o, at, at+1)
	case value == "":
		return o
	case at >= 0:
		o[at].value = value
		return o
	}
	return append(o, option{key, value})
}

// equal compares two property strings without regard to the order of their parts.
func (o options) equal(p options) bool {
	byKey := func(a, b option) int { return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.value, b.value)) }
	return slices.Equal(slices.SortedFunc(slices.Values(o), byKey), slices.SortedFunc(slices.Values(p), byKey))
}

// number is n as an option's value; 0 means that the option is left out.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// sameValue compares option values as Proxmox reads them: 10, 10.0 and 10.00 are one number.
func sameValue(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}
