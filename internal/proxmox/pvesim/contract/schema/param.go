package schema

import "strconv"

// Param describes one parameter of a call or one key of a property string. A
// table writes it as a chain: Str("name").Of("dns-name").Must(). A row is
// optional unless Must says otherwise, since most are.
type Param struct {
	Span

	Name     string
	Kind     string // string, integer, number, boolean or array
	Required bool
	Format   string // name of the format the text has to fit
	Pattern  string // regular expression, anchored by the validator
	Requires string // other parameter that has to be present too
	Enum     []string
	Low      string // bounds as the messages print them; empty = none
	High     string
	MinChars int // lengths in characters; 0 = none
	MaxChars int
	Untyped  bool // array whose items are published without a type

	Alias    string // property strings: the key that this one is a short name of
	KeyAlias string // property strings: the key that stores the short name used
	Default  bool   // property strings: a value without key belongs here

	indexed bool // the name stands for name0 .. name<last>
	last    int
}

// Rows are parameters of one call. A name may occur twice when releases differ;
// the spans of such rows do not overlap.
type Rows []Param

// Str is a row for a string.
func Str(name string) Param { return Param{Name: name, Kind: "string"} }

// Whole is a row for an integer.
func Whole(name string) Param { return Param{Name: name, Kind: "integer"} }

// Num is a row for a number with or without fraction.
func Num(name string) Param { return Param{Name: name, Kind: "number"} }

// Flag is a row for a boolean.
func Flag(name string) Param { return Param{Name: name, Kind: "boolean"} }

// List is a row for an array of strings.
func List(name string) Param { return Param{Name: name, Kind: "array"} }

// other is a second name of a key of a property string.
func other(name, target string) Param { return Param{Name: name, Alias: target} }

// Must makes a row required.
func (p Param) Must() Param { p.Required = true; return p }

// Of names the format of the text.
func (p Param) Of(format string) Param { p.Format = format; return p }

// Like gives the pattern of the text.
func (p Param) Like(pattern string) Param { p.Pattern = pattern; return p }

// Needs names a parameter that has to be given together with this one.
func (p Param) Needs(name string) Param { p.Requires = name; return p }

// OneOf lists the only values.
func (p Param) OneOf(words ...string) Param { p.Enum = words; return p }

// Min is the lowest value.
func (p Param) Min(n int) Param { p.Low = strconv.Itoa(n); return p }

// Between is the lowest and the highest value.
func (p Param) Between(low, high int) Param { p.High = strconv.Itoa(high); return p.Min(low) }

// Chars is the greatest length in characters.
func (p Param) Chars(atMost int) Param { p.MaxChars = atMost; return p }

// Length is the smallest and the greatest length in characters.
func (p Param) Length(low, high int) Param { p.MinChars = low; return p.Chars(high) }

// UpTo makes the row stand for name0 .. name<last>.
func (p Param) UpTo(last int) Param { p.indexed, p.last = true, last; return p }

// From is the first release with this row.
func (p Param) From(v Version) Param { p.Since = v; return p }

// Til is the last release with this row.
func (p Param) Til(v Version) Param { p.Until = v; return p }

// Loose marks an array whose items are published without a type.
func (p Param) Loose() Param { p.Untyped = true; return p }

func (p Param) bare() Param            { p.Default = true; return p }
func (p Param) named(key string) Param { p.KeyAlias = key; return p }

// Join puts groups of rows together.
func Join(groups ...Rows) Rows {
	var all Rows
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

func (p Param) expand() Rows {
	if !p.indexed {
		return Rows{p}
	}
	rows := make(Rows, 0, p.last+1)
	for i := range p.last + 1 {
		q := p
		q.Name = p.Name + strconv.Itoa(i)
		rows = append(rows, q)
	}
	return rows
}

// Object is the set of rows of one release with a look-up by name.
type Object struct {
	rows   Rows
	byName map[string]*Param
	open   bool // unknown keys are let through
}

// NewObject picks the rows of a release and writes numbered names out. An open
// object lets unknown keys through.
func NewObject(v Version, rows Rows, open bool) Object {
	o := Object{byName: map[string]*Param{}, open: open}
	for _, p := range rows {
		if p.Holds(v) {
			o.rows = append(o.rows, p.expand()...)
		}
	}
	for i := range o.rows {
		o.byName[o.rows[i].Name] = &o.rows[i]
	}
	return o
}

// Rows lists the rows in table order; they are not to be changed.
func (o Object) Rows() Rows { return o.rows }

// Open tells whether unknown keys are let through.
func (o Object) Open() bool { return o.open }

// Row returns the row of a name, or nil.
func (o Object) Row(name string) *Param { return o.byName[name] }
