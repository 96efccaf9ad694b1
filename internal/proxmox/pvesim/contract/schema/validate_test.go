package schema_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract/schema"
)

// checked returns the message of one value against one row.
func checked(row schema.Param, value schema.Value) string {
	return schema.NewObject(schema.V92, schema.Rows{row}, false).Check(schema.V92, schema.Params{row.Name: value})[row.Name]
}

func TestCheck_reportsTheFirstFaultOfAValue(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		row  schema.Param
		text string
		want string
	}{
		{"sign is part of an integer", schema.Whole("k"), "+5", ""},
		{"fraction is none", schema.Whole("k"), "5.0", "type check ('integer') failed - got '5.0'"},
		{"empty is none", schema.Whole("k"), "", "type check ('integer') failed - got ''"},
		{"blank is not cut", schema.Whole("k"), " 5", "type check ('integer') failed - got ' 5'"},
		{"one newline is tolerated", schema.Whole("k").Min(5), "5\n", ""},
		{"two are not", schema.Whole("k"), "5\n\n", "type check ('integer') failed - got '5\n\n'"},
		{"number with exponent", schema.Num("k"), "-.5e+3", ""},
		{"number with dot at the end", schema.Num("k"), "5.", ""},
		{"hexadecimal is no number", schema.Num("k"), "0x5", "type check ('number') failed - got '0x5'"},
		{"boolean word", schema.Flag("k"), "on", "type check ('boolean') failed - got 'on'"},
		{"boolean digit", schema.Flag("k"), "0", ""},
		{"type comes before format", schema.Whole("k").Of("pve-vmid").Min(100), "x", "type check ('integer') failed - got 'x'"},
		{"format comes before bounds", schema.Whole("k").Of("pve-vmid").Min(100), "5", "invalid format - value does not look like a valid VM ID\n"},
		{"pattern comes before length", schema.Str("k").Like("[a-z]+").Chars(2), "ABC", "value does not match the regex pattern"},
		{"longest", schema.Str("k").Chars(2), "äöü", "value may only be 2 characters long"},
		{"characters, not bytes", schema.Str("k").Chars(3), "äöü", ""},
		{"shortest", schema.Str("k").Length(2, 5), "a", "value must be at least 2 characters long"},
		{"highest", schema.Num("k").Between(1, 5), "5.1", "value must have a maximum value of 5"},
		{"bounds are part of the range, high", schema.Num("k").Between(1, 5), "5.0", ""},
		{"bounds are part of the range, low", schema.Num("k").Between(1, 5), "1", ""},
		{"lowest", schema.Num("k").Between(1, 5), "0.9", "value must have a minimum value of 1"},
		{"huge", schema.Whole("k").Between(1, 5), strings.Repeat("9", 400), "value must have a maximum value of 5"},
		{"bounds of a text that looks like a number", schema.Str("k").Min(5), "4", "value must have a minimum value of 5"},
		{"bounds of a text that does not", schema.Str("k").Min(5), "four", ""},
		{"enumeration", schema.Str("k").OneOf("a", "b"), "c", "value 'c' does not have a value in the enumeration 'a, b'"},
		{"alternatives bind loosely", schema.Str("k").Like(`/dev/a\d|/dev/b\d`), "/dev/a1/anything", ""},
		{"unknown format", schema.Str("k").Of("nosuch"), "x", "invalid format - undefined format 'nosuch'\n"},
	}
	for _, c := range cases {
		if got := checked(c.row, schema.Value{Text: c.text}); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCheck_looksAtArrays(t *testing.T) {
	t.Parallel()
	many := schema.Value{IsList: true, List: []string{"a", "b"}}
	if got := checked(schema.List("k"), many); got != "" {
		t.Errorf("array: got %q, want none", got)
	}
	if got, want := checked(schema.List("k"), schema.Value{Text: "a"}), "type check ('array') failed"; got != want {
		t.Errorf("text for array: got %q, want %q", got, want)
	}
	if got, want := checked(schema.Whole("k"), many), "type check ('integer') failed - got ARRAY"; got != want {
		t.Errorf("array for integer: got %q, want %q", got, want)
	}
}

func TestCheck_wantsCompanions(t *testing.T) {
	t.Parallel()
	rows := schema.Rows{schema.Str("a").Needs("b"), schema.Str("b"), schema.Str("c").Needs("d"), schema.Str("d").Must()}
	given := schema.Params{"a": {Text: "1"}, "c": {Text: "1"}}
	got := schema.NewObject(schema.V92, rows, false).Check(schema.V92, given)
	want := map[string]string{
		"b": "missing property required by 'a'",
		"d": `property is missing and it is not optional\nmissing property required by 'c'`,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestObject_picksRowsOfARelease(t *testing.T) {
	t.Parallel()
	rows := schema.Rows{
		schema.Whole("m").Min(16).Til(schema.V74), schema.Str("m").From(schema.V84), schema.Str("net").UpTo(2), schema.Flag("x").From(schema.V92),
	}
	names := func(v schema.Version) string {
		var all []string
		for _, row := range schema.NewObject(v, rows, false).Rows() {
			all = append(all, row.Kind+" "+row.Name)
		}
		return strings.Join(all, ", ")
	}
	for v, want := range map[schema.Version]string{
		schema.V74: "integer m, string net0, string net1, string net2",
		schema.V84: "string m, string net0, string net1, string net2",
		schema.V92: "string m, string net0, string net1, string net2, boolean x",
	} {
		if got := names(v); got != want {
			t.Errorf("%s: got %s, want %s", v, got, want)
		}
	}
	if open := schema.NewObject(schema.V92, nil, true); !open.Open() || open.Check(schema.V92, schema.Params{"any": {}}) != nil {
		t.Error("an open object lets any key through")
	}
}
