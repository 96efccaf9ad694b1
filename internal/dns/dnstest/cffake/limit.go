package cffake

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Limit of calls: more than Calls within Per block the token for Block.
type Limit struct {
	Calls      int
	Per, Block time.Duration
}

// window counts the calls of one token.
type window struct {
	began   time.Time
	used    int
	blocked time.Time
}

// SetLimit exchanges the limit and forgets what was counted.
func (s *Server) SetLimit(l Limit) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cfg.Limit, s.windows = l, map[string]*window{}
}

// count counts a call of a token, writes what is left into h and refuses what is too much.
func (s *Server) count(token string, h http.Header) *refusal {
	now, limit := s.cfg.Clock.Now(), s.cfg.Limit
	w := s.windows[token]
	if w == nil || now.Sub(w.began) >= limit.Per {
		blocked := time.Time{}
		if w != nil {
			blocked = w.blocked
		}
		w = &window{began: now, blocked: blocked}
		s.windows[token] = w
	}
	w.used++
	if w.used > limit.Calls && !now.Before(w.blocked) {
		w.blocked = now.Add(limit.Block)
	}
	left := seconds(w.began.Add(limit.Per).Sub(now))
	h.Set("Ratelimit", fmt.Sprintf(`"default";r=%d;t=%d`, max(limit.Calls-w.used, 0), left))
	h.Set("Ratelimit-Policy", fmt.Sprintf(`"default";q=%d;w=%d`, limit.Calls, seconds(limit.Per)))
	if now.Before(w.blocked) {
		h.Set("Retry-After", strconv.Itoa(seconds(w.blocked.Sub(now))))
		return refuse(rateLimited, limit.Calls, seconds(limit.Per))
	}
	return nil
}

// seconds rounds up.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }
