package states_test

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/vm/states"
)

// The reference product knows 33 (product-spec §3): 16 of a deploy, 12 of a change of package, 5 that stand alone.
func TestAll_areTheStatusesOfTheSpecification(t *testing.T) {
	t.Parallel()
	if n := len(states.All()); n != 16+12+5 {
		t.Errorf("%d statuses: %v", n, states.All())
	}
	for _, s := range states.All() {
		if vm.IsJob(s) || s == "" {
			t.Errorf("%q is no vm_status", s)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	if !states.Known(vm.SetDNSRecords) || !states.Known(vm.ErrorTerminate) || states.Known("running") || states.Known("") {
		t.Error("known: set_dns_records and error_terminate; unknown: running and nothing")
	}
}
