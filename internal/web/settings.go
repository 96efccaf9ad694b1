package web

import "time"

// Settings is one page of settings: a form of groups of fields, on the page of cron with the table of tasks.
type Settings struct {
	Site
	Groups        []SettingGroup
	Wrong         bool // nothing was saved, because of a field
	Tasks         []TaskRow
	Paused        bool   // no work on machines begins
	Crontab       string // the line for the mode that needs one
	FolderUnknown bool   // Crontab holds a placeholder
}

// SettingGroup is what stands under one heading.
type SettingGroup struct {
	Title  string
	Fields []SettingField
}

// SettingField is one setting.
type SettingField struct {
	Name    string
	Label   string
	Unit    string
	Value   string // as it stands in the field
	Was     string // what the form was rendered from
	Default string // as people read it
	Range   string
	Bare    string // default and range where the unit stands above
	Meaning string
	Fault   string // a sentence
	State   string // key of a sentence about what it leads to
	Danger  bool
	Switch  bool
	Options []SettingOption
}

// On tells a ticked box.
func (f SettingField) On() bool { return f.Value == "on" }

// SettingOption is one of several.
type SettingOption struct {
	Value, Label, Meaning string
	Chosen                bool
}

// Add puts a field into its group.
func (s *Settings) Add(group string, f SettingField) {
	if n := len(s.Groups); n > 0 && s.Groups[n-1].Title == group {
		s.Groups[n-1].Fields = append(s.Groups[n-1].Fields, f)
		return
	}
	s.Groups = append(s.Groups, SettingGroup{group, []SettingField{f}})
}

// Field is the field of that name.
func (s Settings) Field(name string) SettingField {
	for _, g := range s.Groups {
		for _, f := range g.Fields {
			if f.Name == name {
				return f
			}
		}
	}
	return SettingField{}
}

// TaskState is the key of the badge of a task.
type TaskState string

// States of a task.
const (
	TaskActive   TaskState = "task_active"
	TaskDisabled TaskState = "task_disabled"
)

// TaskRow is one line of the table of tasks.
type TaskRow struct {
	ID        string
	Interval  string // name of the field of its interval
	Name      string
	Duty      string
	State     TaskState
	Last      time.Time // zero = never
	Ended     time.Time // when the last run ended that did
	Fault     string    // why that failed
	Processed int
	Errors    int
	Details   []string
	Next      time.Time // zero = see Now
	Now       bool      // due
	Held      bool      // somebody is at it, since Last
	Stale     bool      // and has been for too long
}

// Tone is the class of the badge.
func (t TaskRow) Tone() string {
	if t.State == TaskActive {
		return "kb-good"
	}
	return "kb-idle"
}

// Settings renders a page of settings.
func (p *Pages) Settings(s Settings) (string, error) { return p.render("settings.html", s) }

// Release asks whether the lock of a run is to be taken away.
type Release struct {
	Site
	Task, Name   string
	Since, Until time.Time
	Stale        bool
	Lock         int64 // token of the run
}

// Release renders the question.
func (p *Pages) Release(r Release) (string, error) { return p.render("release.html", r) }
