package contract

import "strconv"

// param describes one parameter of a call or one key of a property string.
// Rows are optional unless must() says otherwise, since most are.
type param struct {
	span

	name     string
	kind     string // type of the schema: string, integer, number, boolean, array
	required bool
	format   string // key of the format tables
	pattern  string // regular expression, anchored by the validator
	requires string // other parameter that has to be present too
	enum     []string
	low      string // bounds as the messages print them; empty = none
	high     string
	minChars int // lengths in characters; 0 = none
	maxChars int
	indexed  bool // the name stands for name0 .. name<last>
	last     int
	untyped  bool // array whose items carry a format but no type

	alias      string // property strings: the key this one is another name of
	keyAlias   string // property strings: key that stores the name used
	defaultKey bool   // property strings: key of a bare value
}

// params is a group of rows. A name may occur twice when releases differ; the
// spans of such rows do not overlap.
type params []param

func str(name string) param   { return param{name: name, kind: "string"} }
func whole(name string) param { return param{name: name, kind: "integer"} }
func num(name string) param   { return param{name: name, kind: "number"} }
func flag(name string) param  { return param{name: name, kind: "boolean"} }
func list(name string) param  { return param{name: name, kind: "array"} }

// other is a second name of a key of a property string.
func other(name, target string) param { return param{name: name, alias: target} }

func (p param) must() param                 { p.required = true; return p }
func (p param) of(format string) param      { p.format = format; return p }
func (p param) like(pattern string) param   { p.pattern = pattern; return p }
func (p param) needs(name string) param     { p.requires = name; return p }
func (p param) oneOf(words ...string) param { p.enum = words; return p }
func (p param) min(n int) param             { p.low = strconv.Itoa(n); return p }
func (p param) max(n int) param             { p.high = strconv.Itoa(n); return p }
func (p param) between(a, b int) param      { return p.min(a).max(b) }
func (p param) chars(atMost int) param      { p.maxChars = atMost; return p }
func (p param) length(a, b int) param       { p.minChars, p.maxChars = a, b; return p }
func (p param) upTo(last int) param         { p.indexed, p.last = true, last; return p }
func (p param) from(v Version) param        { p.since = v; return p }
func (p param) til(v Version) param         { p.until = v; return p }
func (p param) bare() param                 { p.defaultKey = true; return p }
func (p param) named(key string) param      { p.keyAlias = key; return p }
func (p param) loose() param                { p.untyped = true; return p }

// join puts groups of rows together.
func join(groups ...params) params {
	var all params
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// at picks the rows of one release and writes numbered names out, so that a
// lookup needs no arithmetic on names.
func (ps params) at(v Version) (rows params, byName map[string]*param) {
	for _, p := range ps {
		if p.holds(v) {
			rows = append(rows, p.expand()...)
		}
	}
	byName = make(map[string]*param, len(rows))
	for i := range rows {
		byName[rows[i].name] = &rows[i]
	}
	return rows, byName
}

func (p param) expand() params {
	if !p.indexed {
		return params{p}
	}
	rows := make(params, 0, p.last+1)
	for i := range p.last + 1 {
		q := p
		q.name = p.name + strconv.Itoa(i)
		rows = append(rows, q)
	}
	return rows
}
