package timeline_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/timeline"
)

var zero = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestLine_eachEventAtItsOwnMoment(t *testing.T) {
	t.Parallel()
	line := timeline.New(zero)
	var got []string
	note := func(name string) func() {
		return func() { got = append(got, fmt.Sprint(name, " ", line.Now().Sub(zero))) }
	}
	line.After(3*time.Second, note("c"))
	line.After(time.Second, func() {
		note("a")()
		line.After(time.Second, note("b"))
	})
	gone := line.After(2500*time.Millisecond, note("gone"))
	gone.Cancel()
	line.Advance(zero.Add(10 * time.Second))
	want := []string{"a 1s", "b 2s", "c 3s"}
	if !slices.Equal(got, want) {
		t.Errorf("events: got %v, want %v", got, want)
	}
	if line.Now() != zero.Add(10*time.Second) {
		t.Errorf("now: got %v, want the moment advanced to", line.Now())
	}
}

func TestLine_locksAreFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	line := timeline.New(zero)
	var got []string
	claim := func(name string, hold time.Duration) {
		line.Acquire(timeline.Claim{
			Name: "disk", Shared: true, Slots: 2, Wait: 10 * time.Second,
			Got: func(h *timeline.Hold) {
				got = append(got, fmt.Sprint(name, "+", line.Now().Sub(zero)))
				line.After(hold, h.Release)
			},
			Timeout: func() { got = append(got, fmt.Sprint(name, " late ", line.Now().Sub(zero))) },
		})
	}
	claim("a", 6*time.Second)
	claim("b", 7*time.Second)
	claim("c", 6*time.Second)
	claim("d", time.Second)
	claim("e", time.Second)
	line.Advance(zero.Add(time.Minute))
	want := []string{"a+0s", "b+0s", "c+6s", "d+7s", "e+8s"}
	if !slices.Equal(got, want) {
		t.Errorf("order: got %v, want %v", got, want)
	}
}

func TestLine_exclusiveClaimTimesOut(t *testing.T) {
	t.Parallel()
	line := timeline.New(zero)
	line.Acquire(timeline.Claim{Name: "x"})
	waited, late := false, time.Duration(0)
	line.Acquire(timeline.Claim{
		Name: "x", Shared: true, Wait: 10 * time.Second,
		Waiting: func() { waited = true },
		Got:     func(*timeline.Hold) { t.Error("the lock was never free") },
		Timeout: func() { late = line.Now().Sub(zero) },
	})
	line.Advance(zero.Add(time.Hour))
	if !waited || late != 10*time.Second {
		t.Errorf("waiting %v, timeout after %v; want true and 10s", waited, late)
	}
}

func TestLine_nobodyOvertakesAnExclusiveClaim(t *testing.T) {
	t.Parallel()
	line := timeline.New(zero)
	var got []string
	claim := func(name string, shared bool) {
		line.Acquire(timeline.Claim{
			Name: "x", Shared: shared, Wait: time.Minute,
			Got: func(h *timeline.Hold) {
				got = append(got, name)
				line.After(time.Second, h.Release)
			},
		})
	}
	claim("reader", true)
	claim("writer", false)
	claim("late reader", true)
	if !line.Busy("x") {
		t.Error("a held lock is busy")
	}
	line.Advance(zero.Add(time.Minute))
	if want := []string{"reader", "writer", "late reader"}; !slices.Equal(got, want) {
		t.Errorf("order: got %v, want %v", got, want)
	}
	if line.Busy("x") {
		t.Error("a lock that everybody left is busy")
	}
}
