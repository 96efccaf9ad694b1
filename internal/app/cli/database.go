package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// onDatabase is a command whose work needs the configuration and a place to write to.
func onDatabase(e Env, name, short string, work func(context.Context, config.Config, io.Writer) error) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{Use: name, Short: short, Args: cobra.NoArgs}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if work == nil {
			return missing(name)
		}
		return failed(work(cmd.Context(), cfg, e.Stdout))
	}
	return cmd
}

func newMigrate(e Env) *cobra.Command {
	return onDatabase(e, "migrate", "Bring the tables in WHMCS's database up to date", e.Actions.Migrate)
}

func newGrants(e Env) *cobra.Command {
	return onDatabase(e, "grants", "Print the GRANT statements for exactly what the program uses", e.Actions.Grants)
}
