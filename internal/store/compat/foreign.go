package compat

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Foreign is a column that somebody else's table insists on.
type Foreign struct {
	Name string `db:"name"`
	Type string `db:"type"`
}

// Required lists the columns of a table, apart from known ones, without which no row can be inserted: not NULL, without a
// default, not counting up by themselves.
func Required(ctx context.Context, db *sqlx.DB, table string, known ...string) ([]Foreign, error) {
	var list []Foreign
	query, args, err := sqlx.In(`SELECT column_name AS name, data_type AS type FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ? AND is_nullable = 'NO' AND column_default IS NULL
		AND extra NOT LIKE '%auto_increment%' AND extra NOT LIKE '%GENERATED%' AND column_name NOT IN (?) ORDER BY ordinal_position`, table, known)
	if err == nil {
		err = db.SelectContext(ctx, &list, query, args...)
	}
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", table, err)
	}
	return list, nil
}

// Zero is the value for "nothing" in a column of a type that takes no NULL.
func Zero(dataType string) any {
	switch t := strings.ToLower(dataType); {
	case strings.Contains(t, "int"), t == "decimal", t == "float", t == "double", t == "bit":
		return 0
	case t == "date", t == "datetime", t == "timestamp":
		return "1970-01-02 00:00:00"
	case t == "json":
		return "{}"
	}
	return ""
}
