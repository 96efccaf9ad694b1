package spec

import (
	"bytes"
	"encoding/json"
)

// twice returns a sentence for each setting of a valid JSON object that occurs twice; path is "" or ends in a dot. JSON
// keeps the last one silently, and with a group that drops every setting of the first.
func twice(object []byte, path string) []string {
	d := json.NewDecoder(bytes.NewReader(object))
	if _, err := d.Token(); err != nil {
		return nil
	}
	var faults []string
	seen := map[string]bool{}
	for d.More() {
		name, value, err := member(d)
		if err != nil {
			return faults
		}
		if seen[name] {
			faults = append(faults, shownName(path+name)+" is set twice; remove one of the two.")
		}
		seen[name] = true
		if path == "" && bytes.HasPrefix(value, []byte("{")) {
			faults = append(faults, twice(value, name+".")...)
		}
	}
	return faults
}

func member(d *json.Decoder) (name string, value json.RawMessage, err error) {
	token, err := d.Token()
	if err != nil {
		return "", nil, err
	}
	name, _ = token.(string)
	err = d.Decode(&value)
	return name, value, err
}
