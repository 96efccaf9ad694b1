package app

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kvmbridge/kvmbridge/bridge"
)

func TestDeeds_areTheContractsCommands(t *testing.T) {
	t.Parallel()
	if d := cmp.Diff(slices.Sorted(slices.Values(bridge.CommandNames())), slices.Sorted(maps.Keys(deeds()))); d != "" {
		t.Errorf("commands (-contract +deeds):\n%s", d)
	}
}
