package app

import "github.com/kvmbridge/kvmbridge/internal/app/cli"

// actions is the work behind the sub-commands.
func actions() cli.Actions {
	return cli.Actions{
		States: stateTables,
		Schema: schemaNumber,
	}
}
