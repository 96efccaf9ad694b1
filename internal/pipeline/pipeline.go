package pipeline

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// State is a vm_status: it names the last completed step.
type State string

// Step stands at From; Do makes To true and is safe to run again after any interruption.
type Step[R any] struct {
	From, To State
	Label    string
	Do       func(context.Context, *R) error
	// Timeout bounds one run of the step including its waits; 0 takes the engine's default.
	Timeout time.Duration
	// Limit is the Timeout of a step whose time is a setting that may change; it wins.
	Limit func(context.Context) time.Duration
	// Lane names what must not be crowded while the step runs, such as "clone/3/local-lvm"; nil or "" = no limit.
	Lane func(context.Context, *R) (string, error)
	// Otherwise is where the record goes when Do gives up (GiveUp); without it giving up is an ordinary failure.
	Otherwise State
}

// Table is an unbroken chain of steps from Start to End.
type Table[R any] struct {
	Name  string // action name in logs: deploy, change_package, …
	Title string // word in the live lines: Deploy, ChangePackage, …
	Start State
	End   State
	Steps []Step[R]
}

// Step is the step that stands at s.
func (t Table[R]) Step(s State) (Step[R], bool) {
	for _, step := range t.Steps {
		if step.From == s {
			return step, true
		}
	}
	return Step[R]{}, false
}

// Check reports why t is not an unbroken chain from Start to End.
func (t Table[R]) Check() error {
	at := t.Start
	seen := map[State]bool{}
	for i, s := range t.Steps {
		switch {
		case s.From != at:
			return fmt.Errorf("table %s: step %d starts at %q, the chain stands at %q", t.Name, i+1, s.From, at)
		case seen[s.From]:
			return fmt.Errorf("table %s: two steps start at %q", t.Name, s.From)
		case s.Do == nil || s.Label == "":
			return fmt.Errorf("table %s: step %q has no label or no deed", t.Name, s.From)
		}
		seen[s.From], at = true, s.To
	}
	if at != t.End {
		return fmt.Errorf("table %s: the chain ends at %q, not at %q", t.Name, at, t.End)
	}
	return nil
}

// Fault is the one question the engine asks of an error: whose turn is it?
type Fault int

// Faults, from harmless to alarming. Every one of them is retried for ever.
const (
	// Transient passes by itself: locks, timeouts, unreachable nodes.
	Transient Fault = iota
	// Permanent will fail the same way until something changes.
	Permanent
	// NeedsPerson says that somebody has to act: a missing right, a missing template, an empty pool.
	NeedsPerson
)

// Faulty is implemented by errors that know their fault.
type Faulty interface{ Fault() Fault }

// FaultOf is the fault of err; errors that do not say are Transient.
func FaultOf(err error) Fault {
	var f Faulty
	if errors.As(err, &f) {
		return f.Fault()
	}
	return Transient
}

type faulty struct {
	error
	fault Fault
}

func (f faulty) Fault() Fault  { return f.fault }
func (f faulty) Unwrap() error { return f.error }

// WithFault marks err.
func WithFault(err error, f Fault) error { return faulty{err, f} }

// SkipError is a step that had nothing to do; it advances with zero duration.
type SkipError struct{ Reason string }

func (s SkipError) Error() string { return "skip (" + s.Reason + ")" }

// Skip advances and logs reason, such as "no change".
func Skip(reason string) error { return SkipError{reason} }

// WaitError is a step that has to look again; it is not a failure.
type WaitError struct {
	For  time.Duration
	What string
}

func (w WaitError) Error() string { return "waiting for " + w.What }

// ParkError is a step that cannot go on until something happens, such as an unsuspend. It is no failure.
type ParkError struct {
	Reason string
	Until  time.Time // zero = only an event makes the record due again
}

func (p ParkError) Error() string { return p.Reason }

// Park ends the run as waiting; whoever makes the event happen makes the record due again.
func Park(reason string) error { return ParkError{Reason: reason} }

// ParkUntil is Park for an event that may never happen: at that time the record is due all the same.
func ParkUntil(at time.Time, reason string) error { return ParkError{reason, at} }

// GiveUpError is a step that will not be tried again before a person has acted.
type GiveUpError struct{ Cause error }

func (e GiveUpError) Error() string { return e.Cause.Error() }
func (e GiveUpError) Unwrap() error { return e.Cause }

// GiveUp moves the record to the step's Otherwise, logs cause and ends the run as failed.
func GiveUp(cause error) error { return GiveUpError{cause} }

// Wait looks again after d; what says in a few words what is awaited, for the log of a timeout.
func Wait(d time.Duration, what string) error { return WaitError{d, what} }
