package store_test

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
	"github.com/kvmbridge/kvmbridge/schema"
)

func TestSchema_everyColumnSaysWhatItHolds(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	var bare []string
	err := db.SQL.SelectContext(t.Context(), &bare, `SELECT CONCAT(table_name, '.', column_name) FROM information_schema.columns
		WHERE table_schema = DATABASE() AND (table_name LIKE 'kvmbridge%' OR table_name LIKE 'puq%') AND column_comment = ''
		AND table_name NOT IN ('kvmbridge_migrations', 'kvmbridge_locks')`)
	if err != nil || len(bare) > 0 {
		t.Errorf("columns without a comment: %v, %v", bare, err)
	}
	var tables []string
	err = db.SQL.SelectContext(t.Context(), &tables, `SELECT table_name FROM information_schema.tables
		WHERE table_schema = DATABASE() AND (table_name LIKE 'kvmbridge%' OR table_name LIKE 'puq%')`)
	if err != nil {
		t.Fatal(err)
	}
	want := schema.AllTables()
	slices.Sort(want)
	slices.Sort(tables)
	if !slices.Equal(tables, want) {
		t.Errorf("tables after the migrations = %v, want what AllTables names: %v", tables, want)
	}
}

// One statement per file, because a file that fails in its middle cannot be undone; and only SQL that every supported
// server knows, with every moment given by the program.
func TestSchema_andSQLAreForEveryServer(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(schema.Files(), "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("migrations: %v, %v", names, err)
	}
	texts := []string{literals(t, "."), literals(t, "addresses"), literals(t, "outbox"), literals(t, "finder"), literals(t, "legacy"), literals(t, "rowedit"), literals(t, "pools"), literals(t, "traffic"), literals(t, "copies"), literals(t, "tx"), literals(t, "../whmcs")}
	for _, name := range names {
		text, err := fs.ReadFile(schema.Files(), name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(regexp.MustCompile(`'[^']*'`).ReplaceAllString(string(text), ""), ";"); n != 1 {
			t.Errorf("%s: %d statements, want 1", name, n)
		}
		texts = append(texts, string(text))
	}
	sql := strings.Join(texts, "\n")
	for _, word := range []string{
		`GET_LOCK\(`, `SKIP LOCKED`, `\bRETURNING\b`, `\bNOWAIT\b`, `\bOVER \(`, `\bWITH [a-z]+ AS \(`, `\bNOW\(`, `CURRENT_TIMESTAMP`, `UTC_TIMESTAMP`, `SELECT \*`,
	} {
		if found := regexp.MustCompile(word).FindString(sql); found != "" {
			t.Errorf("the SQL uses %q", found)
		}
	}
}
