package phpconf

import (
	"errors"
	"fmt"
	"strings"
)

type kind int

const (
	tokenEnd      kind = iota // end of the file
	tokenClose                // ?>
	tokenVariable             // text is the name
	tokenWord                 // a name or keyword
	tokenString               // text is the value
	tokenLive                 // a string that only running the file could finish; text says why
	tokenNumber               // text as written
	tokenSign                 // one sign, or ".="
)

type token struct {
	kind kind
	text string
	line int
}

// constant is the string PHP makes of t, or why nobody knows it.
func (t token) constant() (string, error) {
	switch t.kind {
	case tokenString:
		return t.text, nil
	case tokenLive:
		return "", errors.New(t.text)
	case tokenNumber:
		return number(t.text)
	case tokenWord:
		switch strings.ToLower(t.text) {
		case "true":
			return "1", nil
		case "false", "null":
			return "", nil
		}
	case tokenEnd, tokenClose, tokenVariable, tokenSign:
	}
	return "", fmt.Errorf("it is calculated (%s), and only plain strings can be read", t.show())
}

// number accepts whole decimal numbers; PHP's other notations are refused rather than guessed.
func number(text string) (string, error) {
	plain := text == "0" || text != "" && text[0] != '0'
	if !plain || len(text) > 18 || strings.Trim(text, "0123456789") != "" {
		return "", fmt.Errorf("the number %s is not a plain whole number; write it in quotes", text)
	}
	return text, nil
}

func (t token) endsStatement() bool {
	return t.kind == tokenEnd || t.kind == tokenClose || t.kind == tokenSign && t.text == ";"
}

// changes reports whether t behind a variable changes it in a way that is not followed: by an operator, or in a part.
func (t token) changes() bool {
	if t.kind != tokenSign {
		return false
	}
	switch t.text {
	case "==", "!=", "<=", ">=", "===", "!==", "<=>":
		return false
	case "[", "{", "++", "--":
		return true
	}
	return len(t.text) > 1 && strings.HasSuffix(t.text, "=")
}

// show names t for a person without giving a value away.
func (t token) show() string {
	switch t.kind {
	case tokenVariable:
		return "it uses $" + t.text
	case tokenWord:
		return "it uses " + t.text
	case tokenSign:
		return "it uses \"" + t.text + "\""
	case tokenString, tokenLive:
		return "a string follows without \".\""
	case tokenNumber:
		return "a number follows without \".\""
	case tokenEnd, tokenClose:
	}
	return "the statement is cut short"
}
