package callback

import (
	"errors"
	"fmt"
)

// Outcome is what became of a request.
type Outcome int

// Outcomes.
const (
	Delivered Outcome = iota // done, WHMCS says so
	Refused                  // understood and not done; sending the same again will not help
	Unknown                  // sent, and the answer is lost or unreadable: it may have been done
	NotSent                  // nothing was done for certain; sending it again later is right
)

// String is the outcome in a word.
func (o Outcome) String() string {
	return [...]string{"delivered", "refused", "unknown", "not sent"}[o]
}

// Error is any outcome but Delivered.
type Error struct {
	Outcome Outcome
	Code    string // WHMCS's or ours; for a Refused one always WHMCS's
	Message string // one sentence for a person, without secrets
	Err     error  // the cause, nil when WHMCS answered
}

// Error is the sentence, with the cause behind it.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return fmt.Sprintf("%s (%v)", e.Message, e.Err)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// OutcomeOf reads the outcome from what a method of Client returned. An error that is not of this package, such as one
// met before anything was sent, is NotSent.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Delivered
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Outcome
	}
	return NotSent
}
