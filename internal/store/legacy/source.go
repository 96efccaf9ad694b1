package legacy

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// entry is one row of an older table: lower-case column -> text; NULL and "" are the same.
type entry map[string]string

// get is the first of the field's columns that holds something, as it is: blanks can be part of a password.
func (e entry) get(f field) string {
	for _, c := range f.columns {
		if strings.TrimSpace(e[c]) != "" {
			return e[c]
		}
	}
	return ""
}

// reader picks fields by their names.
type reader struct {
	entry
	fields []field
}

func (r reader) text(name string) string {
	i := slices.IndexFunc(r.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return ""
	}
	return strings.TrimSpace(r.get(r.fields[i]))
}

// source is an older table that exists.
type source struct {
	name    string
	entries []entry
	unknown []string // columns that no field knows
}

// sources reads those of the tables that exist, by the columns that some field knows.
func sources(ctx context.Context, q *sqlx.Tx, names []string, fields []field) ([]source, error) {
	var list []source
	for _, name := range names {
		s, err := readSource(ctx, q, name, fields)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		if s.name != "" {
			list = append(list, s)
		}
	}
	return list, nil
}

// readSource is a zero source where there is no such table.
func readSource(ctx context.Context, q *sqlx.Tx, name string, fields []field) (source, error) {
	var columns []string
	err := q.SelectContext(ctx, &columns, `SELECT column_name FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`, name)
	if err != nil || len(columns) == 0 {
		return source{}, err
	}
	s := source{name: name}
	var known []string
	for _, c := range columns {
		if slices.ContainsFunc(fields, func(f field) bool { return slices.Contains(f.columns, strings.ToLower(c)) }) {
			known = append(known, c)
		} else {
			s.unknown = append(s.unknown, name+"."+c)
		}
	}
	if len(known) == 0 {
		return s, nil
	}
	s.entries, err = readEntries(ctx, q, name, known)
	return s, err
}

func readEntries(ctx context.Context, q *sqlx.Tx, table string, columns []string) ([]entry, error) {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = "`" + strings.ReplaceAll(c, "`", "``") + "`"
	}
	rows, err := q.QueryContext(ctx, "SELECT "+strings.Join(quoted, ", ")+" FROM `"+table+"` ORDER BY 1")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var list []entry
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		e := entry{}
		for i, c := range columns {
			e[strings.ToLower(c)] = values[i].String
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

// found begins a part with the tables it comes from.
func found(list []source) Part {
	p := Part{Tables: []string{}, Taken: []Row{}, Left: []Row{}}
	for _, s := range list {
		p.Tables = append(p.Tables, s.name)
		if len(s.entries) > 0 {
			p.Unknown = append(p.Unknown, s.unknown...)
		}
	}
	return p
}

// rows counts the rows of a table of ours.
func rows(ctx context.Context, q *sqlx.Tx, table string) (int, error) {
	var n int
	err := q.GetContext(ctx, &n, "SELECT COUNT(*) FROM `"+table+"`")
	return n, err
}
