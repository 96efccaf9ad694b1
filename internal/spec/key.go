package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind is the form of a setting's value.
type Kind string

// Kinds of settings.
const (
	Number  Kind = "number"
	Decimal Kind = "decimal number"
	Switch  Kind = "switch"
	Choice  Kind = "choice"
	Text    Kind = "text"
)

// Key is one product setting. The table of keys is the only place that knows names, defaults and limits: reading,
// checking and the listing for people all follow from it.
type Key struct {
	Path    string // group.name as in the JSON
	Kind    Kind
	Default string // as JSON
	Allowed string // ends the sentence "it must be …"
	Help    string

	// put stores a value of the JSON types string, bool and json.Number and reports whether it was allowed.
	put func(*Spec, any) bool
}

// fault is the sentence for a value that is not allowed; what names the place of the value.
func (k Key) fault(what string, value any) string {
	return fmt.Sprintf("%s is %s; it must be %s.", what, shown(value), k.Allowed)
}

// number is a whole number between two bounds, both allowed.
func number(path string, fallback, low, high int, help string, field func(*Spec) *int) Key {
	return Key{
		Path: path, Kind: Number, Default: strconv.Itoa(fallback), Help: help,
		Allowed: fmt.Sprintf("a whole number from %d to %d", low, high),
		put: func(s *Spec, value any) bool {
			f, ok := asNumber(value)
			if !ok || f != float64(int(f)) || int(f) < low || int(f) > high {
				return false
			}
			*field(s) = int(f)
			return true
		},
	}
}

// onOff is a switch.
func onOff(path string, fallback bool, help string, field func(*Spec) *bool) Key {
	return Key{
		Path: path, Kind: Switch, Default: strconv.FormatBool(fallback), Help: help, Allowed: "true or false",
		put: func(s *Spec, value any) bool {
			on, ok := asSwitch(value)
			if ok {
				*field(s) = on
			}
			return ok
		},
	}
}

// choice is one of a few words, in any case; the empty word may be among them.
func choice(path, fallback string, words []string, help string, field func(*Spec) *string) Key {
	return Key{
		Path: path, Kind: Choice, Default: strconv.Quote(fallback), Help: help, Allowed: oneOf(words),
		put: func(s *Spec, value any) bool {
			word, ok := pick(words, value)
			if ok {
				*field(s) = word
			}
			return ok
		},
	}
}

// pick finds the word that value means.
func pick(words []string, value any) (string, bool) {
	given, ok := value.(string)
	if !ok {
		return "", false
	}
	i := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, strings.TrimSpace(given)) })
	if i < 0 {
		return "", false
	}
	return words[i], true
}

// text is a string that read understands; read returns it in the form that is kept.
func text(path, fallback, allowed, help string, read func(string) (string, bool), field func(*Spec) *string) Key {
	return Key{
		Path: path, Kind: Text, Default: strconv.Quote(fallback), Help: help, Allowed: allowed,
		put: func(s *Spec, value any) bool {
			given, ok := value.(string)
			if !ok {
				return false
			}
			kept, ok := read(strings.TrimSpace(given))
			if ok {
				*field(s) = kept
			}
			return ok
		},
	}
}

func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = strconv.Quote(word)
	}
	return "one of " + strings.Join(quoted, ", ")
}
