package phpconf

import (
	"errors"
	"strings"
)

// lexer walks over PHP source; copying it remembers a place to return to.
type lexer struct {
	src  string
	pos  int
	line int
}

// openTag moves behind the next "<?php" or "<?="; false at the end of the file.
func (l *lexer) openTag() bool {
	for l.pos < len(l.src) {
		i := strings.Index(l.src[l.pos:], "<?")
		if i < 0 {
			return false
		}
		l.skip(i + 2)
		rest := l.src[l.pos:]
		switch {
		case strings.HasPrefix(rest, "="):
			l.skip(1)
			return true
		case len(rest) >= 3 && strings.EqualFold(rest[:3], "php") && (len(rest) == 3 || isSpace(rest[3])):
			l.skip(3)
			return true
		}
	}
	return false
}

// skip moves n bytes on and counts the lines passed.
func (l *lexer) skip(n int) {
	l.line += strings.Count(l.src[l.pos:l.pos+n], "\n")
	l.pos += n
}

// peek is the byte i places ahead, 0 behind the end.
func (l *lexer) peek(i int) byte {
	if l.pos+i >= len(l.src) {
		return 0
	}
	return l.src[l.pos+i]
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.src[l.pos:], prefix) }

// next is the next token; comments and white space are passed over.
func (l *lexer) next() (token, error) {
	if err := l.blank(); err != nil {
		return token{}, err
	}
	t := token{kind: tokenSign, line: l.line}
	c := l.peek(0)
	switch {
	case l.pos >= len(l.src):
		t.kind = tokenEnd
		return t, nil
	case l.has("?>"):
		t.kind = tokenClose
		l.skip(2)
		return t, nil
	case c == '$' && isLabelStart(l.peek(1)):
		t.kind = tokenVariable
		l.skip(1)
		t.text = l.run(isLabel)
		return t, nil
	case isDigit(c) || c == '.' && isDigit(l.peek(1)):
		t.kind = tokenNumber
		t.text = l.run(isNumber)
		return t, nil
	}
	if quoted, ok, err := l.quoted(); ok || err != nil {
		quoted.line = t.line
		return quoted, err
	}
	if isLabelStart(c) {
		t.kind = tokenWord
		t.text = l.run(isLabel)
		return t, nil
	}
	return l.sign(t), nil
}

// longSigns are the signs of several letters that matter: assignments, and what would be taken for one.
func longSigns() []string {
	return []string{"===", "!==", "<=>", "**=", "??=", "<<=", ">>=", "==", "!=", "<=", ">=", "=>", ".=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "++", "--"}
}

func (l *lexer) sign(t token) token {
	n := 1
	for _, long := range longSigns() {
		if l.has(long) {
			n = len(long)
			break
		}
	}
	t.text = l.src[l.pos : l.pos+n]
	l.skip(n)
	return t
}

// quoted reads a string of any form if one starts here.
func (l *lexer) quoted() (t token, ok bool, err error) {
	start := l.pos
	if (l.peek(0) == 'b' || l.peek(0) == 'B') && (l.peek(1) == '\'' || l.peek(1) == '"' || strings.HasPrefix(l.src[l.pos+1:], "<<<")) {
		l.skip(1) // the binary mark changes nothing
	}
	switch {
	case l.has("'"):
		t, err = l.single()
	case l.has(`"`):
		t, err = l.double('"')
	case l.has("`"):
		if _, err = l.double('`'); err == nil {
			t = token{kind: tokenLive, text: "it is the output of a shell command"}
		}
	case l.has("<<<"):
		if t, ok, err = l.heredoc(); !ok && err == nil {
			l.pos = start
			return t, false, nil
		}
	default:
		return t, false, nil
	}
	return t, err == nil, err
}

// blank passes over white space and comments. A one-line comment also ends before "?>".
func (l *lexer) blank() error {
	for {
		switch {
		case isSpace(l.peek(0)) && l.pos < len(l.src):
			l.skip(1)
		case l.has("#"), l.has("//"):
			l.lineComment()
		case l.has("/*"):
			end := strings.Index(l.src[l.pos+2:], "*/")
			if end < 0 {
				return errors.New("a /* comment has no end")
			}
			l.skip(end + 4)
		default:
			return nil
		}
	}
}

func (l *lexer) lineComment() {
	rest := l.src[l.pos:]
	end := len(rest)
	for _, stop := range []string{"\n", "\r", "?>"} {
		if i := strings.Index(rest, stop); i >= 0 {
			end = min(end, i)
		}
	}
	l.skip(end)
}

// run takes bytes while ok holds.
func (l *lexer) run(ok func(byte) bool) string {
	start := l.pos
	for l.pos < len(l.src) && ok(l.src[l.pos]) {
		l.pos++
	}
	return l.src[start:l.pos]
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLabelStart(c byte) bool {
	return c == '_' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
func isLabel(c byte) bool  { return isLabelStart(c) || isDigit(c) }
func isNumber(c byte) bool { return isDigit(c) || isLabelStart(c) && c < 0x80 || c == '.' }
