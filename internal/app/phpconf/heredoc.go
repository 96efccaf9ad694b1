package phpconf

import (
	"errors"
	"fmt"
	"strings"
)

// heredoc reads <<<NAME, <<<"NAME" or <<<'NAME' (nowdoc); ok is false when "<<<" starts something else.
func (l *lexer) heredoc() (t token, ok bool, err error) {
	name, quote, length := heredocHead(l.src[l.pos:])
	if length == 0 {
		return t, false, nil
	}
	l.skip(length)
	body, used, err := heredocBody(l.src[l.pos:], name)
	if err != nil {
		return t, false, err
	}
	l.skip(used)
	if quote == '\'' {
		return token{kind: tokenString, text: body}, true, nil
	}
	t, err = escaped(body, 0)
	return t, err == nil, err
}

// heredocHead reads the opening line including its line end; length 0 means that it is none.
func heredocHead(src string) (name string, quote byte, length int) {
	l := lexer{src: src, pos: len("<<<")}
	l.run(func(c byte) bool { return c == ' ' || c == '\t' })
	if c := l.peek(0); c == '\'' || c == '"' {
		quote = c
		l.pos++
	}
	if !isLabelStart(l.peek(0)) {
		return "", 0, 0
	}
	name = l.run(isLabel)
	if quote != 0 {
		if l.peek(0) != quote {
			return "", 0, 0
		}
		l.pos++
	}
	end := lineEnd(src[l.pos:])
	if end == 0 {
		return "", 0, 0
	}
	return name, quote, l.pos + end
}

// lineEnd is the length of the line end at the start of s: 0, 1 or 2.
func lineEnd(s string) int {
	switch {
	case strings.HasPrefix(s, "\r\n"):
		return 2
	case s != "" && (s[0] == '\n' || s[0] == '\r'):
		return 1
	}
	return 0
}

// heredocBody returns the text up to the closing name, its indentation removed, and the length of both.
func heredocBody(src, name string) (body string, used int, err error) {
	var lines []string // each with its line end
	for at := 0; at < len(src); {
		if indent, ok := closes(src[at:], name); ok {
			text, err := outdent(lines, indent)
			return text, at + len(indent) + len(name), err
		}
		line := firstLine(src[at:])
		lines = append(lines, line)
		at += len(line)
	}
	return "", 0, fmt.Errorf("the text that starts with <<<%s has no line with %s that ends it", name, name)
}

// firstLine is s up to and including its first line end.
func firstLine(s string) string {
	i := strings.IndexAny(s, "\r\n")
	if i < 0 {
		return s
	}
	return s[:i+lineEnd(s[i:])]
}

// closes reports whether the line at the start of s ends the text (since PHP 7.3 the name may be indented and
// followed by anything that is not part of a name).
func closes(s, name string) (indent string, ok bool) {
	l := lexer{src: s}
	indent = l.run(func(c byte) bool { return c == ' ' || c == '\t' })
	if !l.has(name) {
		return "", false
	}
	l.pos += len(name)
	return indent, l.pos >= len(s) || !isLabel(l.peek(0))
}

// outdent takes indent off every line and the last line end off the text.
func outdent(lines []string, indent string) (string, error) {
	if strings.Contains(indent, " ") && strings.Contains(indent, "\t") {
		return "", errors.New("the closing name of a <<< text is indented with spaces and tabs at once")
	}
	var b strings.Builder
	for i, line := range lines {
		text := strings.TrimRight(line, "\r\n")
		end := line[len(text):]
		cut, ok := strings.CutPrefix(text, indent)
		switch {
		case ok:
		case strings.Trim(text, " \t") == "" && strings.HasPrefix(indent, text):
			cut = ""
		default:
			return "", errors.New("a line of a <<< text is indented less than its closing name, or with other white space")
		}
		if i == len(lines)-1 {
			end = ""
		}
		b.WriteString(cut + end)
	}
	return b.String(), nil
}
