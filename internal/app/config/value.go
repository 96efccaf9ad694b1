package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// assign puts text, in the notation of the environment, into the field of an option. It returns the end of a sentence
// that begins with the key when text has the wrong type, "" otherwise.
func assign(field any, text string) string {
	var err error
	switch f := field.(type) {
	case *string:
		*f = text
	case *Secret:
		*f = Secret(text)
	case *[]string:
		*f = splitList(text)
	case *int:
		*f, err = strconv.Atoi(text)
	case *bool:
		*f, err = strconv.ParseBool(text)
	case *time.Duration:
		*f, err = time.ParseDuration(text)
	}
	if err != nil {
		return "must be " + typeName(field)
	}
	return ""
}

// typeName is what a person writes for a field, with an example.
func typeName(field any) string {
	switch field.(type) {
	case *[]string:
		return `a list of texts such as ["a", "b"]`
	case *int:
		return "a whole number such as 4"
	case *bool:
		return "true or false"
	case *time.Duration:
		return `a duration in quotes such as "30s" or "5m"`
	}
	return `a text in quotes`
}

// fromTOML brings a TOML value into the notation of the environment; false when its type does not fit the field.
func fromTOML(field, value any) (string, bool) {
	switch v := value.(type) {
	case string:
		switch field.(type) {
		case *int, *bool, *[]string:
			return "", false
		}
		return v, true
	case int64:
		_, ok := field.(*int)
		return strconv.FormatInt(v, 10), ok
	case bool:
		_, ok := field.(*bool)
		return strconv.FormatBool(v), ok
	case []any:
		_, ok := field.(*[]string)
		texts, all := allTexts(v)
		return strings.Join(texts, ","), ok && all
	}
	return "", false
}

func allTexts(list []any) ([]string, bool) {
	texts := make([]string, 0, len(list))
	for _, v := range list {
		s, ok := v.(string)
		if !ok || strings.Contains(s, ",") {
			return nil, false
		}
		texts = append(texts, s)
	}
	return texts, true
}

// toTOML writes text, in the notation of the environment, as the file spells it.
func toTOML(field any, text string) string {
	switch field.(type) {
	case *int, *bool:
		return text
	case *[]string:
		list := splitList(text)
		for i, s := range list {
			list[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(list, ", ") + "]"
	}
	return strconv.Quote(text)
}

// is shows the value in a fault, unless there is nothing to show or it is a secret.
func (o Option) is(text string) string {
	if text == "" || o.Secret() {
		return ""
	}
	return fmt.Sprintf(" It is %q.", text)
}
