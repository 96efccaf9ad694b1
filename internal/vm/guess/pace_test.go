package guess

import (
	"testing"
	"time"
)

func TestPace_looksWhenATaskShouldBeDone(t *testing.T) {
	t.Parallel()
	var p Pace
	if got := p.Nap("clone", 0, time.Second); got != time.Second {
		t.Errorf("nothing known: nap %s, want the poll interval", got)
	}
	p.Done("clone", 5*time.Second)
	for elapsed, want := range map[time.Duration]time.Duration{0: 5 * time.Second, 4500 * time.Millisecond: time.Second, 9 * time.Second: time.Second} {
		if got := p.Nap("clone", elapsed, time.Second); got != want {
			t.Errorf("after %s: nap %s, want %s", elapsed, got, want)
		}
	}
	p.Done("clone", 3*time.Second)
	if got := p.Nap("clone", 0, time.Second); got != 3*time.Second {
		t.Errorf("a shorter one counts at once: nap %s, want 3s", got)
	}
	p.Done("migrate", time.Hour)
	if got := p.Nap("migrate", 0, time.Second); got != longestNap {
		t.Errorf("nap %s, want at most %s", got, longestNap)
	}
}
