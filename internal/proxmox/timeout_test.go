package proxmox_test

import (
	"context"
	"errors"
	"testing"
	"time"
)

func lasting(d time.Duration) func(context.Context) time.Duration {
	return func(context.Context) time.Duration { return d }
}

// Work that a person waits for and work in the background share a cluster, not the time of a call.
func TestWithTimeout_boundsTheCallsOfOneSideOnly(t *testing.T) {
	t.Parallel()
	s := &stub{answers: func(int, request) reply {
		time.Sleep(500 * time.Millisecond)
		return reply{200, "OK", `{"data":{"version":"8.4.1","release":"8.4"}}`}
	}}
	c := cluster(t, s, nil)
	began := time.Now()
	_, err := c.WithTimeout(lasting(50 * time.Millisecond)).Version(t.Context())
	if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 400*time.Millisecond {
		t.Errorf("the short one took %s: %v", took, err)
	}
	if v, err := c.Version(t.Context()); err != nil || v.Release != "8.4" {
		t.Errorf("the long one: %v, %v", v, err)
	}
	n := len(s.requests())
	if v, err := c.WithTimeout(lasting(time.Nanosecond)).Version(t.Context()); err != nil || v.Release != "8.4" || len(s.requests()) != n {
		t.Errorf("what one of them learned the other does not know: %v, %v", v, err)
	}
}
