package vm_test

import (
	"errors"
	"strings"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// effect is a kind of message to WHMCS about a service.
type effect struct {
	service       int64
	kind, subject string
}

// Subjects that activity entries are counted under; their texts name guests and reasons.
const (
	entryEnded     = "terminated"
	entryFailed    = "termination failed"
	entryAttention = "attention"
)

// subjectOf is what an entry is counted under.
func subjectOf(kind, text string) string {
	switch {
	case kind != "activity":
		return text
	case strings.HasPrefix(text, "kvmbridge: the VM of service "):
		return entryAttention
	case strings.HasPrefix(text, "Service termination FAILED"):
		return entryFailed
	case strings.HasSuffix(text, "terminated successfully"):
		return entryEnded
	}
	return text
}

// tally counts what the processes of a storm had to tell, as they settle their steps.
type tally struct {
	mu      sync.Mutex
	certain map[effect]int // committed
	open    map[effect]int // whether it was committed nobody knows
	settled int
}

func newTally() *tally { return &tally{certain: map[effect]int{}, open: map[effect]int{}} }

// settle counts the effects of one settlement.
func (y *tally) settle(m *vm.Machine, commit func() error) error {
	var list []effect
	for _, mail := range m.Mails {
		list = append(list, effect{m.ServiceID, "mail", mail.Template})
	}
	for _, e := range m.Entries {
		list = append(list, effect{m.ServiceID, "activity", subjectOf("activity", e)})
	}
	for _, n := range m.Notes {
		list = append(list, effect{m.ServiceID, "note", n.Action})
	}
	return y.count(list, commit())
}

// stand counts a call for a person, which is made once while steps fail in a row.
func (y *tally) stand(m *vm.Machine, t pipeline.Trouble, commit func() error) error {
	var list []effect
	if t.Attention != "" && m.Attention == "" {
		list = []effect{{m.ServiceID, "activity", entryAttention}}
	}
	return y.count(list, commit())
}

func (y *tally) count(list []effect, err error) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	for _, e := range list {
		switch {
		case err == nil:
			y.certain[e]++
		case !errors.Is(err, pipeline.ErrLost) && !errors.Is(err, pipeline.ErrAgain):
			y.open[e]++
		}
	}
	if err == nil {
		y.settled++
	}
	return err
}
