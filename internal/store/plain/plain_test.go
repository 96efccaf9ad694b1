package plain_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"github.com/kvmbridge/kvmbridge/internal/store/plain"
)

func TestJSON_isASCIIAndMeansTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "value")
		text := plain.JSON(want)
		for _, c := range []byte(text) {
			if c >= 0x80 {
				t.Fatalf("%q holds a byte that latin1 or utf8mb3 may not take", text)
			}
		}
		got := map[string]string{}
		if err := json.Unmarshal([]byte(text), &got); err != nil || len(got) != len(want) {
			t.Fatalf("%q reads as %v, %v; want %v", text, got, err, want)
		}
		for k, v := range want {
			if got[k] != v {
				t.Fatalf("%q reads %q at %q, want %q", text, got[k], k, v)
			}
		}
	})
}

func TestNumber_readsWhatAnyColumnMayHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want int
	}{{"", 0}, {"101", 101}, {" 101 ", 101}, {"none", 0}, {"1.5", 0}} {
		if got := plain.Number(c.text); got != c.want {
			t.Errorf("Number(%q) = %d, want %d", c.text, got, c.want)
		}
	}
}

func TestNames_takeWhatIsNoObjectAsEmpty(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"": 0, "null": 0, "[1]": 0, `{"a":1}`: 0, "text": 0, `{"a":"b"}`: 1} {
		if got := plain.Names(text); got == nil || len(got) != want {
			t.Errorf("Names(%q) = %v, want %d names in a map that can be written to", text, got, want)
		}
	}
}
