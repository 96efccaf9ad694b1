package pipeline

import (
	"context"
	"strings"
	"sync"
)

// Lanes bounds what must not be crowded. A key is class/detail/…; the class decides the width, the whole key
// is the lane: "clone/3/local-lvm" admits as many as the class "clone" says, per server and storage.
// Waiters are served in order of arrival. The zero Lanes bounds nothing.
type Lanes struct {
	width map[string]int
	mu    sync.Mutex
	lanes map[string]chan struct{}
}

// NewLanes takes the width per class; a class without a positive width is unbounded.
func NewLanes(width map[string]int) *Lanes {
	return &Lanes{width: width, lanes: map[string]chan struct{}{}}
}

// Enter waits for a place in the lane and returns the way out.
func (l *Lanes) Enter(ctx context.Context, key string) (leave func(), err error) {
	lane := l.lane(key)
	if lane == nil {
		return func() {}, ctx.Err()
	}
	select {
	case lane <- struct{}{}:
		return func() { <-lane }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *Lanes) lane(key string) chan struct{} {
	class, _, _ := strings.Cut(key, "/")
	if l == nil || key == "" || l.width[class] <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lanes[key] == nil {
		l.lanes[key] = make(chan struct{}, l.width[class])
	}
	return l.lanes[key]
}
