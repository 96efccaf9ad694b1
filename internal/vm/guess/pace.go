package guess

import (
	"sync"
	"time"
)

// Pace remembers how long tasks of a kind take, so that a running one is looked at when it should be done and not every
// second before. It is a guess per process: a wrong one costs calls or at most longestNap, never correctness.
type Pace struct {
	mu    sync.Mutex
	short map[string]time.Duration // the shortest of late
}

const longestNap = 10 * time.Second

// Nap is how long to wait before the next look at a task of that kind that has been running for elapsed.
func (p *Pace) Nap(kind string, elapsed, poll time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(max(p.short[kind]-elapsed, poll), longestNap)
}

// Done notes that a task of that kind was seen to have ended after took. Shorter ones count at once, longer ones slowly.
func (p *Pace) Done(kind string, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.short == nil {
		p.short = map[string]time.Duration{}
	}
	known, ok := p.short[kind]
	if !ok || took < known {
		p.short[kind] = took
		return
	}
	p.short[kind] = known + (took-known)/8
}
