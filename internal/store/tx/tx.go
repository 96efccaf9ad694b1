package tx

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Error numbers that MySQL and MariaDB share.
const (
	DatabaseDenied         = 1044
	AccessDenied           = 1045
	NoDatabase             = 1049
	DuplicateColumn        = 1060
	DuplicateIndex         = 1061
	Duplicate              = 1062
	NoTable                = 1146
	LockWait               = 1205
	Deadlock               = 1213
	AccessDeniedNoPassword = 1698
)

// Number is the server's number of err, 0 for errors that do not come from the server.
func Number(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

const maxTries = 8

// Run runs fn in a transaction and repeats all of it when the server rolled it back for others' sake (deadlock, lock
// wait). Nothing else is repeated: a commit whose answer was lost may have happened. fn must not change anything but
// the database until it is over.
func Run(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	for try := 1; ; try++ {
		err := once(ctx, db, fn)
		number := Number(err)
		if try == maxTries || (number != Deadlock && number != LockWait) {
			return err
		}
		pause := time.Duration(try)*5*time.Millisecond + rand.N(20*time.Millisecond) //nolint:gosec // spreads, does not hide
		if err := clock.Sleep(ctx, clock.System{}, pause); err != nil {
			return err
		}
	}
}

func once(ctx context.Context, db *sqlx.DB, fn func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the first error tells more
		return err
	}
	return tx.Commit()
}

// ExactlyOne turns a compare-and-set that found nothing into ErrLost.
func ExactlyOne(res sql.Result, err error) error {
	n, err := Affected(res, err)
	if err == nil && n == 0 {
		return pipeline.ErrLost
	}
	return err
}

// Affected is how many rows a statement matched.
func Affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Moment is a parameter for a DATETIME(6) column, NULL for the zero time.
func Moment(t time.Time) sql.NullTime {
	return sql.NullTime{Time: t.UTC().Truncate(time.Microsecond), Valid: !t.IsZero()}
}

// Alone waits until nobody else is in a transaction that asked for the same name, and keeps others out until this one ends.
func Alone(ctx context.Context, q *sqlx.Tx, name string, now time.Time) error {
	_, err := q.ExecContext(ctx, `INSERT INTO kvmbridge_settings (name, value, changed_at) VALUES (?, '', ?)
		ON DUPLICATE KEY UPDATE value = value`, name, Moment(now))
	return err
}
