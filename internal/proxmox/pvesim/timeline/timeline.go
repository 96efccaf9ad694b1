package timeline

import (
	"container/heap"
	"time"
)

// Line is the queue. Its Now is the moment of the event being carried out, not the wall clock.
type Line struct {
	now   time.Time
	seq   int
	queue events
	locks map[string]*lock
}

// New starts a line at the given moment.
func New(now time.Time) *Line {
	return &Line{now: now, locks: map[string]*lock{}}
}

// Now is the line's present.
func (l *Line) Now() time.Time { return l.now }

// Event is something that will happen; Cancel takes it back.
type Event struct {
	at    time.Time
	seq   int
	index int
	do    func()
	queue *events
}

// Cancel takes the event back; it is harmless after it happened.
func (e *Event) Cancel() {
	if e != nil && e.index >= 0 {
		heap.Remove(e.queue, e.index)
	}
}

// After plans do for d from now; d <= 0 happens with the next Advance, after what is planned already.
func (l *Line) After(d time.Duration, do func()) *Event {
	l.seq++
	e := &Event{at: l.now.Add(max(d, 0)), seq: l.seq, do: do, queue: &l.queue}
	heap.Push(&l.queue, e)
	return e
}

// Advance carries out everything planned up to the given moment, oldest first.
func (l *Line) Advance(to time.Time) {
	for len(l.queue) > 0 && !l.queue[0].at.After(to) {
		e := heap.Pop(&l.queue).(*Event) //nolint:forcetypeassert // the heap holds nothing else
		l.now = later(l.now, e.at)
		e.do()
	}
	l.now = later(l.now, to)
}

// Next is the moment of the next planned event; false when nothing is planned.
func (l *Line) Next() (time.Time, bool) {
	if len(l.queue) == 0 {
		return time.Time{}, false
	}
	return l.queue[0].at, true
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

type events []*Event

func (q events) Len() int { return len(q) }

func (q events) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].seq < q[j].seq
	}
	return q[i].at.Before(q[j].at)
}

func (q events) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *events) Push(x any) {
	e := x.(*Event) //nolint:forcetypeassert // the heap holds nothing else
	e.index = len(*q)
	*q = append(*q, e)
}

// Pop implements heap.Interface.
func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	e.index = -1
	*q = old[:len(old)-1]
	return e
}
