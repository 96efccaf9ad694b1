package testdb_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestNew_givesBothSchemasAndKeepsTestsApart(t *testing.T) {
	t.Parallel()
	a, b := testdb.New(t), testdb.New(t)
	if err := a.Store(t).SchemaCurrent(t.Context()); err != nil {
		t.Errorf("schema of a fresh database: %v", err)
	}
	a.Service(t, a.Client(t, "Ada", "Byron"), a.Product(t, "{}"), a.Server(t, "pve"))
	if got := b.Text(t, "SELECT COUNT(*) FROM tblhosting"); got != "0" {
		t.Errorf("services in the other database = %s, want 0", got)
	}
}

func TestNew_oldCharacterSets(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]testdb.Option{"latin1": testdb.Latin1(), "utf8": testdb.UTF8MB3()} {
		db := testdb.New(t, opt)
		got := db.Text(t, "SELECT character_set_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'tblhosting' AND column_name = 'domain'")
		if len(got) < len(name) || got[:len(name)] != name {
			t.Errorf("character set of tblhosting.domain = %q, want %s", got, name)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		testdb.New(b)
	}
}
