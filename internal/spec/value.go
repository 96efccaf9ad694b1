package spec

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// numeral is what people and JSON write as a number; strconv alone would also take "inf", "0x10" and "1_000".
var numeral = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$`)

// asNumber reads a JSON number or a string that holds one, because operators paste both.
func asNumber(value any) (float64, bool) {
	var digits string
	switch v := value.(type) {
	case json.Number:
		digits = v.String()
	case string:
		digits = strings.TrimSpace(v)
	default:
		return 0, false
	}
	if !numeral.MatchString(digits) {
		return 0, false
	}
	f, err := strconv.ParseFloat(digits, 64)
	return f, err == nil
}

// asSwitch reads a JSON boolean or what WHMCS's yes/no fields send.
func asSwitch(value any) (on, ok bool) {
	switch v := value.(type) {
	case bool:
		return v, true
	case json.Number:
		return v.String() == "1", v.String() == "1" || v.String() == "0"
	case string:
		switch strings.ToLower(strings.TrimSpace(v)) {
		case "true", "yes", "on", "1":
			return true, true
		case "false", "no", "off", "0":
			return false, true
		}
	}
	return false, false
}

// shown is a value as it stands in a sentence, cut when somebody pasted a novel.
func shown(value any) string {
	const longest = 60
	switch v := value.(type) {
	case json.Number:
		return v.String()
	case string:
		if utf8.RuneCountInString(v) > longest {
			v = string([]rune(v)[:longest]) + "…"
		}
		return strconv.Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	}
	return "empty"
}
