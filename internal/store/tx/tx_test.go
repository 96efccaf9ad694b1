package tx_test

import (
	"errors"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/store/tx"
	"github.com/kvmbridge/kvmbridge/internal/testdb"
)

func TestRun_repeatsOnlyWhatTheServerRolledBackForOthersSake(t *testing.T) {
	t.Parallel()
	db := testdb.New(t, testdb.Bare())
	for _, c := range []struct {
		name  string
		err   error
		tries int
	}{
		{"deadlock", &mysql.MySQLError{Number: tx.Deadlock}, 3},
		{"lock wait", &mysql.MySQLError{Number: tx.LockWait}, 3},
		{"duplicate", &mysql.MySQLError{Number: tx.Duplicate}, 1},
		{"lost connection", mysql.ErrInvalidConn, 1},
		{"own error", errors.New("no"), 1},
	} {
		tries := 0
		err := tx.Run(t.Context(), db.SQL, func(q *sqlx.Tx) error {
			tries++
			if _, err := q.ExecContext(t.Context(), "INSERT INTO tblconfiguration (setting, value) VALUES (?, '')", c.name); err != nil {
				return err
			}
			if tries < 3 {
				return c.err
			}
			return nil
		})
		if tries != c.tries || (c.tries == 1 && !errors.Is(err, c.err)) || (c.tries == 3 && err != nil) {
			t.Errorf("%s: %d tries, %v; want %d", c.name, tries, err, c.tries)
		}
		want := "0"
		if c.tries == 3 {
			want = "1" // the last try's row, none of the others'
		}
		if got := db.Text(t, "SELECT COUNT(*) FROM tblconfiguration WHERE setting = ?", c.name); got != want {
			t.Errorf("%s: rows = %s, want %s", c.name, got, want)
		}
	}
}
