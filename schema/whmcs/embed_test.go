package whmcsschema_test

import (
	"io/fs"
	"strings"
	"testing"

	whmcsschema "github.com/kvmbridge/kvmbridge/schema/whmcs"
)

// Whoever loads the files splits at semicolons; one inside a comment or a text would cut a statement in two.
func TestFiles_splitAtSemicolonsIntoWholeStatements(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(whmcsschema.Files(), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("Glob(*.sql) = %v, %v; want at least one file", names, err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(whmcsschema.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(string(text), ";") {
			if !wholeStatement(statement) {
				t.Errorf("%s: %q is neither CREATE TABLE IF NOT EXISTS nor SET", name, statement)
			}
		}
	}
}

func wholeStatement(statement string) bool {
	var code []string
	for line := range strings.SplitSeq(statement, "\n") {
		if before, _, _ := strings.Cut(line, "--"); strings.TrimSpace(before) != "" {
			code = append(code, strings.TrimSpace(before))
		}
	}
	if len(code) == 0 {
		return true
	}
	first, last := code[0], code[len(code)-1]
	return strings.HasPrefix(first, "SET SESSION ") ||
		strings.HasPrefix(first, "CREATE TABLE IF NOT EXISTS ") && strings.HasPrefix(last, ") ENGINE=InnoDB")
}
