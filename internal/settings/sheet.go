package settings

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/traffic"
)

// Of lists the fields of one form.
func (s Sheet) Of(form Form) Sheet {
	var fields Sheet
	for _, f := range s {
		if f.Form == form {
			fields = append(fields, f)
		}
	}
	return fields
}

// Word is what people read for a value of a field.
func (s Sheet) Word(name, value string) string {
	for _, f := range s {
		if f.Name == name {
			return f.Show(value)
		}
	}
	return value
}

// Effective is what counts, by name: what is saved, else the default. What was saved and does not fit (any more) is not
// obeyed: the default counts.
func (s Sheet) Effective(saved map[string]string) map[string]string {
	values := map[string]string{}
	for _, f := range s {
		values[f.Name] = f.Default
		if text, ok := saved[f.Name]; ok {
			if value, fault := f.clean(text); fault == "" {
				values[f.Name] = value
			}
		}
	}
	return values
}

// Faults are sentences by the name of the wrong field.
type Faults map[string]string

// Check turns what was typed into values as they are saved, or says what is wrong.
func (s Sheet) Check(typed map[string]string) (map[string]string, Faults) {
	values, faults := map[string]string{}, Faults{}
	for _, f := range s {
		value, fault := f.clean(typed[f.Name])
		if fault != "" {
			faults[f.Name] = fault
			continue
		}
		values[f.Name] = value
	}
	return values, faults
}

// Change is one setting that somebody wants to be another.
type Change struct {
	Field         Field
	Before, After string
}

// Changes compares what the form was rendered from with what came back. A field whose old value did not come along is
// taken for one that was not shown, and left alone.
func (s Sheet) Changes(shown, wanted map[string]string) []Change {
	var list []Change
	for _, f := range s {
		before, known := shown[f.Name]
		if known && wanted[f.Name] != before {
			list = append(list, Change{f, before, wanted[f.Name]})
		}
	}
	return list
}

// Tell is the entry of the activity log for changes by somebody.
func Tell(who string, changes []Change) string {
	var parts []string
	for _, c := range changes {
		parts = append(parts, fmt.Sprintf("%s: %s -> %s", c.Field.Label, c.Field.Show(c.Before), c.Field.Show(c.After)))
	}
	return fmt.Sprintf("kvmbridge: settings changed by %s: %s", who, strings.Join(parts, "; "))
}

// Values are the settings as the program obeys them.
type Values struct {
	DefaultTimeout   time.Duration // of a call to Proxmox that a person waits for
	HeavyTimeout     time.Duration // of one in the background
	Migrate          bool          // lets a new guest leave its template's node
	MigrationTimeout time.Duration
	DropTables       bool
	Traffic          traffic.Rule
	Mode             Mode
	Alarm            time.Duration // how long work may be overdue before somebody is told; 0 = for ever
	Tasks            tasks.Rules
	BackupAge        time.Duration // without a good backup, after which somebody is warned; 0 = nobody is
}

// Values reads what is saved.
func (s Sheet) Values(saved map[string]string) Values {
	e := s.Effective(saved)
	v := Values{
		DefaultTimeout: span(e[DefaultTimeout], time.Second), HeavyTimeout: span(e[HeavyTimeout], time.Second),
		Migrate: e[Migrate] == On, MigrationTimeout: span(e[MigrationTimeout], time.Second), DropTables: e[DropTables] == On,
		Traffic: traffic.Rule(e[TrafficMonth]), Mode: Mode(e[CronMode]), Alarm: span(e[Alarm], time.Minute),
		Tasks:     tasks.Rules{Intervals: map[string]time.Duration{}, LockTimeout: span(e[LockTimeout], time.Second)},
		BackupAge: span(e[BackupAge], 24*time.Hour),
	}
	for _, t := range tasks.Table() {
		v.Tasks.Intervals[t.ID] = span(e[Interval(t.ID)], time.Minute)
	}
	return v
}

// Paused says that no work on virtual machines may begin.
func (v Values) Paused() bool { return v.Tasks.Intervals[tasks.ProcessVMs] == 0 }

// span reads a number that was checked.
func span(n string, unit time.Duration) time.Duration {
	count, _ := strconv.Atoi(n)
	return time.Duration(count) * unit
}
