package app

import (
	"io/fs"
	"strconv"
	"strings"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/schema"
)

// stateTables are the pipelines as "kvmbridge states" prints them; looking at them needs nothing of the steps' world.
func stateTables() []cli.StateTable {
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

// schemaNumber is the number of the newest migration that is built in; their file names begin with it.
func schemaNumber() int {
	names, err := fs.Glob(schema.Files(), "[0-9]*_*.sql")
	if err != nil || len(names) == 0 {
		return 0
	}
	number, _, _ := strings.Cut(names[len(names)-1], "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return n
}
