package contract

import (
	"strings"
	"sync"
)

// format is a named rule for the text of a value. Exactly one of expr, words,
// anyOf, check, each and props decides.
type format struct {
	span

	name  string
	fault string // text of the refusal; {v} stands for the value

	expr  string   // regular expression over the whole value
	words []string // the only values
	anyOf []string // names of formats, after words: one of them has to accept
	// check returns the fault or "".
	check func(v Version, text string) string
	each  string // list: format of the elements
	props params // property string: its keys
	// verdict judges a property string whose keys are all fine.
	verdict func(v Version, keys map[string]string) string

	rows   params
	byName map[string]*param
}

func (f format) from(v Version) format { f.since = v; return f }
func (f format) til(v Version) format  { f.until = v; return f }

// matches is a format that is one regular expression.
func matches(name, expr, fault string) format {
	return format{name: name, expr: expr, fault: fault}
}

// decides is a format that needs code.
func decides(name string, check func(v Version, text string) string) format {
	return format{name: name, check: check}
}

// listOf is the format name-list: any number of elements, none included.
func listOf(name string) format { return format{name: name + "-list", each: name} }

// keys is a property string.
func keys(name string, groups ...params) format {
	return format{name: name, props: join(groups...)}
}

func (f format) judged(verdict func(v Version, keys map[string]string) string) format {
	f.verdict = verdict
	return f
}

// formatTable holds the formats of a release once they were asked for. It cannot
// be a sync.OnceValue: formats refer to each other through formats().
type formatTable struct {
	once   sync.Once
	byName map[string]*format
}

//nolint:gochecknoglobals // immutable tables, built once per release
var formatTables = map[Version]*formatTable{V74: {}, V84: {}, V92: {}}

func formats(v Version) map[string]*format {
	table, ok := formatTables[v]
	if !ok {
		return nil
	}
	table.once.Do(func() { table.byName = buildFormats(v) })
	return table.byName
}

func buildFormats(v Version) map[string]*format {
	all := map[string]*format{}
	for _, table := range [][]format{
		textFormats(), storageFormats(), networkFormats(), firewallFormats(), guestFormats(),
		deviceStrings(), guestStrings(), driveStrings(),
	} {
		for _, f := range table {
			if f.holds(v) {
				f.rows, f.byName = f.props.at(v)
				all[f.name] = &f
			}
		}
	}
	return all
}

// checkFormat returns the fault of a text, closed by a newline, or "". The path
// is the key that holds the text; property strings name their keys after it.
func checkFormat(v Version, name, text, path string) string {
	f := formats(v)[name]
	switch {
	case f == nil:
		return "undefined format '" + name + "'\n"
	case f.rows != nil:
		_, fault := f.parse(v, text, path)
		return fault
	case f.each != "":
		return eachFault(v, f.each, text)
	}
	if fault := scalarFault(v, f, text); fault != "" {
		return fault + "\n"
	}
	return ""
}

// eachFault reports the first bad element of a list.
func eachFault(v Version, name, text string) string {
	for _, item := range splitList(text) {
		if fault := checkFormat(v, name, item, ""); fault != "" {
			return fault
		}
	}
	return ""
}

func scalarFault(v Version, f *format, text string) string {
	if f.check != nil {
		return f.check(v, text)
	}
	if f.accepts(v, text) {
		return ""
	}
	return strings.ReplaceAll(f.fault, "{v}", text)
}

func (f *format) accepts(v Version, text string) bool {
	if f.expr != "" && compiled(f.expr).MatchString(text) {
		return true
	}
	for _, word := range f.words {
		if word == text {
			return true
		}
	}
	for _, name := range f.anyOf {
		if checkFormat(v, name, text, "") == "" {
			return true
		}
	}
	return false
}

// fits tells whether a scalar format accepts a text.
func fits(v Version, name, text string) bool { return checkFormat(v, name, text, "") == "" }

// splitList cuts at NUL when there is one, else at any run of comma, semicolon
// and white space.
func splitList(text string) []string {
	if strings.Contains(text, "\x00") {
		return strings.Split(strings.TrimRight(text, "\x00"), "\x00")
	}
	return strings.FieldsFunc(text, func(r rune) bool {
		return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\f' || r == '\v'
	})
}
