package ippool

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// MaxLines is how many pools one CSV text may hold.
const MaxLines = 5000

// Line is a pool of a CSV text with where it stands there.
type Line struct {
	Number int // counted from 1, the header is a line too
	Form   Form
}

// LineFault is what is wrong with one field of one line; Field "" means the line as a whole.
type LineFault struct {
	Line int
	Fault
}

func (f LineFault) String() string {
	if f.Field == "" {
		return fmt.Sprintf("Line %d: %s", f.Line, f.Text)
	}
	return fmt.Sprintf("Line %d, %s: %s", f.Line, f.Field, f.Text)
}

// LineErrors are all faults of a CSV text at once.
type LineErrors []LineFault

func (f LineErrors) Error() string {
	texts := make([]string, len(f))
	for i, fault := range f {
		texts[i] = fault.String()
	}
	return strings.Join(texts, "\n")
}

// WriteCSV writes pools as CSV, headed by the names of the fields. A cell that a spreadsheet would take for a formula
// gets an apostrophe in front, which ReadCSV takes off again.
func WriteCSV(w io.Writer, pools []Form) error {
	out := csv.NewWriter(w)
	lines := [][]string{Fields()}
	for _, f := range pools {
		var cells []string
		for _, field := range Fields() {
			cells = append(cells, harmless(f.Get(field)))
		}
		lines = append(lines, cells)
	}
	return out.WriteAll(lines)
}

const formulaSigns = "=+-@\t\r\n"

// harmless also marks what looks marked already, so that every text comes back as it was.
func harmless(cell string) string {
	if isFormula(strings.TrimLeft(cell, "'")) {
		return "'" + cell
	}
	return cell
}

func original(cell string) string {
	if rest, marked := strings.CutPrefix(cell, "'"); marked && isFormula(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return cell
}

func isFormula(cell string) bool {
	return cell != "" && strings.ContainsRune(formulaSigns, rune(cell[0]))
}

// ReadCSV reads what WriteCSV wrote or a spreadsheet saved: columns in any order under the names of the fields, separated by
// commas, semicolons or tabs. type, vlan, dns1 and dns2 may be missing; empty lines are skipped. It looks at the form of
// the text only, Form.Pool judges the pools. Faults are LineErrors.
func ReadCSV(text string) ([]Line, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, LineErrors{{1, Fault{"", "The text is empty; its first line must name the columns " + strings.Join(Fields(), ",") + "."}}}
	}
	if err != nil {
		return nil, LineErrors{quoteFault(err)}
	}
	columns, fault := readHeader(header)
	if fault != "" {
		return nil, LineErrors{{1, Fault{"", fault}}}
	}
	return readLines(r, columns)
}

// separator is the one that the header uses most.
func separator(text string) rune {
	head, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n"), "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(head, string(c)) > strings.Count(head, string(best)) {
			best = c
		}
	}
	return best
}

func readHeader(cells []string) (columns []string, fault string) {
	for _, cell := range cells {
		name := strings.ToLower(strings.TrimSpace(cell))
		switch {
		case !slices.Contains(Fields(), name):
			return nil, fmt.Sprintf("There is no column %q; the columns are %s.", shortened(cell), strings.Join(Fields(), ", "))
		case slices.Contains(columns, name):
			return nil, fmt.Sprintf("The column %s stands there twice; remove one of the two.", name)
		}
		columns = append(columns, name)
	}
	for _, name := range []string{FieldServer, FieldBridge, FieldGateway, FieldMask, FieldStart, FieldStop} {
		if !slices.Contains(columns, name) {
			return nil, fmt.Sprintf("The column %s is missing; the first line must name the columns %s.", name, strings.Join(Fields(), ","))
		}
	}
	return columns, ""
}

func readLines(r *csv.Reader, columns []string) ([]Line, error) {
	var lines []Line
	var faults LineErrors
	for {
		cells, err := r.Read()
		switch {
		case errors.Is(err, io.EOF):
			return finished(lines, faults)
		case err != nil:
			return nil, append(faults, quoteFault(err))
		case strings.TrimSpace(strings.Join(cells, "")) == "":
			continue
		}
		at, _ := r.FieldPos(0)
		switch {
		case len(cells) != len(columns):
			faults = append(faults, LineFault{at, Fault{"", fmt.Sprintf("The line has %d cells under %d columns.", len(cells), len(columns))}})
		case len(lines) == MaxLines:
			return nil, append(faults, LineFault{at, Fault{"", fmt.Sprintf("These are more than %d pools; import them in several parts.", MaxLines)}})
		default:
			lines = append(lines, Line{at, formOf(columns, cells)})
		}
	}
}

func finished(lines []Line, faults LineErrors) ([]Line, error) {
	if len(lines)+len(faults) == 0 {
		return nil, LineErrors{{1, Fault{"", "There is no pool below the line with the names of the columns."}}}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return lines, nil
}

func formOf(columns, cells []string) Form {
	var f Form
	for i, name := range columns {
		f.Set(name, original(cells[i]))
	}
	return f
}

func quoteFault(err error) LineFault {
	line := 1
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		line = parse.Line
	}
	return LineFault{line, Fault{"", "The quotation marks do not fit together: a cell with one in it is written \"like \"\"this\"\"\"."}}
}
