package machines

import (
	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/vm"
)

// Tables are the pipelines as "kvmbridge states" prints them; looking at them needs nothing of the steps' world.
func Tables() []cli.StateTable {
	var tables []cli.StateTable
	for _, t := range new(vm.Steps).Tables() {
		out := cli.StateTable{Table: t.Name, Start: string(t.Start), End: string(t.End)}
		for _, s := range t.Steps {
			out.Steps = append(out.Steps, cli.StateStep{From: string(s.From), To: string(s.To), Label: s.Label})
		}
		tables = append(tables, out)
	}
	return tables
}
