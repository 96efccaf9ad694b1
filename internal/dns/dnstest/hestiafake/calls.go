package hestiafake

import "slices"

// Call is a command that was sent, with its arguments by name ("arg1" …). Credentials are not kept.
type Call struct {
	Path string
	Cmd  string
	Args map[string]string
	// Code: the exit code was asked for instead of the output.
	Code bool
	Key  bool // sent with an access key
}

// keptCalls bounds the log of a panel that runs for days.
const keptCalls = 100_000

// Calls that were sent so far.
func (p *Panel) Calls() []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// Commands are the names of the calls in their order.
func (p *Panel) Commands() []string {
	var names []string
	for _, c := range p.Calls() {
		names = append(names, c.Cmd)
	}
	return names
}

// Forget empties the log of calls.
func (p *Panel) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = nil
}

func (p *Panel) note(path string, r request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) >= keptCalls {
		p.calls = slices.Clone(p.calls[keptCalls/2:])
	}
	p.calls = append(p.calls, Call{Path: path, Cmd: r.cmd, Args: r.named, Code: r.code, Key: r.key != ""})
}

// enter and leave count open requests.
func (p *Panel) enter() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying++
	p.most = max(p.most, p.flying)
}

func (p *Panel) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying--
}
