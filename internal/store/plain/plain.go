package plain

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON writes JSON that fits into a column of any character set.
func JSON(v any) string {
	plain, err := json.Marshal(v)
	if err != nil {
		return "null" // our own types marshal
	}
	var b bytes.Buffer
	for len(plain) > 0 {
		r, size := utf8.DecodeRune(plain)
		plain = plain[size:]
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}

// Number reads an id from a column whose type is not ours to know; anything else is "none".
func Number(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0
	}
	return n
}

// Names reads vm_rev_dns; text that is no JSON object counts as empty, it is only a set of defaults.
func Names(s string) map[string]string {
	m := map[string]string{}
	if json.Unmarshal([]byte(s), &m) != nil || m == nil { // null makes it nil
		return map[string]string{}
	}
	return m
}

// Text is a parameter for a column where NULL means none.
func Text(s string) sql.NullString {
	return sql.NullString{String: Clean(s), Valid: s != ""}
}

// maxText keeps one text far below the 64 KiB of a TEXT column.
const maxText = 8000

// Clean makes a foreign text storable: a strict server refuses broken UTF-8 and too much of anything.
func Clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + " ..."
	}
	return strings.ToValidUTF8(s, "?")
}
