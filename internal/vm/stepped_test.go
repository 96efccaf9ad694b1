package vm_test

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// stepped is a clock that stands still until somebody moves it on.
type stepped struct {
	mu    sync.Mutex
	now   time.Time
	bells []bell
}

type bell struct {
	at   time.Time
	ring chan time.Time
}

func newStepped() *stepped { return &stepped{now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)} }

func (c *stepped) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stepped) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := bell{c.now.Add(d), make(chan time.Time, 1)}
	if d <= 0 {
		b.ring <- c.now
		return b.ring
	}
	c.bells = append(c.bells, b)
	return b.ring
}

// step moves the clock on and rings what is due.
func (c *stepped) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.bells = slices.DeleteFunc(c.bells, func(b bell) bool {
		if b.at.After(c.now) {
			return false
		}
		b.ring <- c.now
		return true
	})
}

func TestStepped_ringsWhenItIsTime(t *testing.T) {
	t.Parallel()
	c := newStepped()
	start := c.Now()
	late, soon := c.After(time.Minute), c.After(time.Second)
	rung := func(ring <-chan time.Time) bool {
		select {
		case at := <-ring:
			return at.Equal(c.Now())
		default:
			return false
		}
	}
	if rung(soon) || !rung(c.After(0)) {
		t.Error("it rings by itself, or not at once")
	}
	c.step(time.Second)
	if !rung(soon) || rung(late) || c.Now().Sub(start) != time.Second {
		t.Error("it rings early or late")
	}
	c.step(time.Hour)
	if !rung(late) {
		t.Error("it does not ring")
	}
}
