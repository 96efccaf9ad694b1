package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files") //nolint:gochecknoglobals // a flag of the test binary

// Equal fails tb at the first line in which got differs from the file testdata/name.
func Equal(tb testing.TB, name, got string) {
	tb.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(tb, path, got)
	}
	file, err := os.ReadFile(path) //nolint:gosec // the name stands in the test
	if err != nil {
		tb.Fatalf("read golden file: %v; write it with -update", err)
	}
	if want := string(file); got != want {
		n, is, was := firstDifference(got, want)
		tb.Errorf("differs from %s at line %d\n got %q\nwant %q\nIf the change is meant, run make golden and commit the difference.", path, n, is, was)
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		tb.Fatalf("make folder of golden file: %v", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatalf("write golden file: %v", err)
	}
}

// firstDifference numbers lines from 1; a text that ends early has "" there.
func firstDifference(got, want string) (line int, is, was string) {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	at := func(lines []string, i int) string {
		if i < len(lines) {
			return lines[i]
		}
		return ""
	}
	for i := range max(len(a), len(b)) {
		if at(a, i) != at(b, i) || i >= min(len(a), len(b)) {
			return i + 1, at(a, i), at(b, i)
		}
	}
	return 0, "", ""
}
