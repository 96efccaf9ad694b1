package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
)

// Error numbers that MySQL and MariaDB share.
const (
	errDatabaseDenied         = 1044
	errAccessDenied           = 1045
	errNoDatabase             = 1049
	errDuplicateColumn        = 1060
	errDuplicateIndex         = 1061
	errDuplicate              = 1062
	errNoTable                = 1146
	errLockWait               = 1205
	errDeadlock               = 1213
	errAccessDeniedNoPassword = 1698
)

// errorNumber is the server's number of err, 0 for errors that do not come from the server.
func errorNumber(err error) uint16 {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number
	}
	return 0
}

const maxTries = 8

// inTx runs fn in a transaction and repeats all of it when the server rolled it back for others' sake (deadlock, lock
// wait). Nothing else is repeated: a commit whose answer was lost may have happened. fn must not change anything but
// the database until it is over.
func (d *DB) inTx(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	for try := 1; ; try++ {
		err := d.once(ctx, fn)
		number := errorNumber(err)
		if try == maxTries || (number != errDeadlock && number != errLockWait) {
			return err
		}
		pause := time.Duration(try)*5*time.Millisecond + rand.N(20*time.Millisecond) //nolint:gosec // spreads, does not hide
		if err := clock.Sleep(ctx, clock.System{}, pause); err != nil {
			return err
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(tx *sqlx.Tx) error) error {
	tx, err := d.sql.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		_ = tx.Rollback() // the first error tells more
		return err
	}
	return tx.Commit()
}

// exactlyOne turns a compare-and-set that found nothing into ErrLost.
func exactlyOne(res sql.Result, err error) error {
	n, err := affected(res, err)
	if err == nil && n == 0 {
		return pipeline.ErrLost
	}
	return err
}

func affected(res sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// moment is a parameter for a DATETIME(6) column, NULL for the zero time.
func moment(t time.Time) sql.NullTime {
	return sql.NullTime{Time: t.UTC().Truncate(time.Microsecond), Valid: !t.IsZero()}
}

// text is a parameter for a column where NULL means none.
func text(s string) sql.NullString {
	return sql.NullString{String: clean(s), Valid: s != ""}
}

// maxText keeps one text far below the 64 KiB of a TEXT column.
const maxText = 8000

// clean makes a foreign text storable: a strict server refuses broken UTF-8 and too much of anything.
func clean(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + " ..."
	}
	return strings.ToValidUTF8(s, "?")
}

// wrap names the operation and the service, the cause stays last.
func wrap(err error, operation string, serviceID int64) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s of service %d: %w", operation, serviceID, err)
}
