package powerdns

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// Servers is what the zones of a process have in common per server: the turn to write. The zero value is ready.
type Servers struct {
	mu    sync.Mutex
	known map[string]*server
}

func (s *Servers) server(base string) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[string]*server{}
	}
	if s.known[base] == nil {
		s.known[base] = &server{turn: make(chan struct{}, 1)}
	}
	return s.known[base]
}

// server of some zones. Who has the turn owns the other fields.
type server struct {
	turn chan struct{}
	can  features
	// search tells of a zone whether the server's search finds what is there.
	search map[string]bool
	// until when can and search hold; a server is updated now and then.
	until time.Time
	// away is the last failure to reach the server, of the time failed.
	away   error
	failed time.Time
}

// learnt is how long a version is believed.
const learnt = 10 * time.Minute

// take waits for the turn; it goes round in the order of asking. Who waited while another found the server away does not
// find that out once more, or ten zones would wait ten times as long.
func (s *server) take(ctx context.Context, c clock.Clock) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	asked := c.Now()
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("waited for other writes at this PowerDNS server: %w", ctx.Err())
	}
	if s.away != nil && s.failed.After(asked) {
		defer s.leave()
		return s.away
	}
	return nil
}

// note remembers that the server was away.
func (s *server) note(err error, now time.Time) {
	s.until = time.Time{} // it may be another one when it is back
	if _, unreachable := errors.AsType[*wire.TransportError](err); unreachable {
		s.away, s.failed = err, now
	}
}

func (s *server) leave() { <-s.turn }

// features of a version (dns-providers §1.4).
type features struct {
	filter   bool // a zone can be read by name; before, rrset_name is ignored in silence and all of it comes
	disabled bool // what is read by name includes disabled records
	single   bool // EXTEND and PRUNE, which merge at the server
}

var versionNumber = regexp.MustCompile(`^(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?`)

// featuresOf a version; one that an operator replaced by a text of his own counts as old.
func featuresOf(version string) features {
	m := versionNumber.FindStringSubmatch(version)
	if m == nil {
		return features{}
	}
	n := 0
	for _, part := range m[1:] {
		i, _ := strconv.Atoi(part) // "" is 0
		n = n*10000 + i
	}
	at := func(major, minor, patch int) bool { return n >= (major*10000+minor)*10000+patch }
	return features{
		filter:   at(4, 7, 0),
		disabled: at(5, 0, 0),
		single:   at(4, 9, 12) && !at(4, 10, 0) || at(5, 0, 2),
	}
}
