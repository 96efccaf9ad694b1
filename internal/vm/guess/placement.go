package guess

import "sync"

// Placement remembers which node each guest in progress was sent to: a guest that does not run yet uses no memory, and
// without it a hundred orders at once would all choose the same node. It is per process; a wrong guess costs balance, not safety.
type Placement struct {
	mu   sync.Mutex
	sent map[int64]sent
}

type sent struct {
	server int64
	node   string
	bytes  int64
}

// Put notes that a service's guest, which will use so many bytes, goes to a node of that server.
func (p *Placement) Put(service, server int64, node string, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil {
		p.sent = map[int64]sent{}
	}
	p.sent[service] = sent{server, node, bytes}
}

// Drop forgets a guest that has arrived.
func (p *Placement) Drop(service int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sent, service)
}

// Planned is the memory of other guests on their way to node, in bytes.
func (p *Placement) Planned(service, server int64, node string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum int64
	for other, s := range p.sent {
		if other != service && s.server == server && s.node == node {
			sum += s.bytes
		}
	}
	return sum
}
