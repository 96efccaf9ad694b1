package pipeline

import (
	"context"
	"errors"
	"time"
)

// Store remembers runs and says who may work on what. Every write after Claim is fenced: it changes nothing and
// returns ErrLost when the lease has passed to somebody else or the status is no longer the one expected.
type Store[R any] interface {
	// Due lists up to limit ids whose wake time has come at now and which nobody holds, longest due first;
	// next is the earliest later wake time, zero when there is none.
	Due(ctx context.Context, now time.Time, limit int) (ids []int64, next time.Time, err error)
	// Claim takes the lease of id until the store's time to live has passed and loads the record.
	// ErrNotDue: held by somebody else, not due at now, or nothing to do.
	Claim(ctx context.Context, id int64, now time.Time) (Lease, *R, error)
	// Renew prolongs all leases of this store's holder with one statement.
	Renew(ctx context.Context, now time.Time) error
	// Begin notes in memory or in the database that a run starts; the first Settle or Fail makes it durable.
	Begin(ctx context.Context, l Lease, action string, from State, at time.Time) (Run, error)
	// Settle moves the status from e.From to e.To and writes the record, its outgoing effects and the log line, in one transaction.
	// It clears the failures in a row, on the row and on r.
	// ErrAgain: a wish that the step had to look at changed meanwhile; the step is run again.
	Settle(ctx context.Context, l Lease, run *Run, r *R, e Entry) error
	// Fail keeps the status and writes the record, the log line and the trouble; it also ends the run as waiting and
	// gives the lease back with the given wake time. An error that only repeats itself is counted, not written again.
	Fail(ctx context.Context, l Lease, run *Run, r *R, e Entry, t Trouble) error
	// End closes the run with result success, or as failed when run.Failed says why, and gives the lease back; wake zero =
	// nothing more to do.
	// A wish that arrived meanwhile is taken up here: the store may set a new status and leave the row due.
	End(ctx context.Context, l Lease, run *Run, r *R, at, wake time.Time) error
	// Release gives the lease back without a log line, due again at wake.
	Release(ctx context.Context, l Lease, wake time.Time) error
	// Holds is nil while l is the lease in force, ErrLost when it is not.
	Holds(ctx context.Context, l Lease) error
	// Note writes the record's own fields between two settlements, such as the id of a task just started.
	Note(ctx context.Context, l Lease, r *R) error
}

// Errors of a Store.
var (
	ErrNotDue = errors.New("not due")
	ErrLost   = errors.New("lease lost")
	ErrAgain  = errors.New("a wish changed meanwhile")
)

// Lease is the right to work on one id; Token grows with every claim and fences every write.
type Lease struct {
	ID    int64
	Token int64
}

// Run is one pass of a pipeline over one id.
type Run struct {
	ID      int64 // 0 until durable
	Action  string
	From    State
	Started time.Time
	Steps   int
	Failed  string // why a step gave up; "" = it did not
}

// Entry is one line of a run's log.
type Entry struct {
	N        int // from 1 in every run
	Label    string
	From, To State  // equal when the step did not advance
	Result   string // "success" or the error's text
	Skip     string // reason, "" = done
	Started  time.Time
	Took     time.Duration
}

// Trouble is what a failed step leaves on the record.
type Trouble struct {
	Failures  int       // in a row
	Since     time.Time // of the first of them
	Attention string    // why a person should look; "" = not yet
	Parked    bool      // not a failure: waits for an event
	Wake      time.Time // zero = not due by time
}
