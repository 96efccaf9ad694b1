package pipeline

import (
	"errors"
	"fmt"
	"time"
)

const (
	firstPause        = 2 * time.Second
	attentionFailures = 10
	attentionAfter    = 15 * time.Minute
)

// pause is how long to wait after that many failures in a row: 2 s, doubled each time, at most limit, with
// a fifth of jitter either way so that a hundred machines do not knock together. random is in [0,1).
func pause(failures int, limit time.Duration, random float64) time.Duration {
	d := firstPause
	for i := 1; i < failures && d < limit; i++ {
		d *= 2
	}
	d = min(d, limit)
	return time.Duration(float64(d) * (0.8 + 0.4*random))
}

// attention says why a person should look, or nothing. A fault that needs a person is told at once.
func attention(err error, failures int, since, now time.Time) string {
	switch {
	case FaultOf(err) == NeedsPerson:
		return err.Error()
	case failures >= attentionFailures:
		return fmt.Sprintf("%d failures in a row: %v", failures, err)
	case now.Sub(since) >= attentionAfter:
		return fmt.Sprintf("failing for %s: %v", now.Sub(since).Round(time.Minute), err)
	}
	return ""
}

// trouble is what err leaves behind after the failures before it.
func (e *Engine[R]) trouble(err error, failures int, since, now time.Time) Trouble {
	if park, ok := errors.AsType[ParkError](err); ok {
		return Trouble{Parked: true, Wake: park.Until}
	}
	if failures == 0 || since.IsZero() {
		since = now
	}
	failures++
	return Trouble{
		Failures:  failures,
		Since:     since,
		Attention: attention(err, failures, since, now),
		Wake:      now.Add(pause(failures, e.cfg.Retry, e.cfg.Random())),
	}
}
