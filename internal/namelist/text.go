package namelist

import (
	"bytes"
	"html"
	"unicode/utf16"
	"unicode/utf8"
)

const longestName = 255 // bytes

// fit tells whether text can be a name in the list: not empty, of letters, digits, dots, hyphens and underscores, or UTF-8.
func fit(text []byte) bool {
	if len(text) == 0 || len(text) > longestName {
		return false
	}
	wide := false
	for _, c := range text {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '.' && c != '-' && c != '_' && c < utf8.RuneSelf {
			return false
		}
		wide = wide || c >= utf8.RuneSelf
	}
	return !wide || utf8.Valid(text) && !bytes.ContainsRune(text, utf8.RuneError)
}

// appendText appends text that needs no escapes but those for characters beyond ASCII, as PHP's json_encode writes them.
func appendText(out, text []byte) []byte {
	const digits = "0123456789abcdef"
	for len(text) > 0 {
		if c := text[0]; c < utf8.RuneSelf {
			out, text = append(out, c), text[1:]
			continue
		}
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		var units [2]uint16
		for _, u := range utf16.AppendRune(units[:0], r) {
			out = append(out, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
		}
	}
	return out
}

// decoded undoes the entities that WHMCS's forms put into some domains, in old versions twice.
func decoded(domain []byte) []byte {
	if !bytes.Contains(domain, []byte("&")) {
		return domain
	}
	return []byte(html.UnescapeString(html.UnescapeString(string(domain))))
}
