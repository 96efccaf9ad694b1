package web

import (
	"html/template"
	"strings"
	"time"
)

// VMLog is what was done to a VM, in two pieces: what can change stands in Live and is fetched anew while something goes on.
type VMLog struct {
	Live  LiveLog
	Older []LogRun // newest first, behind those of Live
}

// LiveLog is how a VM stands, its last run and the runs since the log was opened.
type LiveLog struct {
	Site
	ServiceID int64
	Status    string
	Working   bool   // somebody is at it at this moment
	Wish      string // status that is taken up afterwards, "" = none
	Attention string
	Failure   *Failure
	Last      *LogRun
	Runs      int // in all that are kept
	Newer     []LogRun
	Since     int64 // id of the newest run of Older
	Again     int   // seconds until it is looked at once more, 0 = not by itself
}

// Failure is why the last run did not end well.
type Failure struct {
	Action  string
	Step    string // "" = none began
	Message string
	Next    Next
}

// LogRun is one run of a table of steps.
type LogRun struct {
	ID       int64
	Action   string
	From, To string
	Result   string // success, running, waiting or error
	Error    string
	Repeats  int
	Started  time.Time
	Finished time.Time
	Steps    []LogStep
}

// Tone is the class of its badge.
func (r LogRun) Tone() string {
	switch r.Result {
	case "success":
		return "kb-good"
	case "running":
		return "kb-busy"
	}
	return "kb-bad"
}

// Bad tells a run that did not end well.
func (r LogRun) Bad() bool { return r.Tone() == "kb-bad" }

// LogStep is one line of it.
type LogStep struct {
	N        int
	Label    string // with the reason of a skip
	Result   string
	Good     bool
	From, To string
	Time     string
	Duration string
	Details  []string
}

// FromHTML is From with places where a narrow column may break it.
func (s LogStep) FromHTML() template.HTML { return breakable(s.From) }

// ToHTML is the same of To.
func (s LogStep) ToHTML() template.HTML { return breakable(s.To) }

func breakable(status string) template.HTML {
	return template.HTML(strings.ReplaceAll(template.HTMLEscapeString(status), "_", "_<wbr>")) //nolint:gosec // it was escaped
}

// VMLog renders the log of a VM.
func (p *Pages) VMLog(l VMLog) (string, error) { return p.render("vmlog.html", l) }

// VMLogLive renders the piece of it that changes.
func (p *Pages) VMLogLive(l LiveLog) (string, error) { return p.render("vmlog-live", l) }
