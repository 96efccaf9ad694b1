package golden_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/golden"
)

// recorder takes the place of a test that may fail.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Errorf(format string, args ...any) { r.said = fmt.Sprintf(format, args...) }

func TestEqual_namesTheFirstDifferentLine(t *testing.T) { // not parallel: works in a folder of its own
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "page.txt"), []byte("one\ntwo\nthree\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for got, want := range map[string]string{
		"one\ntwo\nthree\n":       "",
		"one\nTWO\nthree\n":       "at line 2\n got \"TWO\"\nwant \"two\"",
		"one\ntwo\nthree":         "at line 4",
		"one\ntwo\nthree\nfour\n": "at line 4\n got \"four\"\nwant \"\"",
		"":                        "at line 1",
	} {
		r := &recorder{TB: t}
		golden.Equal(r, "page.txt", got)
		if (want == "") != (r.said == "") || !strings.Contains(r.said, want) {
			t.Errorf("%q: said %q, want %q", got, r.said, want)
		}
	}
}
