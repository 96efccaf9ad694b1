package schema

import (
	"slices"
	"strings"
	"sync"
)

// Format is a named rule for the text of a value. Expr, Words and AnyOf accept
// side by side; Each makes it a list; a format with keys is a property string;
// the rest is decided by code.
type Format struct {
	Span

	Name  string
	Fault string // text of the refusal; {v} stands for the value

	Expr  string   // regular expression over the whole value
	Words []string // values that pass
	AnyOf []string // names of formats, one of which has to accept
	Each  string   // format of the elements of a list

	check   func(v Version, text string) string // returns the fault or ""
	verdict func(v Version, keys map[string]string) string
	props   Rows
	keys    Object
}

// Keys lists the keys of a property string; none means it is not one.
func (f *Format) Keys() Rows { return f.keys.rows }

// Coded tells that code decides, not a table row.
func (f *Format) Coded() bool { return f.check != nil }

// From is the first release with this format.
func (f Format) From(v Version) Format { f.Since = v; return f }

// Til is the last release with this format.
func (f Format) Til(v Version) Format { f.Until = v; return f }

// matches is a format that is one regular expression.
func matches(name, expr, fault string) Format {
	return Format{Name: name, Expr: expr, Fault: fault}
}

// decides is a format that needs code.
func decides(name string, check func(v Version, text string) string) Format {
	return Format{Name: name, check: check}
}

// listOf is the format name-list: any number of elements, none included.
func listOf(name string) Format { return Format{Name: name + "-list", Each: name} }

// keys is a property string.
func keys(name string, groups ...Rows) Format {
	return Format{Name: name, props: Join(groups...)}
}

func (f Format) judged(verdict func(v Version, keys map[string]string) string) Format {
	f.verdict = verdict
	return f
}

// formatTable holds the formats of a release once they were asked for. It cannot
// be a sync.OnceValue: formats refer to each other through Formats.
type formatTable struct {
	once   sync.Once
	byName map[string]*Format
}

//nolint:gochecknoglobals // immutable tables, built once per release
var formatTables = map[Version]*formatTable{V74: {}, V84: {}, V92: {}}

// Formats returns the formats of a release by name. The map is not to be changed.
func Formats(v Version) map[string]*Format {
	table, ok := formatTables[v]
	if !ok {
		return nil
	}
	table.once.Do(func() { table.byName = buildFormats(v) })
	return table.byName
}

func buildFormats(v Version) map[string]*Format {
	all := map[string]*Format{}
	for _, table := range [][]Format{
		textFormats(), storageFormats(), networkFormats(), firewallFormats(), guestFormats(),
		deviceStrings(), guestStrings(), driveStrings(),
	} {
		for _, f := range table {
			if f.Holds(v) {
				f.keys = NewObject(v, f.props, false)
				all[f.Name] = &f
			}
		}
	}
	return all
}

// Accepts returns "" or the fault of a text, which a refusal shows after
// "invalid format - ". Property strings name their keys after path.
func (f *Format) Accepts(v Version, text, path string) string {
	return checkFormat(v, f.Name, text, path)
}

// checkFormat returns the fault of a text, closed by a newline, or "". The path
// is the key that holds the text; property strings name their keys after it.
func checkFormat(v Version, name, text, path string) string {
	f := Formats(v)[name]
	switch {
	case f == nil:
		return "undefined format '" + name + "'\n"
	case f.keys.rows != nil:
		_, fault := f.parse(v, text, path)
		return fault
	case f.Each != "":
		return eachFault(v, f.Each, text)
	}
	if fault := scalarFault(v, f, text); fault != "" {
		return fault + "\n"
	}
	return ""
}

// eachFault reports the first bad element of a list.
func eachFault(v Version, name, text string) string {
	for _, item := range SplitList(text) {
		if fault := checkFormat(v, name, item, ""); fault != "" {
			return fault
		}
	}
	return ""
}

func scalarFault(v Version, f *Format, text string) string {
	if f.check != nil {
		return f.check(v, text)
	}
	if f.accepts(v, text) {
		return ""
	}
	return strings.ReplaceAll(f.Fault, "{v}", text)
}

func (f *Format) accepts(v Version, text string) bool {
	if f.Expr != "" && compiled(f.Expr).MatchString(text) {
		return true
	}
	if slices.Contains(f.Words, text) {
		return true
	}
	for _, name := range f.AnyOf {
		if checkFormat(v, name, text, "") == "" {
			return true
		}
	}
	return false
}

// fits tells whether a scalar format accepts a text.
func fits(v Version, name, text string) bool { return checkFormat(v, name, text, "") == "" }

// SplitList cuts at NUL when there is one, else at any run of comma, semicolon
// and white space.
func SplitList(text string) []string {
	if strings.Contains(text, "\x00") {
		return strings.Split(strings.TrimRight(text, "\x00"), "\x00")
	}
	return strings.FieldsFunc(text, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == '\v'
	})
}
