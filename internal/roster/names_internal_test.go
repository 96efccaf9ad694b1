package roster

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func pairsOf(text string) map[string]string {
	m := map[string]string{}
	eachName([]byte(text), func(address, name []byte) { m[string(address)] = string(name) })
	return m
}

func TestEachName_readsWhatJSONSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "names")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var clean map[string]string
		if err := json.Unmarshal(text, &clean); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(clean, pairsOf(string(text))); d != "" {
			t.Fatalf("%s (-want +got):\n%s", text, d)
		}
	})
	for text, want := range map[string]map[string]string{
		"": {}, "[]": {}, "null": {}, "{}": {}, "x": {}, `{"a":"b"`: {}, `{"a":"b"}x`: {}, `{"a":"b",}`: {}, `{"a"`: {}, `{`: {}, `{"a":"b" "c":"d"}`: {},
		" { \"a\" : \"b\" ,\n\"c\":\"d\" } ": {"a": "b", "c": "d"}, `{"a":1,"b":"c"}`: {"b": "c"}, `{"a":"b\u0020c"}`: {"a": "b c"},
	} {
		if d := cmp.Diff(want, pairsOf(text)); d != "" {
			t.Errorf("%s (-want +got):\n%s", text, d)
		}
	}
}
