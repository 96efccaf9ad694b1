package namelist

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kvmbridge/kvmbridge/internal/clock"
)

const (
	pace    = 2 * time.Second // one more request may be made after it
	atOnce  = 10
	clients = 2048 // per generation
)

// limits slows every client by itself. It remembers at most two generations of clients: when the young one is full the old
// one, of those who did not come again, is forgotten.
type limits struct {
	clock clock.Clock

	mu         sync.Mutex
	young, old map[netip.Prefix]*rate.Limiter
}

func newLimits(c clock.Clock) *limits {
	return &limits{clock: c, young: map[netip.Prefix]*rate.Limiter{}}
}

// wait is how long the client has to wait before it may ask, 0 = it may now.
func (l *limits) wait(a netip.Addr) time.Duration {
	now := l.clock.Now()
	booked := l.of(client(a)).ReserveN(now, 1)
	delay := booked.DelayFrom(now)
	if delay > 0 {
		booked.CancelAt(now)
	}
	return delay
}

func (l *limits) of(who netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limiter := l.young[who]; limiter != nil {
		return limiter
	}
	if len(l.young) >= clients {
		l.young, l.old = map[netip.Prefix]*rate.Limiter{}, l.young
	}
	limiter := l.old[who]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(pace), atOnce)
	}
	l.young[who] = limiter
	return limiter
}

// client is whom an address stands for: an IPv6 host has a whole /64.
func client(a netip.Addr) netip.Prefix {
	bits := a.BitLen()
	if a.Is6() {
		bits = 64
	}
	network, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return network
}
