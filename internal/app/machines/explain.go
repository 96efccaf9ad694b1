package machines

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/desk"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func (f *Office) explain(s store.Standing, out io.Writer) error {
	for _, sentence := range explain(s, Tables(), f.Clock.Now()) {
		if _, err := fmt.Fprintln(out, sentence); err != nil {
			return err
		}
	}
	return nil
}

// explain says in sentences where a machine stands and what happens next.
func explain(s store.Standing, tables []cli.StateTable, now time.Time) []string {
	m := s.Machine
	out := []string{fmt.Sprintf("Service %d of %s (%s) has %s; its status is %s.", m.ServiceID, owner(m.ClientID), inWHMCS(s.ServiceStatus), called(m), m.Status)}
	out = append(out, next(s, tables, now)...)
	if m.Suspended {
		out = append(out, "It is suspended: its guest is kept off until WHMCS unsuspends the service.")
	}
	if m.Throttled {
		out = append(out, "Its traffic is used up: its network card is as slow as traffic.throttle_mbps of its product says, until the next period or a higher limit.")
	}
	if m.Attention != "" {
		out = append(out, fmt.Sprintf("A person should look at it since %s: %s", moment(s.WorryingSince), sentence(m.Attention)))
	}
	return out
}

// called names a guest and where it is.
func called(m vm.Machine) string {
	text := fmt.Sprintf("VM %d (%s)", m.VMID, m.Name)
	if m.VMID == 0 {
		text = "a VM without name and id"
		if m.Name != "" {
			text = fmt.Sprintf("the VM %s, which has no id yet", m.Name)
		}
	}
	if m.Node != "" {
		text += " on node " + m.Node
	}
	return text
}

// next says what happens next, when, and what comes after it.
func next(s store.Standing, tables []cli.StateTable, now time.Time) []string {
	m := s.Machine
	switch {
	case m.Status == vm.Removed:
		return []string{"Its guest is gone. Nothing happens until WHMCS orders a new one."}
	case m.Status == vm.ErrorTerminate:
		return []string{
			"Removing its guest failed and is not tried again by itself. " + lastError(m),
			fmt.Sprintf("When the cause is gone, \"kvmbridge vm reset %d --service --to terminate\" tries again; when the VM is gone, \"kvmbridge vm delete-record %d --service\" forgets it.", m.ServiceID, m.ServiceID),
		}
	case idle(s):
		return []string{"Nothing waits to be done."}
	}
	at, known := position(s, tables)
	if !known {
		return []string{fmt.Sprintf("This version does not know that status and does nothing. \"kvmbridge vm reset %d --service --to STATUS\" leads out of it; the statuses are %s.", m.ServiceID, desk.TargetList())}
	}
	out := []string{at.sentence(), timing(s, now)}
	return append(out, afterwards(s, tables)...)
}

// place is the step that is next.
type place struct {
	table cli.StateTable
	n     int // from 1
}

func (p place) sentence() string {
	step := p.table.Steps[p.n-1]
	if vm.IsJob(pipeline.State(step.From)) {
		return fmt.Sprintf("Next is the job %q (%s).", step.Label, p.table.Table)
	}
	return fmt.Sprintf("Next is %q, step %d of %d of %s, which leads from %s to %s.", step.Label, p.n, len(p.table.Steps), p.table.Table, step.From, step.To)
}

// position finds the step that is taken next. At ready a wish goes before the jobs.
func position(s store.Standing, tables []cli.StateTable) (place, bool) {
	at := string(s.Machine.Status)
	if s.Machine.Status == vm.Ready {
		switch {
		case s.Wish != "":
			at = string(s.Wish)
		case s.Machine.Job != "":
			at = string(s.Machine.Job.At())
		}
	}
	for _, t := range tables {
		for i, step := range t.Steps {
			if step.From == at {
				return place{t, i + 1}, true
			}
		}
	}
	return place{}, false
}

// timing says who takes the next step and when, and what it waits for.
func timing(s store.Standing, now time.Time) string {
	m := s.Machine
	switch {
	case s.Holder != "" && s.WakeAt.After(now):
		return fmt.Sprintf("A process is at it now. Should that process die, another one goes on at %s.", moment(s.WakeAt))
	case s.Holder != "":
		return fmt.Sprintf("The process that was at it has not been heard of since before %s: another running kvmbridge serve goes on.", moment(s.WakeAt))
	case s.WakeAt.IsZero() && m.LastError != "":
		return "It waits for an event, not for a time: " + sentence(m.LastError)
	case s.WakeAt.IsZero():
		return fmt.Sprintf("Nothing makes it due by itself: \"kvmbridge vm retry %d --service\" does.", m.ServiceID)
	case s.WakeAt.After(now) && m.Failures > 0:
		return fmt.Sprintf("It is tried again at %s, in %s, after %s since %s. %s", moment(s.WakeAt), pause(s.WakeAt.Sub(now)), failures(m), moment(m.FailingSince), lastError(m))
	case s.WakeAt.After(now):
		due := fmt.Sprintf("It is due at %s, in %s.", moment(s.WakeAt), pause(s.WakeAt.Sub(now)))
		if m.LastError != "" { // it waits for an event, and at that time no longer
			due += " " + sentence(m.LastError)
		}
		return due
	}
	text := fmt.Sprintf("It has been due since %s. A running kvmbridge serve takes it within seconds; when nothing happens, none works on this database.", moment(s.WakeAt))
	if m.Failures > 0 {
		text += " " + lastError(m)
	}
	return text
}

// afterwards says what was ordered meanwhile.
func afterwards(s store.Standing, tables []cli.StateTable) []string {
	m := s.Machine
	var out []string
	if m.Discard {
		out = append(out, "The guest of its earlier life is removed before a new one is built.")
	}
	if s.Wish != "" && m.Status != vm.Ready && m.Status != vm.Terminate {
		out = append(out, fmt.Sprintf("When it is ready, %s follows, which was ordered meanwhile.", s.Wish))
	}
	jobs := s.Jobs
	if m.Status == vm.Ready && s.Wish == "" && len(jobs) > 0 {
		jobs = jobs[1:] // the first one is what is next
	}
	if len(jobs) > 0 {
		var labels []string
		for _, j := range jobs {
			labels = append(labels, label(j.Job, tables))
		}
		out = append(out, fmt.Sprintf("After that, what was asked for is done in this order: %s.", strings.Join(labels, ", ")))
	}
	return out
}

func label(j vm.Job, tables []cli.StateTable) string {
	for _, t := range tables {
		if t.Start == string(j.At()) {
			return t.Steps[0].Label
		}
	}
	return string(j)
}

func lastError(m vm.Machine) string {
	if m.LastError == "" {
		return "No reason is on record."
	}
	return "The last error: " + sentence(m.LastError)
}

// sentence ends a text with a full stop.
func sentence(text string) string { return strings.TrimRight(strings.TrimSpace(text), ".") + "." }

func failures(m vm.Machine) string {
	if m.Failures == 1 {
		return "one failure"
	}
	return fmt.Sprintf("%d failures in a row", m.Failures)
}

// pause is a duration in whole seconds.
func pause(d time.Duration) string { return (d + time.Second - 1).Truncate(time.Second).String() }
