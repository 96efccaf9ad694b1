package vm

import "sync"

// placement remembers which node each guest in progress was sent to: a guest that does not run yet uses no memory, and
// without it a hundred orders at once would all choose the same node. It is per process; a wrong guess costs balance, not safety.
type placement struct {
	mu   sync.Mutex
	sent map[int64]sent
}

type sent struct {
	server int64
	node   string
	bytes  int64
}

func (p *placement) put(m *Machine, node string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.sent == nil {
		p.sent = map[int64]sent{}
	}
	p.sent[m.ServiceID] = sent{m.ServerID, node, int64(m.Spec.MemoryMiB) << 20}
}

func (p *placement) drop(m *Machine) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.sent, m.ServiceID)
}

// planned is the memory of other guests on their way to node, in bytes.
func (p *placement) planned(m *Machine, node string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	var sum int64
	for service, s := range p.sent {
		if service != m.ServiceID && s.server == m.ServerID && s.node == node {
			sum += s.bytes
		}
	}
	return sum
}
