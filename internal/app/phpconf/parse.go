package phpconf

import (
	"errors"
	"fmt"
	"strings"
)

// Value is what the last assignment to a variable says.
type Value struct {
	Text string // as PHP converts the value to a string; bytes, not necessarily UTF-8
	Line int    // of the assignment, from 1
	// Err says why the value cannot be known without running the file; Text is then meaningless.
	Err error
}

// Parse returns the variables assigned at the top level of src, by name without "$". The error is about text that is
// not PHP at all (a string or comment without end); variables assigned before that place are still returned.
func Parse(src string) (map[string]Value, error) {
	p := &parser{lexer: lexer{src: src, line: 1}, vars: map[string]Value{}}
	err := p.file()
	if err != nil {
		err = fmt.Errorf("line %d: %w", p.line, err)
	}
	return p.vars, err
}

type parser struct {
	lexer
	vars  map[string]Value
	depth int  // of braces and parentheses
	ended bool // a return or exit at the top level: the rest is never run
	// branch is the keyword of a statement that may not run, such as "if (…) $a = 1;"; open counts blocks in the
	// form "if (…): … endif".
	branch string
	open   int
}

// word is what a keyword does to the question whether the next assignment is certain to run.
type word int

const (
	wordBranch word = iota + 1
	wordEndBlock
	wordEndFile
)

func keyword(text string) word {
	switch text {
	case "if", "else", "elseif", "while", "for", "foreach", "switch", "do", "try", "catch", "finally", "function", "fn", "class":
		return wordBranch
	case "endif", "endwhile", "endfor", "endforeach", "endswitch":
		return wordEndBlock
	case "return", "exit", "die", "__halt_compiler":
		return wordEndFile
	}
	return 0
}

func (p *parser) file() error {
	for p.openTag() && !p.ended {
		if err := p.code(); err != nil {
			return err
		}
	}
	return nil
}

// code reads statements up to the closing tag or the end.
func (p *parser) code() error {
	for !p.ended {
		t, err := p.next()
		switch {
		case err != nil:
			return err
		case t.kind == tokenEnd || t.kind == tokenClose:
			return nil
		case t.kind == tokenVariable:
			err = p.variable(t)
		default:
			p.other(t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// other follows nesting, branches and the words that end the program.
func (p *parser) other(t token) {
	switch {
	case t.kind == tokenWord && p.depth == 0:
		p.word(t)
	case t.kind != tokenSign:
	case t.text == "{" || t.text == "(" || t.text == "[":
		p.depth++
	case t.text == "}" || t.text == ")" || t.text == "]":
		p.depth = max(0, p.depth-1)
		if p.depth == 0 && t.text == "}" {
			p.branch = ""
		}
	case t.text == ";" && p.depth == 0:
		p.branch = ""
	case t.text == ":" && p.depth == 0 && p.branch != "":
		if p.branch != "else" && p.branch != "elseif" { // those two continue the block that is open
			p.open++
		}
		p.branch = ""
	}
}

func (p *parser) word(t token) {
	text := strings.ToLower(t.text)
	switch keyword(text) {
	case wordBranch:
		p.branch = text
	case wordEndBlock:
		p.open = max(0, p.open-1)
	case wordEndFile:
		p.ended = p.certain()
	}
}

// certain reports whether the code here runs exactly once.
func (p *parser) certain() bool { return p.depth == 0 && p.open == 0 && p.branch == "" }

// variable reads what is done to a variable: "= value" and ".= value" are understood, other changes are noted, and
// anything else leaves it as it is.
func (p *parser) variable(name token) error {
	before := p.lexer
	op, err := p.next()
	switch {
	case err != nil:
		return err
	case op.kind == tokenSign && (op.text == "=" || op.text == ".="):
		v := Value{Line: name.line}
		v.Text, v.Err, err = p.expression()
		p.assign(name.text, op.text, v)
		return err
	case op.changes():
		p.vars[name.text] = Value{Line: name.line, Err: fmt.Errorf("it is calculated (%s), and only plain strings can be read", op.show())}
	}
	p.lexer = before
	return nil
}

func (p *parser) assign(name, op string, v Value) {
	old := p.vars[name]
	switch {
	case !p.certain():
		v.Err = errors.New("it is set inside a condition, loop or function, whose outcome cannot be known without running the file")
	case op == ".=" && old.Err != nil:
		v.Err = old.Err
	case op == ".=":
		v.Text = old.Text + v.Text
	}
	p.vars[name] = v
}

// expression reads a chain of constants joined with "." up to the end of the statement. refused says why it is not
// such a chain; the reader then stands before the token it did not understand.
func (p *parser) expression() (text string, refused, err error) {
	var b strings.Builder
	for {
		before := p.lexer
		t, err := p.next()
		if err != nil {
			return "", nil, err
		}
		part, refused := t.constant()
		if refused != nil {
			p.lexer = before
			return "", refused, p.skipStatement()
		}
		b.WriteString(part)
		before = p.lexer
		if t, err = p.next(); err != nil {
			return "", nil, err
		}
		switch {
		case t.kind == tokenSign && t.text == ".":
		case t.endsStatement():
			p.lexer = before
			return b.String(), nil, nil
		default:
			p.lexer = before
			return "", fmt.Errorf("it is calculated (%s), and only plain strings joined with \".\" can be read", t.show()), p.skipStatement()
		}
	}
}

// skipStatement goes to the end of the statement without reading past it.
func (p *parser) skipStatement() error {
	level := 0
	for {
		before := p.lexer
		t, err := p.next()
		switch {
		case err != nil:
			return err
		case t.kind == tokenEnd, t.kind == tokenClose, level == 0 && t.endsStatement(), level == 0 && t.text == "}" && t.kind == tokenSign:
			p.lexer = before
			return nil
		case t.kind == tokenVariable:
			p.hidden(t)
		case t.kind != tokenSign:
		case t.text == "(" || t.text == "[" || t.text == "{":
			level++
		case t.text == ")" || t.text == "]" || t.text == "}":
			level--
		}
	}
}

// hidden notes an assignment in the middle of an expression, whose value is not looked for.
func (p *parser) hidden(name token) {
	look := p.lexer
	if op, err := look.next(); err == nil && (op.changes() || op.kind == tokenSign && op.text == "=") {
		p.vars[name.text] = Value{Line: name.line, Err: errors.New("it is set in the middle of another statement; give it a line of its own")}
	}
}
