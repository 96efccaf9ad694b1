package vm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/golden"
	"github.com/kvmbridge/kvmbridge/internal/pipeline"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// table is the one of that name.
func table(t *testing.T, name string) pipeline.Table[vm.Machine] {
	t.Helper()
	for _, tb := range new(vm.Steps).Tables() {
		if tb.Name == name {
			return tb
		}
	}
	t.Fatalf("there is no table %q", name)
	return pipeline.Table[vm.Machine]{}
}

func TestTables_areUnbrokenChains(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	from := map[pipeline.State]string{}
	for _, table := range new(vm.Steps).Tables() {
		if err := table.Check(); err != nil {
			t.Error(err)
		}
		if names[table.Name] {
			t.Errorf("two tables are called %q", table.Name)
		}
		names[table.Name] = true
		for _, step := range table.Steps {
			if other, taken := from[step.From]; taken {
				t.Errorf("status %q starts a step of %s and one of %s: one status, one runner", step.From, other, table.Name)
			}
			from[step.From] = table.Name
		}
	}
}

// The tables as "kvmbridge states --json" prints them.
func TestTables_printAsTheyAlwaysDid(t *testing.T) {
	t.Parallel()
	type step struct {
		From  pipeline.State `json:"from"`
		To    pipeline.State `json:"to"`
		Label string         `json:"label"`
	}
	type table struct {
		Table string         `json:"table"`
		Start pipeline.State `json:"start"`
		End   pipeline.State `json:"end"`
		Steps []step         `json:"steps"`
	}
	var tables []table
	for _, tb := range new(vm.Steps).Tables() {
		out := table{Table: tb.Name, Start: tb.Start, End: tb.End}
		for _, s := range tb.Steps {
			out.Steps = append(out.Steps, step{s.From, s.To, s.Label})
		}
		tables = append(tables, out)
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(tables); err != nil {
		t.Fatal(err)
	}
	golden.Equal(t, "tables.json", text.String())
}
