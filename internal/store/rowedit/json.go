package rowedit

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

// jsonKind is what a text holds that is a JSON object or list, else Text.
func jsonKind(value string) Kind {
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, "{") && json.Valid([]byte(value)):
		return Object
	case strings.HasPrefix(value, "[") && json.Valid([]byte(value)):
		return List
	}
	return Text
}

// pretty is a value as it is shown: JSON over several lines, anything else as it is.
func pretty(value string) string {
	var b bytes.Buffer
	if jsonKind(value) == Text || json.Indent(&b, []byte(strings.TrimSpace(value)), "", "  ") != nil {
		return value
	}
	return b.String()
}

// canon is one spelling of a value, whether it was typed or stored: without the line ends of forms, JSON without blanks, and
// its letters escaped as our own writing does.
func canon(value string) string {
	value = strings.ReplaceAll(value, "\r\n", "\n")
	if jsonKind(value) == Text {
		return value
	}
	var b bytes.Buffer
	if json.Compact(&b, []byte(value)) != nil {
		return value
	}
	return plain.JSON(json.RawMessage(b.Bytes()))
}
