package roster

import (
	"bytes"
	"encoding/json"
)

const space = " \t\r\n" // of JSON

// eachName gives the pairs of vm_rev_dns, a JSON object of texts; pairs of anything else are left out. What it gives is valid
// during the call only.
func eachName(text []byte, each func(address, name []byte)) {
	text = bytes.Trim(text, space)
	if len(text) == 0 || allQuick(text, nil) && allQuick(text, each) {
		return
	}
	var pairs map[string]any
	if json.Unmarshal(text, &pairs) != nil {
		return
	}
	for address, name := range pairs {
		if name, ok := name.(string); ok {
			each([]byte(address), []byte(name))
		}
	}
}

// allQuick reads an object of texts without escapes, which nearly all are, and says whether it was one to the end.
func allQuick(text []byte, each func(address, name []byte)) bool {
	rest, ok := after(text, '{')
	for ok {
		var address, name []byte
		address, rest, ok = quoted(rest)
		if ok {
			rest, ok = after(rest, ':')
		}
		if ok {
			name, rest, ok = quoted(rest)
		}
		if ok && each != nil {
			each(address, name)
		}
		if end, over := after(rest, '}'); ok && over {
			return len(end) == 0
		}
		rest, ok = after(rest, ',')
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

// quoted is a text in quotes without escapes, and what follows it.
func quoted(text []byte) (inner, rest []byte, ok bool) {
	text, ok = after(text, '"')
	end := bytes.IndexByte(text, '"')
	if !ok || end < 0 || bytes.IndexByte(text[:end], '\\') >= 0 {
		return nil, text, false
	}
	return text[:end], text[end+1:], true
}
