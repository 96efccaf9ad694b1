package contract

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// Value is one decoded request parameter.
type Value struct {
	Text     string   // the value; "1" or "0" for a JSON true or false
	JSONBool bool     // came as a JSON true or false
	List     []string // the elements when IsList
	IsList   bool     // a JSON array or a repeated form key
}

// Params are the decoded parameters of a request, those of the path included.
// A key without value (JSON null, a form key without "=") does not belong in.
type Params map[string]Value

// texts of the validator that need no argument.
const (
	errMissing = "property is missing and it is not optional"
	errUnknown = "property is not defined in schema and the schema does not allow additional properties"
	errPattern = "value does not match the regex pattern"
)

// problems collects messages per key. Two messages for one key are joined by a
// backslash and the letter n, as the original does.
type problems map[string]string

func (ps problems) add(key, msg string) {
	if old, ok := ps[key]; ok {
		msg = old + `\n` + msg
	}
	ps[key] = msg
}

// Validate checks all parameters, those of the path included, and returns the
// exact message per parameter, or nil. It never stops at the first fault of
// another parameter. A non-nil result is status 400 with the text "Parameter
// verification failed.".
func (ep *Endpoint) Validate(v Version, p Params) map[string]string {
	given := ep.decode(v, p)
	found := problems{}
	checkObject(v, "", ep.rows, ep.byName, ep.open, given, found)
	if len(found) == 0 {
		return nil
	}
	return found
}

// decode does what the request decoder of each release does with repeated keys
// and JSON types before the schema is consulted (pve-behaviour §1.2).
func (ep *Endpoint) decode(v Version, p Params) Params {
	given := make(Params, len(p))
	for name, value := range p {
		switch row := ep.byName[name]; {
		case v == V74:
			given[name] = decode74(value, ep.Protected)
		case row == nil:
			given[name] = value
		case row.kind == "array" && !value.IsList:
			given[name] = Value{List: []string{value.Text}, IsList: true}
		case value.IsList && strings.HasSuffix(row.format, "-list"):
			given[name] = Value{Text: strings.Join(value.List, ",")}
		default:
			given[name] = value
		}
	}
	return given
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

// checkObject checks given values against rows. The path is the key of the
// property string that holds them, or empty for a request.
func checkObject(v Version, path string, rows params, byName map[string]*param, open bool, given Params, found problems) {
	for i := range rows {
		row := &rows[i]
		value, ok := given[row.name]
		switch {
		case ok:
			checkValue(v, dotted(path, row.name), row, value, found)
		case row.required && row.alias == "":
			found.add(dotted(path, row.name), errMissing)
		}
	}
	for _, name := range sortedNames(given) {
		row := byName[name]
		if row == nil {
			if !open {
				found.add(dotted(path, name), errUnknown)
			}
			continue
		}
		if _, ok := given[row.requires]; row.requires != "" && !ok {
			found.add(dotted(path, row.requires), requiresText(v, dotted(path, name)))
		}
	}
}

func requiresText(v Version, key string) string {
	if v >= V92 {
		return "missing property required by '" + key + "'"
	}
	return "missing property - '" + key + "' requires this property"
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedNames(given Params) []string {
	names := make([]string, 0, len(given))
	for name := range given {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// checkValue reports the first fault of one value.
func checkValue(v Version, path string, row *param, value Value, found problems) {
	if msg := typeFault(v, row, value); msg != "" {
		found.add(path, msg)
		return
	}
	if value.IsList {
		checkItems(v, path, value, found)
		return
	}
	if value.JSONBool {
		return
	}
	for _, check := range []func(Version, string, *param, string) string{
		formatFault, patternFault, lengthFault, boundFault, enumFault,
	} {
		if msg := check(v, path, row, value.Text); msg != "" {
			found.add(path, msg)
			return
		}
	}
}

func checkItems(v Version, path string, value Value, found problems) {
	item := &param{kind: "string"}
	for i, text := range value.List {
		checkValue(v, path+"["+strconv.Itoa(i)+"]", item, Value{Text: text}, found)
	}
}

func typeFault(v Version, row *param, value Value) string {
	switch {
	case row.kind == "array":
		if !value.IsList {
			return "type check ('array') failed"
		}
		return ""
	case value.IsList:
		return "type check ('" + row.kind + "') failed - got ARRAY"
	case value.JSONBool:
		if row.kind == "boolean" && v != V74 {
			return ""
		}
		return "type check ('" + row.kind + "') failed - got JSON::PP::Boolean"
	case !fitsType(row.kind, value.Text):
		return "type check ('" + row.kind + "') failed - got '" + value.Text + "'"
	}
	return ""
}

func fitsType(kind, text string) bool {
	switch kind {
	case "boolean":
		return text == "1" || text == "0"
	case "integer":
		return compiled(`^[+-]?\d+$`).MatchString(text)
	case "number":
		return isNumber(text)
	}
	return true
}

func isNumber(text string) bool {
	return compiled(`^[+-]?(\d+\.\d+|\d+\.|\.\d+|\d+)([eE][+-]?\d+)?$`).MatchString(text)
}

func formatFault(v Version, path string, row *param, text string) string {
	if row.format == "" {
		return ""
	}
	if msg := checkFormat(v, row.format, text, path); msg != "" {
		return "invalid format - " + msg
	}
	return ""
}

func patternFault(_ Version, _ string, row *param, text string) string {
	if row.pattern == "" || compiled("^"+row.pattern+"$").MatchString(text) {
		return ""
	}
	return errPattern
}

func lengthFault(_ Version, _ string, row *param, text string) string {
	n := utf8.RuneCountInString(text)
	if row.maxChars > 0 && n > row.maxChars {
		return "value may only be " + strconv.Itoa(row.maxChars) + " characters long"
	}
	if n < row.minChars {
		return "value must be at least " + strconv.Itoa(row.minChars) + " characters long"
	}
	return ""
}

// boundFault compares everything that looks like a number, whatever its type.
func boundFault(_ Version, _ string, row *param, text string) string {
	if row.low == "" && row.high == "" || !isNumber(text) {
		return ""
	}
	n := toNumber(text)
	if row.high != "" && n > toNumber(row.high) {
		return "value must have a maximum value of " + row.high
	}
	if row.low != "" && n < toNumber(row.low) {
		return "value must have a minimum value of " + row.low
	}
	return ""
}

// toNumber never fails: a value too large for a float becomes infinite.
func toNumber(text string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, "\n"), 64)
	return n
}

func enumFault(_ Version, _ string, row *param, text string) string {
	if len(row.enum) == 0 || slices.Contains(row.enum, text) {
		return ""
	}
	return "value '" + text + "' does not have a value in the enumeration '" + strings.Join(row.enum, ", ") + "'"
}

//nolint:gochecknoglobals // cache of compiled expressions, all of them constants of the tables
var expressions sync.Map

// compiled returns the expression with the end anchor of the original language,
// which tolerates one newline at the end of the value.
func compiled(expr string) *regexp.Regexp {
	if re, ok := expressions.Load(expr); ok {
		return re.(*regexp.Regexp) //nolint:forcetypeassert // only this function stores
	}
	source := expr
	if body, ok := strings.CutSuffix(expr, "$"); ok {
		source = body + `\n?$`
	}
	re := regexp.MustCompile(source)
	expressions.Store(expr, re)
	return re
}
