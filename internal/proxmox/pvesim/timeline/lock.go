package timeline

import "time"

// Claim is what somebody wants of a lock.
type Claim struct {
	Name string
	// Shared claims stand beside each other, up to Slots of them (0 = any number).
	Shared bool
	Slots  int
	// Wait is how long the claimant stands in line before Timeout is called.
	Wait time.Duration
	// Got runs once the lock is held, at once when it is free; Waiting runs first when it is not.
	Got              func(*Hold)
	Waiting, Timeout func()
}

// Hold is a place at a lock, held or waited for. Release gives it up; twice is harmless.
type Hold struct {
	line    *Line
	lock    *lock
	claim   Claim
	held    bool
	gone    bool
	timeout *Event
}

type lock struct {
	holders []*Hold
	waiting []*Hold
}

// Acquire stands in line for a lock, first come first served.
func (l *Line) Acquire(c Claim) *Hold {
	lk := l.locks[c.Name]
	if lk == nil {
		lk = &lock{}
		l.locks[c.Name] = lk
	}
	h := &Hold{line: l, lock: lk, claim: c}
	if len(lk.waiting) == 0 && lk.admits(h) {
		h.take()
		return h
	}
	if c.Waiting != nil {
		c.Waiting()
	}
	lk.waiting = append(lk.waiting, h)
	h.timeout = l.After(c.Wait, func() {
		h.Release()
		c.Timeout()
	})
	return h
}

// Busy tells whether an exclusive claim would have to wait now.
func (l *Line) Busy(name string) bool {
	lk := l.locks[name]
	return lk != nil && len(lk.holders)+len(lk.waiting) > 0
}

// Release gives the lock, or the place in line, up and lets the next ones in.
func (h *Hold) Release() {
	if h == nil || h.gone {
		return
	}
	h.gone = true
	h.timeout.Cancel()
	h.lock.holders = without(h.lock.holders, h)
	h.lock.waiting = without(h.lock.waiting, h)
	h.lock.admitNext()
}

func (h *Hold) take() {
	h.held = true
	h.timeout.Cancel()
	h.lock.holders = append(h.lock.holders, h)
	if h.claim.Got != nil {
		h.claim.Got(h)
	}
}

func (lk *lock) admitNext() {
	for len(lk.waiting) > 0 && lk.admits(lk.waiting[0]) {
		next := lk.waiting[0]
		lk.waiting = lk.waiting[1:]
		next.take()
	}
}

func (lk *lock) admits(h *Hold) bool {
	if len(lk.holders) == 0 {
		return true
	}
	if !h.claim.Shared || !lk.holders[0].claim.Shared {
		return false
	}
	return h.claim.Slots == 0 || len(lk.holders) < h.claim.Slots
}

func without(list []*Hold, h *Hold) []*Hold {
	for i, x := range list {
		if x == h {
			return append(list[:i:i], list[i+1:]...)
		}
	}
	return list
}
