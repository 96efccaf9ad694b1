package wire_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/dns"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

func TestRetry(t *testing.T) {
	t.Parallel()
	passes, refused := errors.New("passes"), fmt.Errorf("no: %w", dns.ErrRefused)
	later := func(d time.Duration) error { return fmt.Errorf("slow: %w", &dns.LaterError{After: d, Cause: passes}) }
	for _, c := range []struct {
		name     string
		errs     []error // of the tries; after them success
		tries    int
		want     error
		min, max time.Duration
	}{
		{"at once", nil, 1, nil, 0, 0},
		{"after two", []error{passes, passes}, 3, nil, 150 * time.Millisecond, 450 * time.Millisecond},
		{"lasting", []error{refused}, 1, refused, 0, 0},
		{"lasting on the last try", []error{passes, passes, passes, refused}, 4, refused, 0, time.Minute},
		{"gives up", []error{passes, passes, passes, passes, passes}, 4, passes, 0, time.Minute},
		{"later", []error{later(2 * time.Second)}, 2, nil, 2 * time.Second, 2 * time.Second},
		{"much later", []error{later(time.Hour)}, 1, passes, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tries, begin := 0, time.Now()
				_, err := wire.Retry(t.Context(), wire.Tries{Max: 4, First: 100 * time.Millisecond, Cap: 3 * time.Second, Patience: time.Minute}, func() (int, error) {
					tries++
					if tries <= len(c.errs) {
						return 0, c.errs[tries-1]
					}
					return tries, nil
				})
				if took := time.Since(begin); tries != c.tries || !errors.Is(err, c.want) || took < c.min || took > c.max {
					t.Errorf("%d tries in %s, error %v", tries, took, err)
				}
			})
		})
	}
}

func TestRetry_returnsTheLastErrorWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		cause := errors.New("backend busy")
		_, err := wire.Retry(ctx, wire.Tries{First: 100 * time.Millisecond, Cap: time.Minute}, func() (int, error) { return 0, cause })
		if !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}

// A pause that outlasts the context is not waited for.
func TestRetry_doesNotWaitInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin := time.Now()
		var later *dns.LaterError
		_, err := wire.Retry(ctx, wire.Tries{Max: 3, Patience: time.Hour}, func() (int, error) {
			return 0, &dns.LaterError{After: 2 * time.Minute, Cause: errors.New("limit")}
		})
		if !errors.As(err, &later) || time.Since(begin) != 0 {
			t.Errorf("got %v after %s", err, time.Since(begin))
		}
	})
}
