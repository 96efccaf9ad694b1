package hestia

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Servers is what the zones of a process have in common per panel: the turn to call it, writes whose outcome is open, and
// refused logins. The zero value is ready.
type Servers struct {
	mu    sync.Mutex
	lanes map[string]*lane
}

func (s *Servers) lane(host string) *lane {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lanes == nil {
		s.lanes = map[string]*lane{}
	}
	if s.lanes[host] == nil {
		s.lanes[host] = &lane{turn: make(chan struct{}, 1), open: map[string]openWrite{}, known: map[[32]byte]bool{}}
	}
	return s.lanes[host]
}

// lane of one panel. Who has the turn owns the other fields.
type lane struct {
	turn chan struct{}
	// open writes by zone: while one may still run at the panel, another write of that zone could take the same id.
	open map[string]openWrite
	// known credentials were accepted or not when they were last used; bad is when any were not.
	known map[[32]byte]bool
	bad   []time.Time
}

// openWrite is a write whose outcome is unknown until then.
type openWrite struct {
	write
	until time.Time
}

func (l *lane) take(ctx context.Context) error {
	if ctx.Err() == nil {
		select {
		case l.turn <- struct{}{}:
			return nil
		case <-ctx.Done():
		}
	}
	return fmt.Errorf("the time was over before this panel's turn came: %w", ctx.Err())
}

func (l *lane) leave() { <-l.turn }

const (
	// banTime is how long the panel's fail2ban counts bad logins; the fifth locks this host out, and the other zones with it.
	banTime = 10 * time.Minute
	// ownLimit of bad logins with the same credentials, hardLimit with any.
	ownLimit, hardLimit = 3, 4
)

// mayLogin guards against being banned: credentials that were refused are tried again, but not endlessly, and new ones end
// one step before the ban. Those that were accepted last are always used.
func (l *lane) mayLogin(id [32]byte, now time.Time) bool {
	l.bad = slices.DeleteFunc(l.bad, func(at time.Time) bool { return now.Sub(at) >= banTime })
	accepted, known := l.known[id]
	return accepted || len(l.bad) < ownLimit || !known && len(l.bad) < hardLimit
}

func (l *lane) noteLogin(id [32]byte, now time.Time, accepted bool) {
	l.known[id] = accepted
	if !accepted {
		l.bad = append(l.bad, now)
	}
}
