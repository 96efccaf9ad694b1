package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// PropString is a parsed property string: key -> value, with short names
// replaced by the keys they stand for and booleans as "1" or "0".
type PropString map[string]string

// ErrNoFormat says that a release has no property string of that name.
var ErrNoFormat = errors.New("no such property string format in this release")

// ParsePropString reads a property string such as the value of net0. The format
// is a name of the published contract (inline/net, inline/scsi-alloc,
// pve-qm-ipconfig, inline/agent ...) or one of the plain names in [FormatNames].
// The error text is what follows "invalid format - " in a refusal, without its
// last newline, with the keys named after the format's plain name.
func ParsePropString(v Version, format, value string) (map[string]string, error) {
	name := format
	if full, ok := plainNames()[format]; ok {
		name = full
	}
	f := Formats(v)[name]
	if f == nil || f.keys.rows == nil {
		return nil, fmt.Errorf("parse property string %q of release %s: %w", format, v, ErrNoFormat)
	}
	got, fault := f.parse(v, value, format)
	if fault != "" {
		return nil, errors.New(strings.TrimSuffix(fault, "\n"))
	}
	return got, nil
}

// FormatNames lists the plain names that ParsePropString takes.
func FormatNames() []string {
	var names []string
	for name := range plainNames() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func plainNames() map[string]string {
	return map[string]string{
		"pve-qm-drive:ide": "inline/ide-alloc", "pve-qm-drive:sata": "inline/sata-alloc",
		"pve-qm-drive:scsi": "inline/scsi-alloc", "pve-qm-drive:virtio": "inline/virtio-alloc",
		"pve-qm-drive:efidisk": "inline/efidisk0-alloc", "pve-qm-drive:tpmstate": "inline/tpmstate0-alloc",
		"pve-qm-drive:unused": "inline/unused",
		"pve-qm-net":          "inline/net", "pve-ipconfig": "pve-qm-ipconfig", "pve-qm-memory": "inline/memory",
		"pve-qm-agent": "inline/agent", "pve-qm-machine": "inline/machine", "pve-qm-vga": "inline/vga",
	}
}

// parse returns the keys of a text, or its fault closed by a newline.
func (f *Format) parse(v Version, text, path string) (PropString, string) {
	got, fault := f.split(text)
	if fault != "" {
		return nil, fault + "\n"
	}
	given := make(Params, len(got))
	for key, value := range got {
		given[key] = Value{Text: value}
	}
	found := problems{}
	f.keys.check(v, path, given, found)
	if len(found) > 0 {
		return nil, "format error\n" + found.lines()
	}
	if f.verdict != nil {
		if fault := f.verdict(v, got); fault != "" {
			return nil, fault + "\n"
		}
	}
	return got, ""
}

func (ps problems) lines() string {
	var b strings.Builder
	for _, key := range ps.sorted() {
		b.WriteString(key + ": " + ps[key] + "\n")
	}
	return b.String()
}

func (ps problems) sorted() []string {
	names := make([]string, 0, len(ps))
	for name := range ps {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// split cuts a text into its keys; the values are not checked yet.
func (f *Format) split(text string) (PropString, string) {
	got, bare := PropString{}, false
	for part := range strings.SplitSeq(text, ",") {
		key, value, keyed := strings.Cut(part, "=")
		value = strings.TrimSuffix(value, "\n") // the end anchor eats one
		var fault string
		switch {
		case strings.TrimSpace(part) == "":
		case !keyed && bare:
			fault = duplicate(f.bareKey())
		case !keyed:
			bare = true
			fault = f.setBare(got, part)
		case key == "" || value == "" || strings.Contains(value, "\n"):
			fault = "missing key in comma-separated list property"
		default:
			fault = f.set(got, key, value)
		}
		if fault != "" {
			return nil, fault
		}
	}
	return got, ""
}

func duplicate(key string) string {
	return "duplicate key in comma-separated list property: " + key
}

func (f *Format) bareKey() string {
	for i := range f.keys.rows {
		if f.keys.rows[i].Default {
			return f.keys.rows[i].Name
		}
	}
	return ""
}

// setBare stores a value without key. A key that already holds "0" or nothing
// counts as unset, a quirk of the original.
func (f *Format) setBare(got PropString, value string) string {
	key := f.bareKey()
	if key == "" {
		return "value without key, but schema does not define a default key"
	}
	if old := got[key]; old != "" && old != "0" {
		return duplicate(key)
	}
	got[key] = value
	return ""
}

// set stores key=value under the key that a short name stands for.
func (f *Format) set(got PropString, key, value string) string {
	if _, ok := got[key]; ok {
		return duplicate(key)
	}
	row := f.keys.byName[key]
	if row != nil && row.Alias != "" {
		if fault := f.setAlias(got, row); fault != "" {
			return fault
		}
		key, row = row.Alias, f.keys.byName[row.Alias]
	}
	if row != nil && row.Kind == "boolean" {
		value = plainBoolean(value)
	}
	got[key] = value
	return ""
}

func (f *Format) setAlias(got PropString, row *Param) string {
	if row.KeyAlias != "" {
		if _, ok := got[row.KeyAlias]; ok {
			return "key alias '" + row.KeyAlias + "' is already defined"
		}
		got[row.KeyAlias] = row.Name
	}
	if _, ok := got[row.Alias]; ok {
		return "key '" + row.Alias + "' is already defined (via alias)"
	}
	return ""
}

func plainBoolean(value string) string {
	switch strings.ToLower(value) {
	case "1", "on", "yes", "true":
		return "1"
	case "0", "off", "no", "false":
		return "0"
	}
	return value
}
