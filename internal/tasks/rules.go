package tasks

import (
	"strings"
	"time"
)

// Rules are what the settings say about tasks.
type Rules struct {
	Intervals   map[string]time.Duration // by id; 0 = disabled
	LockTimeout time.Duration            // longest run; then its lock is stale
}

// Result is what a run answers.
type Result struct {
	Processed int
	Errors    int
	Details   []string // one line each
}

// Row is what is written down about a task.
type Row struct {
	ID       string
	Started  time.Time // of the last run; zero = never
	Finished time.Time // of the last run that ended; zero = never
	Fault    string    // why the last run that ended failed as a whole; "" = it did not
	Result   Result    // of the last run that ended
	Holder   string    // process that runs it; "" = nobody
	Until    time.Time // when Holder's lock is stale
	Token    int64     // grows with every run and every release; fences what a lost run would write
}

// Running tells whether somebody is at it at now, as far as is known.
func (r Row) Running(now time.Time) bool { return r.Holder != "" && r.Until.After(now) }

// Stale tells a run that never said how it ended, and whose lock counts no more.
func (r Row) Stale(now time.Time) bool { return r.Holder != "" && !r.Until.After(now) }

// Next is when the task is due; zero = not at all, because it is disabled.
func (r Row) Next(every time.Duration) time.Time {
	switch {
	case every <= 0:
		return time.Time{}
	case r.Started.IsZero():
		return time.Unix(0, 0).UTC()
	}
	return r.Started.Add(every)
}

// Due tells whether a run may begin at now. slack is how much too early counts as in time: a cron of every five minutes is
// not always five minutes apart.
func (r Row) Due(every, slack time.Duration, now time.Time) bool {
	next := r.Next(every)
	return !next.IsZero() && !r.Running(now) && !now.Before(next.Add(-min(slack, every/2)))
}

// maxDetails keeps one result readable; the rest is counted.
const maxDetails = 50

// shorten bounds what is written down.
func (r Result) shorten() Result {
	if n := len(r.Details); n > maxDetails {
		r.Details = append(r.Details[:maxDetails:maxDetails], "... and "+number(n-maxDetails)+" more")
	}
	for i, d := range r.Details {
		r.Details[i] = strings.ReplaceAll(d, "\n", " ")
	}
	return r
}
