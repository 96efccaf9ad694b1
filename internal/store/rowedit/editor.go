package rowedit

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store/outbox"
	"github.com/kvmbridge/kvmbridge/internal/store/tx"
)

// Editor reads and writes records; it is safe for concurrent use, also by other processes.
type Editor struct {
	sql   *sqlx.DB
	clock clock.Clock
}

// New edits the records in the database behind db.
func New(db *sqlx.DB, c clock.Clock) *Editor { return &Editor{db, c} }

// Edit is what a person wants of a record.
type Edit struct {
	ServiceID int64
	Version   string            // of the Row that the person saw
	Values    map[string]string // what was typed, by column; those that are missing stay
	By        string            // who, for the activity log
}

// Outcome is what an edit did.
type Outcome struct {
	Changed []string // columns
	// Cut: a pass over the machine has lost its lease, or the status is another: whoever works on it has to look again.
	Cut bool
	// Freed: addresses were given back.
	Freed bool
}

// ChangedError says that the record is not the one that the person saw. Nothing was written.
type ChangedError struct {
	Now Row
	// Columns that are different now.
	Columns []string
	// Touched are the columns in which the person typed something else than they saw.
	Touched []string
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("The record of service %d was changed meanwhile (%s). Nothing was saved: look at what stands there now and save again.",
		e.Now.ServiceID, strings.Join(e.Columns, ", "))
}

// Save writes what was changed, all of it or nothing. Errors are FormErrors, *ChangedError, Sentence, or vm.ErrNoMachine.
func (e *Editor) Save(ctx context.Context, edit Edit) (Outcome, error) {
	var out Outcome
	now := e.clock.Now()
	err := tx.Run(ctx, e.sql, func(q *sqlx.Tx) (err error) {
		s := &saving{q: q, edit: edit, now: now}
		out, err = s.do(ctx)
		return err
	})
	if err != nil {
		return Outcome{}, fmt.Errorf("edit the record of service %d: %w", edit.ServiceID, err)
	}
	return out, nil
}

// saving is one transaction.
type saving struct {
	q    *sqlx.Tx
	edit Edit
	now  time.Time
}

// change is one column that gets another value.
type change struct {
	value
	write any // nil = NULL
}

// after is the new value as text.
func (c change) after() string {
	text, _ := c.write.(string)
	return text
}

func (s *saving) do(ctx context.Context) (Outcome, error) {
	w, err := s.lock(ctx)
	if err != nil {
		return Outcome{}, err
	}
	values, err := read(ctx, s.q, s.edit.ServiceID, "FOR UPDATE")
	if err != nil {
		return Outcome{}, err
	}
	if err := s.compare(values); err != nil {
		return Outcome{}, err
	}
	changes, err := s.changes(values)
	if err != nil || len(changes) == 0 {
		return Outcome{}, err
	}
	out, err := s.write(ctx, w, changes)
	if err != nil {
		return Outcome{}, err
	}
	return out, outbox.PutActivity(ctx, s.q, s.edit.ServiceID, tell(s.edit, changes), s.now)
}

// compare refuses an edit of a record that is another one now.
func (s *saving) compare(values []value) error {
	seen := prints(s.edit.Version, values)
	if seen == nil {
		return &ChangedError{Now: row(s.edit.ServiceID, values), Columns: []string{"the table's columns"}, Touched: s.typed()}
	}
	var e ChangedError
	for i, v := range values {
		if v.print() != seen[i] {
			e.Columns = append(e.Columns, v.Name)
		}
		if typed, ok := s.edit.Values[v.Name]; ok && !v.fixed() && s.meant(v, typed) && print(v.Name, typed) != seen[i] {
			e.Touched = append(e.Touched, v.Name)
		}
	}
	if len(e.Columns) == 0 {
		return nil
	}
	e.Now = row(s.edit.ServiceID, values)
	return &e
}

// meant: a secret is not shown, so that an empty field means that it stays.
func (s *saving) meant(v value, typed string) bool { return !v.secret() || typed != "" }

func (s *saving) typed() []string {
	var names []string
	for name := range s.edit.Values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// changes checks everything that was typed, and keeps what is different from what stands there.
func (s *saving) changes(values []value) (list []change, err error) {
	var faults FormErrors
	for name := range s.edit.Values {
		if !slices.ContainsFunc(values, func(v value) bool { return v.Name == name }) {
			faults = append(faults, Fault{name, "The table has no such column."})
		}
	}
	for _, v := range values {
		typed, ok := s.edit.Values[v.Name]
		if !ok || !s.meant(v, typed) || print(v.Name, typed) == v.print() {
			continue
		}
		if v.fixed() {
			faults = append(faults, Fault{v.Name, "It cannot be changed."})
			continue
		}
		write, fault := v.check(typed)
		if fault != "" {
			faults = append(faults, Fault{v.Name, fault})
			continue
		}
		if c := (change{v, write}); c.after() != canon(v.text) {
			list = append(list, c)
		}
	}
	if len(faults) > 0 {
		slices.SortFunc(faults, func(a, b Fault) int { return strings.Compare(a.Field, b.Field) })
		return nil, faults
	}
	return list, nil
}

// write sets the columns and does what belongs to it.
func (s *saving) write(ctx context.Context, w work, changes []change) (Outcome, error) {
	var sets []string
	var args []any
	out := Outcome{}
	for _, c := range changes {
		sets = append(sets, "`"+strings.ReplaceAll(c.Name, "`", "``")+"` = ?")
		args = append(args, c.write)
		out.Changed = append(out.Changed, c.Name)
	}
	_, err := s.q.ExecContext(ctx, "UPDATE `"+table+"` SET "+strings.Join(sets, ", ")+" WHERE service_id = ?", append(args, s.edit.ServiceID)...)
	if err != nil {
		return out, unfit(err, changes)
	}
	if out.Cut, out.Freed, err = s.follow(ctx, w, changes); err != nil {
		return out, err
	}
	return out, s.renumber(ctx, w, changes)
}

// Numbers of the server's refusals of a value.
const (
	badValue1  = 1366 // incorrect value, also a letter that the column's character set lacks
	badValue2  = 1292
	tooLong    = 1406
	outOfRange = 1264
	truncated  = 1265
	noNull     = 1048
	check1     = 4025 // a constraint, MariaDB
	check2     = 3819 // ... MySQL
	badJSON    = 3140 // MySQL; MariaDB has a constraint
)

// unfit is the server's refusal as a fault of the column that it names.
func unfit(err error, changes []change) error {
	if !slices.Contains([]uint16{badValue1, badValue2, tooLong, outOfRange, truncated, noNull, check1, check2, badJSON}, tx.Number(err)) {
		return err
	}
	for _, c := range changes {
		if strings.Contains(err.Error(), "'"+c.Name+"'") || strings.Contains(err.Error(), "`"+c.Name+"`") || len(changes) == 1 {
			return FormErrors{{c.Name, "The database does not take it: the value does not fit into the column, or has letters that the column's character set lacks."}}
		}
	}
	return Sentence("The database does not take one of the values. Nothing was saved; save them one by one to find it.")
}
