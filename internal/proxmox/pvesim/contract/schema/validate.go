package schema

import (
	"maps"
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

// Check holds the given parameters against the object and returns the exact
// message per parameter, or nil. A fault of one parameter never hides that of
// another.
func (o Object) Check(v Version, given Params) map[string]string {
	found := problems{}
	o.check(v, "", given, found)
	if len(found) == 0 {
		return nil
	}
	return found
}

// check collects what is wrong. The path is the key of the property string that
// holds the values, or empty for a request.
func (o Object) check(v Version, path string, given Params, found problems) {
	for i := range o.rows {
		row := &o.rows[i]
		value, ok := given[row.Name]
		switch {
		case ok:
			checkValue(v, dotted(path, row.Name), row, value, found)
		case row.Required:
			found.add(dotted(path, row.Name), errMissing)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		o.checkName(v, path, name, given, found)
	}
}

// checkName asks whether a key is known, and whether the one it needs is there.
func (o Object) checkName(v Version, path, name string, given Params, found problems) {
	row := o.byName[name]
	if row == nil {
		if !o.open {
			found.add(dotted(path, name), errUnknown)
		}
		return
	}
	if _, ok := given[row.Requires]; row.Requires != "" && !ok {
		found.add(dotted(path, row.Requires), requiresText(v, dotted(path, name)))
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

// checkValue reports the first fault of one value.
func checkValue(v Version, path string, row *Param, value Value, found problems) {
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
	for _, check := range []func(Version, string, *Param, string) string{
		formatFault, patternFault, lengthFault, boundFault, enumFault,
	} {
		if msg := check(v, path, row, value.Text); msg != "" {
			found.add(path, msg)
			return
		}
	}
}

func checkItems(v Version, path string, value Value, found problems) {
	item := &Param{Kind: "string"}
	for i, text := range value.List {
		checkValue(v, path+"["+strconv.Itoa(i)+"]", item, Value{Text: text}, found)
	}
}

func typeFault(v Version, row *Param, value Value) string {
	switch {
	case row.Kind == "array":
		if !value.IsList {
			return "type check ('array') failed"
		}
		return ""
	case value.IsList:
		return "type check ('" + row.Kind + "') failed - got ARRAY"
	case value.JSONBool:
		if row.Kind == "boolean" && v != V74 {
			return ""
		}
		return "type check ('" + row.Kind + "') failed - got JSON::PP::Boolean"
	case !fitsType(row.Kind, value.Text):
		return "type check ('" + row.Kind + "') failed - got '" + value.Text + "'"
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

func formatFault(v Version, path string, row *Param, text string) string {
	if row.Format == "" {
		return ""
	}
	if msg := checkFormat(v, row.Format, text, path); msg != "" {
		return "invalid format - " + msg
	}
	return ""
}

func patternFault(_ Version, _ string, row *Param, text string) string {
	if row.Pattern == "" || compiled("^"+row.Pattern+"$").MatchString(text) {
		return ""
	}
	return errPattern
}

func lengthFault(_ Version, _ string, row *Param, text string) string {
	n := utf8.RuneCountInString(text)
	if row.MaxChars > 0 && n > row.MaxChars {
		return "value may only be " + strconv.Itoa(row.MaxChars) + " characters long"
	}
	if n < row.MinChars {
		return "value must be at least " + strconv.Itoa(row.MinChars) + " characters long"
	}
	return ""
}

// boundFault compares everything that looks like a number, whatever its type.
func boundFault(_ Version, _ string, row *Param, text string) string {
	if row.Low == "" && row.High == "" || !isNumber(text) {
		return ""
	}
	n := toNumber(text)
	if row.High != "" && n > toNumber(row.High) {
		return "value must have a maximum value of " + row.High
	}
	if row.Low != "" && n < toNumber(row.Low) {
		return "value must have a minimum value of " + row.Low
	}
	return ""
}

// toNumber never fails: a value too large for a float becomes infinite.
func toNumber(text string) float64 {
	n, _ := strconv.ParseFloat(strings.TrimSuffix(text, "\n"), 64)
	return n
}

func enumFault(_ Version, _ string, row *Param, text string) string {
	if len(row.Enum) == 0 || slices.Contains(row.Enum, text) {
		return ""
	}
	return "value '" + text + "' does not have a value in the enumeration '" + strings.Join(row.Enum, ", ") + "'"
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
