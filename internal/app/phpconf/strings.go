package phpconf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// single reads '…', in which only \\ and \' mean something else than themselves.
func (l *lexer) single() (token, error) {
	var b strings.Builder
	for i := l.pos + 1; i < len(l.src); i++ {
		c := l.src[i]
		switch {
		case c == '\'':
			l.skip(i + 1 - l.pos)
			return token{kind: tokenString, text: b.String()}, nil
		case c == '\\' && i+1 < len(l.src) && (l.src[i+1] == '\'' || l.src[i+1] == '\\'):
			i++
			c = l.src[i]
		}
		b.WriteByte(c)
	}
	return token{}, errors.New("a string in single quotes has no end")
}

// double reads a string that ends at quote and knows escapes and variables.
func (l *lexer) double(quote byte) (token, error) {
	for i := l.pos + 1; i < len(l.src); i++ {
		switch l.src[i] {
		case '\\':
			i++
		case quote:
			body := l.src[l.pos+1 : i]
			l.skip(i + 1 - l.pos)
			return escaped(body, quote)
		}
	}
	return token{}, errors.New("a string in double quotes has no end")
}

// escaped is the token of a body with escapes: its value, or why it has none without running the file.
func escaped(body string, quote byte) (token, error) {
	if name := interpolated(body); name != "" {
		return token{kind: tokenLive, text: fmt.Sprintf("its string contains the variable %s, which only running the file could "+
			"fill in; write the value out, or put a backslash before the dollar sign", name)}, nil
	}
	text, err := unescape(body, quote)
	return token{kind: tokenString, text: text}, err
}

// interpolated is the first variable inside body as it is written, or "".
func interpolated(body string) string {
	for i := 0; i+1 < len(body); i++ {
		switch rest := body[i:]; {
		case rest[0] == '\\':
			i++
		case rest[0] == '$' && isLabelStart(rest[1]):
			l := lexer{src: rest, pos: 1}
			return "$" + l.run(isLabel)
		case strings.HasPrefix(rest, "${"), strings.HasPrefix(rest, "{$"):
			return rest[:2] + "…}"
		}
	}
	return ""
}

// plainEscape is the meaning of an escape of one letter.
func plainEscape(c byte) (byte, bool) {
	i := strings.IndexByte(`ntrvef\$`, c)
	if i < 0 {
		return 0, false
	}
	return "\n\t\r\v\x1b\f\\$"[i], true
}

// unescape carries out the escapes of body; a backslash before anything else stays. quote is the delimiter that may
// be escaped, 0 in a heredoc.
func unescape(body string, quote byte) (string, error) {
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			b.WriteByte(body[i])
			continue
		}
		text, n, err := escape(body[i+1:], quote)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		i += n
	}
	return b.String(), nil
}

// escape is the meaning of the escape whose backslash stands before rest, and how much of rest belongs to it.
func escape(rest string, quote byte) (text string, n int, err error) {
	c := rest[0]
	if plain, ok := plainEscape(c); ok {
		return string([]byte{plain}), 1, nil
	}
	switch {
	case c == quote && quote != 0:
		return rest[:1], 1, nil
	case c >= '0' && c <= '7':
		n = digits(rest, 3, isOctal)
		v, _ := strconv.ParseUint(rest[:n], 8, 16)
		return string([]byte{byte(v & 0xff)}), n, nil // PHP lets \400 and above overflow
	case c == 'x' || c == 'X':
		n = digits(rest[1:], 2, isHex)
		if n == 0 {
			break
		}
		v, _ := strconv.ParseUint(rest[1:1+n], 16, 8)
		return string([]byte{byte(v)}), 1 + n, nil
	case strings.HasPrefix(rest, "u{"):
		return codepoint(rest)
	}
	return `\` + rest[:1], 1, nil
}

// codepoint reads u{HEX}. PHP encodes any number up to 10FFFF, surrogates included, which Go's encoder would replace.
func codepoint(rest string) (string, int, error) {
	end := strings.IndexByte(rest, '}')
	if end < 0 {
		return "", 0, errors.New(`\u{ in a string has no closing brace`)
	}
	v, err := strconv.ParseUint(rest[2:end], 16, 64)
	if err != nil || v > 0x10FFFF {
		return "", 0, fmt.Errorf(`\%s in a string is no Unicode character`, rest[:end+1])
	}
	return encode(rune(v)), end + 1, nil
}

func encode(v rune) string {
	if v >= 0xD800 && v <= 0xDFFF {
		return string([]byte{0xE0 | byte(v>>12), 0x80 | byte(v>>6&0x3F), 0x80 | byte(v&0x3F)})
	}
	return string(v)
}

// digits counts the bytes at the start of s that satisfy ok, at most limit.
func digits(s string, limit int, ok func(byte) bool) int {
	n := 0
	for n < limit && n < len(s) && ok(s[n]) {
		n++
	}
	return n
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
