package machines

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm/lines"
)

// run is one run as "kvmbridge vm log --json" prints it.
type run struct {
	ID       int64     `json:"id"`
	Action   string    `json:"action"`
	From     string    `json:"from"`
	To       string    `json:"to"`
	Result   string    `json:"result"` // running, success, waiting or error
	Error    string    `json:"error,omitempty"`
	Repeats  int       `json:"repeats"` // further runs that ended in the same way
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished,omitzero"`
	Steps    []step    `json:"steps"`
}

type step struct {
	N       int       `json:"n"`
	Label   string    `json:"label"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Result  string    `json:"result"`
	Skip    string    `json:"skip,omitempty"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Details []string  `json:"details,omitempty"`
}

func (f *Office) log(ctx context.Context, s store.Standing, o cli.MachineOptions, out io.Writer) error {
	runs, err := f.Store.Runs(ctx, s.Machine.ServiceID, max(o.Runs, 1))
	if err != nil {
		return err
	}
	if o.JSON {
		list := make([]run, 0, len(runs))
		for _, r := range runs {
			list = append(list, asRun(r))
		}
		return writeJSON(out, list)
	}
	if len(runs) == 0 {
		_, err := fmt.Fprintf(out, "Nothing has been done to the VM of service %d yet.\n", s.Machine.ServiceID)
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range runs {
		printRun(w, r)
	}
	return w.Flush()
}

func asRun(r store.RunLog) run {
	out := run{
		ID: r.ID, Action: r.Action, From: string(r.From), To: string(r.To), Result: r.Result, Error: r.Error, Repeats: r.Repeats,
		Started: r.Started, Finished: r.Finished, Steps: []step{},
	}
	for _, s := range r.Steps {
		out.Steps = append(out.Steps, step{s.N, s.Label, string(s.From), string(s.To), s.Result, s.Skip, s.Started, s.Took.Seconds(), s.Details})
	}
	return out
}

// printRun prints a run as a line and its steps below it; write errors are the tabwriter's to remember.
func printRun(w io.Writer, r store.RunLog) {
	took := "still running"
	if !r.Finished.IsZero() {
		took = lines.Seconds(r.Finished.Sub(r.Started))
	}
	_, _ = fmt.Fprintf(w, "%s %s: %s, %s -> %s, %s", moment(r.Started), r.Action, r.Result, r.From, r.To, took)
	if r.Repeats > 0 {
		_, _ = fmt.Fprintf(w, ", and %d more times", r.Repeats)
	}
	_, _ = fmt.Fprintln(w)
	for _, s := range r.Steps {
		result := s.Result
		if s.Skip != "" {
			result = "skip (" + s.Skip + ")"
		}
		_, _ = fmt.Fprintf(w, "  %d.\t%s\t%s -> %s\t%s\t%s\n", s.N, s.Label, s.From, s.To, lines.Seconds(s.Took), result)
		for _, d := range s.Details {
			_, _ = fmt.Fprintf(w, "      · %s\n", d)
		}
	}
}

// moment is a time for people.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
