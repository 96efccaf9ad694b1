package vm

import (
	"testing"
	"time"
)

func TestPace_looksWhenATaskShouldBeDone(t *testing.T) {
	t.Parallel()
	var p pace
	if got := p.nap("clone", 0, time.Second); got != time.Second {
		t.Errorf("nothing known: nap %s, want the poll interval", got)
	}
	p.done("clone", 5*time.Second)
	for elapsed, want := range map[time.Duration]time.Duration{0: 5 * time.Second, 4500 * time.Millisecond: time.Second, 9 * time.Second: time.Second} {
		if got := p.nap("clone", elapsed, time.Second); got != want {
			t.Errorf("after %s: nap %s, want %s", elapsed, got, want)
		}
	}
	p.done("clone", 3*time.Second)
	if got := p.nap("clone", 0, time.Second); got != 3*time.Second {
		t.Errorf("a shorter one counts at once: nap %s, want 3s", got)
	}
	p.done("migrate", time.Hour)
	if got := p.nap("migrate", 0, time.Second); got != longestNap {
		t.Errorf("nap %s, want at most %s", got, longestNap)
	}
}
