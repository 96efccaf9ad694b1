package app

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// outcomes tells those who look on what runs of this replica came to.
type outcomes struct {
	mu       sync.Mutex
	watchers map[*tally]struct{}
}

// tally is the last outcome of each service since somebody began to look.
type tally struct {
	text map[int64]string // details of a task (product-spec §12.6, L11)
}

// action is what is done to a machine, in the reference product's word.
func action(status pipeline.State) string {
	switch {
	case vm.Building(status):
		return "deploy"
	case vm.Changing(status):
		return "change_package"
	}
	return string(status)
}

func detail(serviceID int64, action, text string) string {
	return fmt.Sprintf("sid:%d action:%s [%s]", serviceID, action, text)
}

// watch begins a tally; end gives it.
func (o *outcomes) watch() (end func() map[int64]string) {
	t := &tally{map[int64]string{}}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.watchers == nil {
		o.watchers = map[*tally]struct{}{}
	}
	o.watchers[t] = struct{}{}
	return func() map[int64]string {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.watchers, t)
		return t.text
	}
}

func (o *outcomes) note(serviceID int64, action, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for t := range o.watchers {
		t.text[serviceID] = detail(serviceID, action, text)
	}
}

// inOrder lists details by service.
func inOrder(texts map[int64]string) (list []string) {
	for _, id := range slices.Sorted(maps.Keys(texts)) {
		list = append(list, texts[id])
	}
	return list
}

// Began implements pipeline.Observer.
func (*outcomes) Began(pipeline.Table[vm.Machine], *vm.Machine) {}

// Settled implements pipeline.Observer.
func (*outcomes) Settled(pipeline.Table[vm.Machine], *vm.Machine, pipeline.Entry) {}

// Stood implements pipeline.Observer. A machine that waits has come to nothing yet.
func (o *outcomes) Stood(t pipeline.Table[vm.Machine], m *vm.Machine, e pipeline.Entry, tr pipeline.Trouble) {
	if tr.Failures > 0 && !tr.Parked {
		o.note(m.ServiceID, t.Name, e.Result)
	}
}

// Ended implements pipeline.Observer.
func (o *outcomes) Ended(t pipeline.Table[vm.Machine], m *vm.Machine) {
	o.note(m.ServiceID, t.Name, "success")
}
