package proxmox

import (
	"encoding/json"
	"fmt"
	"strings"
)

// number takes what Proxmox calls a number: 1, "1", 1.1e+15 or nothing (pve-behaviour §1.3).
type number float64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "" || text == "null" {
		*n = 0
		return nil
	}
	f, err := json.Number(text).Float64()
	if err != nil {
		return fmt.Errorf("read number %s: %w", b, err)
	}
	*n = number(f)
	return nil
}

// flag takes what Proxmox calls a boolean: 1, 0, "1", true or nothing.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	*f = text == "1" || text == "true"
	return nil
}

// keyed is an object of simple values, each as text; text that only names the file's state (digest) included.
type keyed map[string]string

// UnmarshalJSON implements json.Unmarshaler.
func (k *keyed) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*k = make(keyed, len(raw))
	for key, value := range raw {
		if text, ok := simple(value); ok {
			(*k)[key] = text
		}
	}
	return nil
}

// simple renders one JSON value as Proxmox would write it in a file; null is no value.
func simple(value json.RawMessage) (string, bool) {
	var text string
	switch s := string(value); {
	case s == "null":
		return "", false
	case s == "true":
		return "1", true
	case s == "false":
		return "0", true
	case json.Unmarshal(value, &text) == nil:
		return text, true
	default:
		return s, true
	}
}
