package cloudflare

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// penalty is how long Cloudflare blocks a token that called too often.
const penalty = 5 * time.Minute

var errBusy = complain(nil, "Cloudflare takes no more calls with this token for the moment; it goes on by itself")

// pace spaces the calls of one token.
type pace struct {
	bucket   *rate.Limiter
	clock    clock.Clock
	patience time.Duration

	mu    sync.Mutex
	until time.Time // no call before
}

// wait until a call may be made. A wait that is longer than patience or than ctx lasts is a *dns.LaterError at once.
func (p *pace) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := p.clock.Now()
	place := p.bucket.ReserveN(now, 1)
	delay := max(place.DelayFrom(now), p.held())
	for delay > 0 {
		if err := p.sleep(ctx, delay); err != nil {
			place.CancelAt(now)
			return err
		}
		delay = p.held()
	}
	return nil
}

func (p *pace) sleep(ctx context.Context, d time.Duration) error {
	end, ends := ctx.Deadline()
	if d > p.patience || ends && d > time.Until(end) {
		return &dns.LaterError{After: d, Cause: errBusy}
	}
	return clock.Sleep(ctx, p.clock, d)
}

// held is how long all calls have to stand still.
func (p *pace) held() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until.Sub(p.clock.Now())
}

// hold lets all calls stand still for d.
func (p *pace) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.clock.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

// heed reads what an answer says about the limit and tells whether the call was turned away for it.
func (p *pace) heed(status int, h http.Header) bool {
	if status == http.StatusTooManyRequests {
		p.hold(retryAfter(h, p.clock.Now()))
		return true
	}
	for policy := range strings.SplitSeq(h.Get("Ratelimit"), ",") {
		if left, ok := parameter(policy, "r"); ok && left == 0 {
			seconds, _ := parameter(policy, "t")
			p.hold(time.Duration(seconds) * time.Second)
		}
	}
	return false
}

// retryAfter is a number of seconds or a date; without one it is the penalty.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(at.Sub(now), 0)
	}
	return penalty
}

// parameter reads a number from a structured header such as "default";r=50;t=30.
func parameter(policy, name string) (int, bool) {
	for part := range strings.SplitSeq(policy, ";") {
		if text, found := strings.CutPrefix(strings.TrimSpace(part), name+"="); found {
			n, err := strconv.Atoi(text)
			return n, err == nil
		}
	}
	return 0, false
}
