package roster_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/roster"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

func TestDeedsOf_followTheTableOfTheProduct(t *testing.T) {
	t.Parallel()
	all := []roster.Deed{roster.Redeploy, roster.Reset, roster.Log, roster.Copies, roster.EditRecord, roster.DeleteRecord}
	special := map[pipeline.State][]roster.Deed{
		vm.Ready:          all[1:5],
		vm.ErrorTerminate: all,
		vm.Removed:        {roster.Redeploy, roster.Reset, roster.Log, roster.EditRecord, roster.DeleteRecord},
	}
	for _, status := range append(roster.Statuses(), "", "odd") {
		want, ok := special[status]
		if !ok {
			want = all[:5]
		}
		for _, gone := range []bool{false, true} {
			if d := cmp.Diff(want, roster.DeedsOf(roster.Machine{Recorded: true, Gone: gone, Status: status})); d != "" {
				t.Errorf("at %q, gone %t (-want +got):\n%s", status, gone, d)
			}
		}
	}
	if got := roster.DeedsOf(roster.Machine{}); got != nil {
		t.Errorf("without a record: %v", got)
	}
}

func TestStatuses_areAllThatTablesLeadTo(t *testing.T) {
	t.Parallel()
	for _, table := range new(vm.Steps).Tables() {
		if table.Start != table.End && slices.ContainsFunc(roster.Statuses(), func(s pipeline.State) bool { return s == table.Start }) {
			for _, step := range table.Steps {
				if !slices.Contains(roster.Statuses(), step.From) || !slices.Contains(roster.Statuses(), step.To) {
					t.Errorf("%s leads from %q to %q, which nobody can filter by", table.Name, step.From, step.To)
				}
			}
		}
	}
	if n := len(roster.Statuses()); n != 33 || !slices.Contains(roster.Statuses(), vm.ErrorTerminate) {
		t.Errorf("%d statuses", n)
	}
}
