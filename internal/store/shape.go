package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/store/compat"
)

// shape is what we must know about a table that may have been made by somebody else.
type shape map[string]column

type column struct {
	Name     string         `db:"name"`
	Nullable string         `db:"nullable"`
	Default  sql.NullString `db:"fallback"`
	Type     string         `db:"type"`
	Extra    string         `db:"extra"`
	Room     sql.NullInt64  `db:"room"`
}

// recordShape reads the columns of the records' table, once.
func (d *DB) recordShape(ctx context.Context) (shape, error) {
	d.mu.Lock()
	known := d.shape
	d.mu.Unlock()
	if known != nil {
		return known, nil
	}
	var columns []column
	err := d.sql.SelectContext(ctx, &columns, `SELECT column_name AS name, is_nullable AS nullable, column_default AS fallback,
		data_type AS type, extra AS extra, character_maximum_length AS room
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'puqProxmoxKVM_vm_info'`)
	if err != nil {
		return nil, fmt.Errorf("read the columns of the records: %w", err)
	}
	s := shape{}
	for _, c := range columns {
		s[strings.ToLower(c.Name)] = c
	}
	if len(s) > 0 { // an absent table may be created any moment
		d.setShape(s)
	}
	return s, nil
}

// setShape keeps s; nil makes the next question read the columns again.
func (d *DB) setShape(s shape) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shape = s
}

// none is the value for "nothing" in a column: NULL where it is allowed, else the type's own zero.
func (s shape) none(name string) any {
	c, ok := s[strings.ToLower(name)]
	if !ok || strings.EqualFold(c.Nullable, "YES") {
		return nil
	}
	return c.zero()
}

// orNone is v, or nothing when v is a zero value.
func orNone[T comparable](s shape, name string, v T) any {
	var zero T
	if v == zero {
		return s.none(name)
	}
	return v
}

func (c column) zero() any { return compat.Zero(c.Type) }

// required lists columns that an INSERT must name: not NULL, without a default, not counting up by themselves.
func (s shape) required() []column {
	var list []column
	for _, c := range s {
		if strings.EqualFold(c.Nullable, "NO") && !c.Default.Valid &&
			!strings.Contains(strings.ToLower(c.Extra), "auto_increment") && !strings.Contains(strings.ToUpper(c.Extra), "GENERATED") {
			list = append(list, c)
		}
	}
	return list
}

// room is how many ASCII characters fit into a text column.
func (s shape) room(name string) int {
	if c, ok := s[strings.ToLower(name)]; ok && c.Room.Valid {
		return int(min(c.Room.Int64, 1<<20))
	}
	return 1 << 20
}
