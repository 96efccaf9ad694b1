package addresses

import (
	"context"
	"sync"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/ippool"
)

// request is one call of Lease.
type request struct {
	want  ippool.Want
	began time.Time
	fresh []picked // candidates of the present try
	held  []ippool.Lease
	err   error
	done  chan struct{} // closed when held and err are set
}

// count is how many candidates of a family r has.
func (r *request) count(family int) int {
	n := 0
	for _, p := range r.fresh {
		if familyOf(p.lease.Address) == family {
			n++
		}
	}
	return n
}

// requests collects calls of Lease while a transaction runs. One address costs several statements and a commit;
// together they cost little more than one.
type requests struct {
	mu      sync.Mutex
	waiting []*request
	running bool
}

// maxBatch keeps a transaction short.
const maxBatch = 32

// add queues r; the first one starts a runner, which ends when the queue is empty.
func (q *requests) add(ctx context.Context, b *Book, r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
	if !q.running {
		q.running = true
		go q.run(ctx, b)
	}
}

func (q *requests) run(ctx context.Context, b *Book) {
	for batch := q.next(); len(batch) > 0; batch = q.next() {
		b.lease(ctx, batch)
		for _, r := range batch {
			close(r.done)
		}
	}
}

// next takes what waits, no service twice: the second call has to see what the first has got.
func (q *requests) next() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch, later []*request
	taken := map[int64]bool{}
	for _, r := range q.waiting {
		if taken[r.want.ServiceID] || len(batch) == maxBatch {
			later = append(later, r)
			continue
		}
		taken[r.want.ServiceID] = true
		batch = append(batch, r)
	}
	q.waiting = later
	q.running = len(batch) > 0
	return batch
}
