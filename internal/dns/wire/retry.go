package wire

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// Tries says how often to repeat.
type Tries struct {
	Max        int           // tries in all; no limit but the context's when zero
	First, Cap time.Duration // the pause after the first try; it doubles up to Cap, with jitter
	Patience   time.Duration // the longest pause of a *dns.LaterError that is waited for
}

// Retry repeats f while its error is one that passes: none of the sentinels of package dns, and the context has not ended. It
// returns f's own last error, never one of the machinery.
func Retry[T any](ctx context.Context, t Tries, f func() (T, error)) (T, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = t.First, t.Cap, 2
	var last error
	value, err := backoff.Retry(ctx, func() (T, error) {
		v, err := f()
		last = err
		return v, t.verdict(ctx, err)
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(uint(max(t.Max, 0))), backoff.WithMaxElapsedTime(0))
	if err == nil {
		return value, nil
	}
	return value, last
}

// verdict turns an error into what backoff makes of it.
func (t Tries) verdict(ctx context.Context, err error) error {
	var later *dns.LaterError
	switch {
	case err == nil:
		return nil
	case dns.Lasting(err), errors.Is(err, ErrTooLong), ctx.Err() != nil:
		return backoff.Permanent(err)
	case !errors.As(err, &later):
		return err
	case later.After > t.Patience, !inTime(ctx, later.After):
		return backoff.Permanent(err)
	}
	return &backoff.RetryAfterError{Duration: later.After}
}

// inTime: a pause that outlasts the context is not worth its wait.
func inTime(ctx context.Context, pause time.Duration) bool {
	end, ok := ctx.Deadline()
	return !ok || time.Until(end) > pause
}
