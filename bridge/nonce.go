package bridge

import (
	"sync"
	"time"
)

const (
	nonceLife = 2 * time.Minute // a time 60 s ahead is fresh for 120 s
	nonceMost = 1 << 18         // about 2,000 signed requests a second, 25 MB
)

// nonces remembers what was used within nonceLife. Only genuine requests get here, so only key holders can fill it; when
// full it refuses instead of forgetting, because forgetting would let a replay in.
type nonces struct {
	mu   sync.Mutex
	seen map[string]struct{}
	line []usedNonce // oldest first
	most int
}

type usedNonce struct {
	nonce string
	at    time.Time
}

func newNonces(most int) *nonces {
	return &nonces{seen: make(map[string]struct{}), most: most}
}

// use notes the nonce; it fails when it was used before or nothing more can be remembered.
func (n *nonces) use(nonce string, now time.Time) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget(now.Add(-nonceLife))
	if _, used := n.seen[nonce]; used {
		return Refuse(CodeReplayedNonce, "This request has been received before. Send every request with a nonce of its own.")
	}
	if len(n.line) >= n.most {
		return Refuse(CodeTooBusy, "More than %d signed requests came within two minutes. Try again in a minute.", n.most)
	}
	n.seen[nonce] = struct{}{}
	n.line = append(n.line, usedNonce{nonce, now})
	return nil
}

func (n *nonces) forget(before time.Time) {
	old := 0
	for old < len(n.line) && n.line[old].at.Before(before) {
		delete(n.seen, n.line[old].nonce)
		old++
	}
	n.line = n.line[old:]
}
