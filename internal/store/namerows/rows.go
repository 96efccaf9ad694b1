package namerows

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"
)

// Rows is safe for concurrent use.
type Rows struct{ sql *sqlx.DB }

// New asks the database behind db.
func New(db *sqlx.DB) *Rows { return &Rows{db} }

// live are the records with a machine. LEFT cuts off what no list of names can be, and thereby makes it invalid.
const live = `SELECT i.service_id, h.domain, LEFT(i.vm_rev_dns, 1048576) FROM puqProxmoxKVM_vm_info i
	JOIN tblhosting h ON h.id = i.service_id WHERE i.vm_status NOT IN ('', 'remove') ORDER BY i.service_id`

// Read gives each the domain and the text of vm_rev_dns of every living machine, by service; they are valid during the call
// only and nil for NULL. The mark is that of Mark from before the first row, "" unless a later Mark that equals it proves
// that nothing has changed.
func (r *Rows) Read(ctx context.Context, each func(serviceID int64, domain, names []byte) error) (mark string, err error) {
	conn, err := r.sql.Connx(ctx) // one for both: behind a balancer servers may be at different points
	if err != nil {
		return "", fmt.Errorf("read the names: %w", err)
	}
	defer func() { _ = conn.Close() }()
	m, err := markOf(ctx, conn)
	if err == nil {
		err = stream(ctx, conn, each)
	}
	if err != nil {
		return "", fmt.Errorf("read the names: %w", err)
	}
	if !m.settled {
		return "", nil
	}
	return m.text, nil
}

func stream(ctx context.Context, conn *sqlx.Conn, each func(serviceID int64, domain, names []byte) error) error {
	rows, err := conn.QueryContext(ctx, live)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var id, domain, names sql.RawBytes // scanning into a number would make garbage of every row
	for rows.Next() {
		if err := rows.Scan(&id, &domain, &names); err != nil {
			return err
		}
		serviceID, _ := strconv.ParseInt(string(id), 10, 64)
		if err := each(serviceID, domain, names); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Mark changes with every commit that touches the tables behind the list; "" when the server does not tell. It costs a
// thousandth of reading them.
func (r *Rows) Mark(ctx context.Context) (string, error) {
	conn, err := r.sql.Connx(ctx)
	if err != nil {
		return "", fmt.Errorf("look whether names have changed: %w", err)
	}
	defer func() { _ = conn.Close() }()
	m, err := markOf(ctx, conn)
	if err != nil {
		return "", fmt.Errorf("look whether names have changed: %w", err)
	}
	return m.text, nil
}

type mark struct {
	text    string
	settled bool // old enough that the next commit must give another one: the server's resolution is a second
}

// markOf reads the time of each table's last commit, which InnoDB notes for writes that changed something. It forgets it
// with a restart and when it drops the table from its dictionary cache; it is NULL then until the next write. MySQL 8 keeps
// an old answer for a day unless told otherwise.
func markOf(ctx context.Context, conn *sqlx.Conn) (mark, error) {
	_, err := conn.ExecContext(ctx, "SET time_zone = '+00:00' /*!80003 , SESSION information_schema_stats_expiry = 0 */")
	if err != nil {
		return mark{}, err
	}
	whole := mark{settled: true}
	for _, table := range []string{"puqProxmoxKVM_vm_info", "tblhosting"} {
		var text sql.NullString
		var settled sql.NullBool
		err := conn.QueryRowxContext(ctx, `SELECT CONCAT(@@hostname, ' ', update_time, ';'), update_time < NOW() - INTERVAL 1 SECOND
			FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ? AND engine = 'InnoDB'`, table).Scan(&text, &settled)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return mark{}, err
		}
		if !text.Valid {
			return mark{}, nil
		}
		whole.text += text.String
		whole.settled = whole.settled && settled.Bool
	}
	return whole, nil
}
