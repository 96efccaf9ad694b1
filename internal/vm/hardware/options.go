package hardware

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Options is a Proxmox property string: comma-separated key=value parts, some of them a bare value. It keeps the
// order and everything it does not know, so that writing one key back loses nothing.
type Options []Option

// Option is one part of Options; Key "" = a bare value.
type Option struct{ Key, Value string }

// ParseOptions takes any text; blank parts vanish.
func ParseOptions(s string) Options {
	var o Options
	for part := range strings.SplitSeq(s, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, value, named := strings.Cut(part, "=")
		if !named {
			key, value = "", part
		}
		o = append(o, Option{key, value})
	}
	return o
}

// String writes the parts as Proxmox reads them.
func (o Options) String() string {
	parts := make([]string, len(o))
	for i, p := range o {
		parts[i] = p.Key + "=" + p.Value
		if p.Key == "" {
			parts[i] = p.Value
		}
	}
	return strings.Join(parts, ",")
}

// Get is the value of key, "" when it is not there.
func (o Options) Get(key string) string {
	for _, p := range o {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// With returns o with key set to value, or without key when value is "".
func (o Options) With(key, value string) Options {
	o = slices.Clone(o)
	at := slices.IndexFunc(o, func(p Option) bool { return p.Key == key })
	switch {
	case value == "" && at >= 0:
		return slices.Delete(o, at, at+1)
	case value == "":
		return o
	case at >= 0:
		o[at].Value = value
		return o
	}
	return append(o, Option{key, value})
}

// Equal compares two property strings without regard to the order of their parts.
func (o Options) Equal(p Options) bool {
	byKey := func(a, b Option) int { return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Value, b.Value)) }
	return slices.Equal(slices.SortedFunc(slices.Values(o), byKey), slices.SortedFunc(slices.Values(p), byKey))
}

// Number is n as an option's value; 0 means that the option is left out.
func Number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// SameValue compares option values as Proxmox reads them: 10, 10.0 and 10.00 are one number.
func SameValue(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// HasAgent tells a guest that is said to run a guest agent.
func HasAgent(config map[string]string) bool {
	o := ParseOptions(config["agent"])
	return cmp.Or(o.Get("enabled"), o.Get("")) == "1"
}
