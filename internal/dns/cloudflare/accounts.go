package cloudflare

import (
	"cmp"
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns/wire"
)

// knownFor is how long a zone's name need not be asked for again; ids do not change hands.
const knownFor = 10 * time.Minute

// Accounts is what the zones of one process share: per token the pace, the connections and the names of zones, per zone the
// turn to write. It is safe for concurrent use.
type Accounts struct {
	cfg Limits

	mu     sync.Mutex
	tokens map[[sha256.Size]byte]*account
	turns  map[string]turn
}

// Limits of calls with one token. The zero value keeps below Cloudflare's 1,200 in any 5 minutes.
type Limits struct {
	Clock clock.Clock // nil is clock.System
	// PerSecond and Burst describe a token bucket.
	PerSecond float64
	Burst     int
	// Patience is the longest wait for a call's turn; what would take longer is a *dns.LaterError. 30 s when zero.
	Patience time.Duration
}

// NewAccounts makes an empty Accounts.
func NewAccounts(l Limits) *Accounts {
	if l.Clock == nil {
		l.Clock = clock.System{}
	}
	// 20 + 300 s x 3.9/s = 1,190.
	l.PerSecond, l.Burst, l.Patience = cmp.Or(l.PerSecond, 3.9), cmp.Or(l.Burst, 20), cmp.Or(l.Patience, 30*time.Second)
	return &Accounts{cfg: l, tokens: map[[sha256.Size]byte]*account{}, turns: map[string]turn{}}
}

// Close drops idle connections.
func (a *Accounts) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, t := range a.tokens {
		t.http.Close()
	}
}

// account is what is shared by the zones of one token.
type account struct {
	http *wire.Client
	pace *pace

	mu    sync.Mutex
	names map[string]naming // by zone id
	clock clock.Clock
}

// naming is a zone's name that was seen at Cloudflare.
type naming struct {
	name string
	seen time.Time
}

func (a *Accounts) of(token string) (*account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := sha256.Sum256([]byte(token)) // the token itself is in fewer places then
	if found := a.tokens[key]; found != nil {
		return found, nil
	}
	client, err := wire.New(wire.Options{Secrets: wire.Secrets{token}})
	if err != nil {
		return nil, err
	}
	p := &pace{bucket: rate.NewLimiter(rate.Limit(a.cfg.PerSecond), a.cfg.Burst), clock: a.cfg.Clock, patience: a.cfg.Patience}
	a.tokens[key] = &account{http: client, pace: p, names: map[string]naming{}, clock: a.cfg.Clock}
	return a.tokens[key], nil
}

// known is a zone's name if it was seen lately, or "".
func (t *account) known(id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.names[id]; t.clock.Now().Sub(n.seen) < knownFor {
		return n.name
	}
	return ""
}

// learn remembers a zone's name; "" forgets it.
func (t *account) learn(id, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.names[id] = naming{name, t.clock.Now()}
}

// turn to write into a zone: one client at a time, whatever its token.
type turn chan struct{}

func (a *Accounts) turn(id string) turn {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.turns[id] == nil {
		a.turns[id] = make(turn, 1)
	}
	return a.turns[id]
}

// take waits for the turn; call done afterwards.
func (t turn) take(ctx context.Context) (done func(), err error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case t <- struct{}{}:
		return func() { <-t }, nil
	}
}
