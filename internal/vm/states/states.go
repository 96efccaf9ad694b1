// Package states lists every value that vm_status can have; the tables of steps in internal/vm are where it knows them from.
package states

import (
	"slices"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// All lists them in the order in which the tables name them; the pseudo-statuses of jobs are not among them.
func All() []pipeline.State {
	list := []pipeline.State{}
	add := func(s pipeline.State) {
		if !vm.IsJob(s) && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	for _, t := range new(vm.Steps).Tables() {
		for _, s := range t.Steps {
			add(s.From)
			add(s.To)
		}
	}
	for _, final := range []pipeline.State{vm.Ready, vm.ErrorTerminate, vm.Removed} {
		add(final)
	}
	return list
}

// Known tells whether s is one of them.
func Known(s pipeline.State) bool { return slices.Contains(All(), s) }

// Resting tells a status at which nothing is done by itself.
func Resting(s pipeline.State) bool {
	return s == vm.Ready || s == vm.ErrorTerminate || s == vm.Removed
}
