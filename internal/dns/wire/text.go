package wire

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Longest texts in bytes: of an error, and of what is quoted from a body, which may be from a server that we do not know.
const (
	errorText = 300
	quoteText = 200
)

// Secrets are texts that nobody may see.
type Secrets []string

// Clean is text in one line of at most 300 bytes, without secrets in any of the spellings that servers give them.
func (s Secrets) Clean(text string) string { return cut(oneLine(s.redact(text)), errorText) }

// Quote is what may be shown of a body.
func (s Secrets) Quote(body []byte) string { return cut(oneLine(s.redact(string(body))), quoteText) }

// Error keeps what err matches and cleans its text; nil stays nil.
func (s Secrets) Error(err error) error {
	if err == nil {
		return nil
	}
	if clean := s.Clean(err.Error()); clean != err.Error() {
		return &cleanError{clean, err}
	}
	return err
}

type cleanError struct {
	text  string
	cause error
}

func (e *cleanError) Error() string { return e.text }

// Is and As reach the cause; there is no Unwrap, which would hand out its text.
func (e *cleanError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *cleanError) As(target any) bool   { return errors.As(e.cause, target) }

func (s Secrets) redact(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = pattern(secret).ReplaceAllLiteralString(strings.ReplaceAll(text, secret, "***"), "***")
		}
	}
	return text
}

// pattern matches a secret in the spellings of URLs, JSON, HTML and of programs that quote, also where they are mixed.
func pattern(secret string) *regexp.Regexp {
	var b strings.Builder
	for _, r := range secret {
		b.WriteString(spellings(r))
	}
	return regexp.MustCompile(b.String())
}

// spellings of a character; letters and digits have one.
func spellings(r rune) string {
	if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
		return string(r)
	}
	octets := strings.ReplaceAll(fmt.Sprintf(" % x", string(r)), " ", "%(?:25)*")
	forms := []string{regexp.QuoteMeta(string(r)), octets, fmt.Sprintf("&#0*%d;|&#x0*%x;|u0*%04x", r, r, r)}
	named := map[rune]string{'&': "&amp;", '<': "&lt;", '>': "&gt;", '"': "&quot;", '\'': "&apos;", ' ': `\+|%(?:25)*2b`}
	if form := named[r]; form != "" {
		forms = append(forms, form)
	}
	return `(?i:\\*(?:` + strings.Join(forms, "|") + "))"
}

func oneLine(text string) string {
	printable := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(printable), " ")
}

// cut ends text at a whole character.
func cut(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
