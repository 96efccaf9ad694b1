package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/BurntSushi/toml"
)

// tomlFile reads the file at path; an empty path says nothing.
func tomlFile(path string) layer {
	var l layer
	if path == "" {
		return l
	}
	raw, err := readFile(path)
	if err != nil {
		l.fault(path, "", "The configuration file cannot be read: "+err.Error()+".")
		return l
	}
	tree := map[string]any{}
	if _, err := toml.Decode(string(raw), &tree); err != nil {
		l.fault(path, "", syntaxFault(err))
		return l
	}
	l.table(path, "", tree)
	return l
}

// syntaxFault says where the file is no TOML. The parser's own words are left out where they might quote a secret.
func syntaxFault(err error) string {
	var at toml.ParseError
	if !errors.As(err, &at) {
		return "This is not TOML: " + err.Error() + "."
	}
	if o, ok := find(at.LastKey); ok && o.Secret() {
		return fmt.Sprintf("Line %d is not TOML; the value of %s must stand in quotes.", at.Position.Line, at.LastKey)
	}
	return fmt.Sprintf("Line %d is not TOML: %s.", at.Position.Line, at.Message)
}

// table takes the keys of one table, in alphabetical order so that faults come in a fixed one.
func (l *layer) table(path, prefix string, tree map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		key := prefix + name
		o, known := find(key)
		twin, isTwin := findTwin(key)
		inner, isTable := tree[name].(map[string]any)
		switch {
		case known:
			l.value(path, o, false, tree[name])
		case isTwin:
			l.value(path, twin, true, tree[name])
		case isTable:
			l.table(path, key+".", inner)
		default:
			l.fault(path, key, "There is no option "+key+"."+suggest(key))
		}
	}
}

func (l *layer) value(path string, o Option, twin bool, value any) {
	key, field := o.Key, o.Field(new(Config))
	if twin {
		key, field = key+fileSuffix, new(string)
	}
	text, ok := fromTOML(field, value)
	if !ok {
		l.fault(path, key, key+" must be "+typeName(field)+".")
		return
	}
	l.take(o, twin, text, path)
}
