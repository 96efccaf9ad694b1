package mariadb_test

import (
	"database/sql"
	"errors"
	"os"
	"syscall"
	"testing"

	_ "github.com/go-sql-driver/mysql"

	"github.com/kvmbridge/kvmbridge/internal/mariadb"
)

func TestStart_answersAndStopLeavesNoProcess(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "kvmbridge-mariadb-") //nolint:usetesting // the names of t.TempDir are too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s, err := mariadb.Start(t.Context(), mariadb.Options{Dir: dir, Durable: true})
	if errors.Is(err, mariadb.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	for _, dsn := range []string{"root@unix(" + s.Socket + ")/", "root@tcp(" + s.Addr() + ")/"} {
		if got := flush(t, dsn); got != 1 {
			t.Errorf("%s: innodb_flush_log_at_trx_commit = %d, want 1 for a durable server", dsn, got)
		}
	}
	s.Stop()
	if err := syscall.Kill(s.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after Stop: %v, want it gone", s.PID(), err)
	}
}

func flush(t *testing.T, dsn string) (value int) {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.QueryRowContext(t.Context(), "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit").Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestStart_saysWhatIsWrongWithTheFolder(t *testing.T) {
	t.Parallel()
	_, err := mariadb.Start(t.Context(), mariadb.Options{Dir: "/proc/no-such-folder"})
	if errors.Is(err, mariadb.ErrMissing) {
		t.Skip(err)
	}
	if err == nil {
		t.Fatal("Start in an impossible folder succeeded")
	}
}
