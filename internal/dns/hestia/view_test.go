package hestia

import (
	"strings"
	"testing"
)

func TestReadView(t *testing.T) {
	t.Parallel()
	const one = `"22": {"RECORD":"vm1","TYPE":"A","PRIORITY":"","VALUE":"192.0.2.10","ID":"22","SUSPENDED":"no","TTL":"300"}`
	for list, want := range map[string]int{
		"{\n}\n": 0, "{" + one + "}": 1,
		"{" + one + "," + one + "}": 2, // a repeated key is two records
		`{"1": {"RECORD":"x","TYPE":"TXT","VALUE":"\"v=spf1 a\"","ID":"1","SUSPENDED":"no"}}`: 1,
		"": -1, "OK": -1, "[]": -1, "null": -1, "{": -1, "{" + one: -1, "{" + one + "}x": -1, "{" + one + "," + one: -1,
		`{"1": {"ID":"2"}}`: -1, `{"1": {"ID":1}}`: -1, `{"1": {}}`: -1, `{"1": []}`: -1, `{"1": {"VALUE":"a\b\q","ID":"1"}}`: -1,
	} {
		v, err := readView([]byte(list), "example.org")
		if want < 0 && err == nil || want >= 0 && (err != nil || len(v) != want) {
			t.Errorf("%s: %d records, %v", list, len(v), err)
		}
	}
	v, err := readView([]byte("{"+one+","+strings.ReplaceAll(one, "vm1", "vm2")+"}"), "example.org")
	if err != nil || !v.twice("22") || v[1].name != "vm2.example.org" || v[1].ttl != 300 {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestFullName(t *testing.T) {
	t.Parallel()
	for record, want := range map[string]string{
		"@": "example.org", "": "", "vm1": "vm1.example.org", "VM1.Example.net.": "vm1.example.net", "münchen": "xn--mnchen-3ya.example.org",
		"*": "*.example.org", "_dmarc": "_dmarc.example.org", "a--b": "a--b.example.org",
	} {
		if got := fullName(record, "example.org"); got != want {
			t.Errorf("%q is %q, want %q", record, got, want)
		}
	}
}

// A list is read whole or not at all, whatever it holds.
func FuzzReadView(f *testing.F) {
	f.Add([]byte("{\n}\n"))
	f.Add([]byte(`{"1": {"RECORD":"@","TYPE":"NS","VALUE":"ns1.","ID":"1","SUSPENDED":"no","TTL":"x"},"1": {"ID":"1"}}`))
	f.Fuzz(func(t *testing.T, list []byte) {
		v, err := readView(list, "example.org")
		if err != nil && v != nil {
			t.Error("an error came with records")
		}
		for _, e := range v {
			if e.id == "" {
				t.Error("a record without an id")
			}
		}
	})
}
