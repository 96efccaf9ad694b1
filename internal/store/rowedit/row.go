package rowedit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Row is a record as a person sees it.
type Row struct {
	ServiceID int64
	// Version is opaque; it stands for all values.
	Version string
	Fields  []Field // in the order of the table's columns
}

// Field is one column of it.
type Field struct {
	Name     string
	Comment  string
	Kind     Kind
	Text     string // JSON over several lines; nothing of a secret
	Null     bool   // the column holds nothing at all
	ReadOnly bool
	Long     bool // too long to be sent back by a form
	Secret   bool
	Room     int // characters, 0 = that does not matter
}

// inForm is how much of one value a form may send back: an answer of a browser holds 1 MiB in all, and encoding triples it.
const inForm = 60_000

// value is what stands in a column.
type value struct {
	column
	text string
	null bool
}

// print is a value in a version.
func (v value) print() string { return print(v.Name, v.text) }

// printSize is the length of a print.
const printSize = 16

// print does not tell NULL from empty text, and one spelling of JSON from another: a form cannot either.
func print(name, text string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(name) + "\x00" + canon(text)))
	return hex.EncodeToString(sum[:printSize/2])
}

func row(serviceID int64, values []value) Row {
	r := Row{ServiceID: serviceID}
	var version strings.Builder
	for _, v := range values {
		version.WriteString(v.print())
		f := Field{Name: v.Name, Comment: v.Comment, Kind: v.kind(v.text), Null: v.null, ReadOnly: v.fixed(), Secret: v.secret(), Room: int(v.Room.Int64)}
		if !f.Secret {
			f.Text = pretty(v.text)
			f.Long = len(f.Text) > inForm
		}
		r.Fields = append(r.Fields, f)
	}
	r.Version = version.String()
	return r
}

// prints are the prints of a version by column; none when it is of another table.
func prints(version string, values []value) []string {
	if len(version) != printSize*len(values) {
		return nil
	}
	list := make([]string, len(values))
	for i := range list {
		list[i] = version[i*printSize : (i+1)*printSize]
	}
	return list
}

// Read is the record of a service; vm.ErrNoMachine when it has none. An error that is a Sentence is for the person.
func (e *Editor) Read(ctx context.Context, serviceID int64) (Row, error) {
	values, err := read(ctx, e.sql, serviceID, "")
	if err != nil {
		return Row{}, fmt.Errorf("read the record of service %d: %w", serviceID, err)
	}
	return row(serviceID, values), nil
}

// read selects the one row of a service; lock is "" or FOR UPDATE.
func read(ctx context.Context, q sqlx.QueryerContext, serviceID int64, lock string) ([]value, error) {
	list, err := columns(ctx, q)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = c.read()
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM `" + table + "` WHERE service_id = ? LIMIT 2 " + lock
	rows, err := q.QueryxContext(ctx, query, strconv.FormatInt(serviceID, 10))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	found, err := scan(rows, list)
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, vm.ErrNoMachine
	case len(found) > 1:
		return nil, Sentence(fmt.Sprintf("The table %s has more than one row for service %d: delete those that are wrong in the database first.", table, serviceID))
	}
	return found[0], nil
}

func scan(rows *sqlx.Rows, list []column) (found [][]value, err error) {
	for rows.Next() {
		texts, into := make([]sql.NullString, len(list)), make([]any, len(list))
		for i := range texts {
			into[i] = &texts[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		values := make([]value, len(list))
		for i, c := range list {
			values[i] = value{c, texts[i].String, !texts[i].Valid}
		}
		found = append(found, values)
	}
	return found, rows.Err()
}
