package namelist

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// entry is one address of a machine with its reverse name, as they are stored.
type entry struct{ ip, reverse []byte }

// fewNames is how many addresses a machine has at most that is read the fast way.
const fewNames = 16

const space = " \t\r\n" // of JSON

// entriesOf reads a text of vm_rev_dns into the room of list, in the stored order; not ok is a text that is no JSON object.
// Entries that cannot be in the list are left out. Where a key comes twice its last value counts, at its first place, as in
// PHP.
func entriesOf(text []byte, list []entry) (found []entry, ok bool) {
	text = bytes.Trim(text, space)
	if len(text) == 0 || string(text) == "[]" || string(text) == "null" { // PHP writes an empty array as []
		return list[:0], true
	}
	if found, ok = scan(text, list[:0]); !ok {
		if found, ok = parse(text, list[:0]); !ok {
			return nil, false
		}
	}
	kept := found[:0]
	for _, e := range found {
		if isAddress(e.ip) && fit(e.reverse) {
			kept = append(kept, e)
		}
	}
	return kept, true
}

// scan reads an object of a few texts without escapes, which nearly all are; false for anything else.
func scan(text []byte, list []entry) ([]entry, bool) {
	rest, ok := after(text, '{')
	for ok {
		var e entry
		if e.ip, rest, ok = quoted(rest); !ok {
			break
		}
		if rest, ok = after(rest, ':'); !ok {
			break
		}
		if e.reverse, rest, ok = quoted(rest); !ok || known(list, e.ip) || len(list) == fewNames {
			break
		}
		list = append(list, e)
		if tail, end := after(rest, '}'); end {
			return list, len(bytes.Trim(tail, space)) == 0
		}
		rest, ok = after(rest, ',')
	}
	return nil, false
}

func known(list []entry, ip []byte) bool {
	for _, e := range list {
		if bytes.Equal(e.ip, ip) {
			return true
		}
	}
	return false
}

// after is what follows c, which may have white space before it.
func after(text []byte, c byte) ([]byte, bool) {
	text = bytes.TrimLeft(text, space)
	if len(text) == 0 || text[0] != c {
		return text, false
	}
	return text[1:], true
}

// quoted is a text of printable ASCII in quotes without escapes, and what follows it.
func quoted(text []byte) (inner, rest []byte, ok bool) {
	if text, ok = after(text, '"'); !ok {
		return nil, text, false
	}
	for i, c := range text {
		switch {
		case c == '"':
			return text[:i], text[i+1:], true
		case c < ' ' || c == '\\' || c > '~':
			return nil, text, false
		}
	}
	return nil, text, false
}

// parse reads any JSON object.
func parse(text []byte, list []entry) ([]entry, bool) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	at := map[string]int{}
	for dec.More() {
		key, err := dec.Token()
		var value any
		if err == nil {
			err = dec.Decode(&value)
		}
		if err != nil {
			return nil, false
		}
		name, _ := value.(string) // anything else is an empty name, and left out
		e := entry{[]byte(key.(string)), []byte(name)}
		if n, twice := at[string(e.ip)]; twice {
			list[n] = e
			continue
		}
		at[string(e.ip)] = len(list)
		list = append(list, e)
	}
	_, unclosed := dec.Token()
	_, end := dec.Token()
	return list, unclosed == nil && errors.Is(end, io.EOF)
}
