package bridge

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func codeOf(err error) string {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Code
	}
	return ""
}

func TestNonces_refuseWhenFullAndRecover(t *testing.T) {
	t.Parallel()
	n, now := newNonces(3), time.Unix(0, 0)
	for i := range 3 {
		if err := n.use(strconv.Itoa(i), now); err != nil {
			t.Fatalf("nonce %d: %v", i, err)
		}
	}
	if got := codeOf(n.use("3", now)); got != CodeTooBusy {
		t.Errorf("fourth of three: code %q, want %q", got, CodeTooBusy)
	}
	if got := codeOf(n.use("0", now.Add(nonceLife))); got != CodeReplayedNonce {
		t.Errorf("after just two minutes: code %q, want %q", got, CodeReplayedNonce)
	}
	if err := n.use("0", now.Add(nonceLife+1)); err != nil {
		t.Errorf("after more than two minutes: %v, want it forgotten", err)
	}
	if len(n.seen) != 1 || len(n.line) != 1 {
		t.Errorf("remembers %d and %d, want 1 and 1", len(n.seen), len(n.line))
	}
}

// TestNonces_acceptOncePerLife compares with the plainest model.
func TestNonces_acceptOncePerLife(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n, now, used := newNonces(1000), time.Unix(0, 0), map[string]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "uses") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "pause")) * time.Second)
			nonce := strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "nonce"))
			at, before := used[nonce]
			fresh := !before || now.Sub(at) > nonceLife
			if err := n.use(nonce, now); (err == nil) != fresh {
				t.Fatalf("nonce %s at %s: %v, want accepted %v", nonce, now, err, fresh)
			}
			if fresh {
				used[nonce] = now
			}
		}
	})
}
