package roster

import (
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Deed is what can be done from a line of the list.
type Deed string

// Deeds, named as their forms and windows are.
const (
	Redeploy     Deed = "redeploy"
	Reset        Deed = "reset"
	Log          Deed = "log"
	Copies       Deed = "copies"
	EditRecord   Deed = "record"
	DeleteRecord Deed = "delete"
)

// DeedsOf are the buttons of a machine with a record, in the order of display (product-spec §10.4). A service that was
// terminated keeps Redeploy, which the desk refuses then. Without a record there is nothing to act on.
func DeedsOf(m Machine) []Deed {
	if !m.Recorded {
		return nil
	}
	var list []Deed
	for _, b := range buttons() {
		if b.at(m.Status) {
			list = append(list, b.deed)
		}
	}
	return list
}

type button struct {
	deed Deed
	at   func(pipeline.State) bool
}

func buttons() []button {
	always := func(pipeline.State) bool { return true }
	return []button{
		{Redeploy, func(s pipeline.State) bool { return s != vm.Ready }},
		{Reset, always},
		{Log, always},
		{Copies, func(s pipeline.State) bool { return s != vm.Removed }},
		{EditRecord, always},
		{DeleteRecord, func(s pipeline.State) bool { return s == vm.ErrorTerminate || s == vm.Removed }},
	}
}
