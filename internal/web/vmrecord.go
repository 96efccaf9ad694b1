package web

// Record is the form of a VM's record.
type Record struct {
	Site
	ServiceID int64
	Version   string
	Fields    []RecordField
	Changed   bool // the record is another one than the person saw
	Wrong     bool // some field has a Fault
}

// RecordField is one column.
type RecordField struct {
	Name    string
	Comment string
	Text    string
	Choices []string // what can be chosen; none = it is typed
	Rows    int      // of its box; 0 = one line
	Fixed   bool     // it can only be looked at
	Long    bool     // ... because it is too long for a form
	Secret  bool
	Fault   string // a sentence
	// Other: the column changed meanwhile. Now is what stands there, when Text is what was typed instead.
	Other   bool
	Typed   bool
	Now     string
	Nothing bool // the column holds nothing at all
}

// Record renders the form of a VM's record.
func (p *Pages) Record(r Record) (string, error) { return p.render("vmrecord.html", r) }
