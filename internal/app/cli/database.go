package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

func newMigrate(e Env) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{
		Use: "migrate", Short: "Bring the tables in WHMCS's database up to date", Args: cobra.NoArgs,
	}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Migrate == nil {
			return missing("migrate")
		}
		return failed(e.Actions.Migrate(cmd.Context(), cfg, e.Stdout))
	}
	return cmd
}

// newGrants needs no database and therefore no complete configuration: a value that is not there is no fault.
func newGrants(e Env) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{
		Use: "grants", Short: "Print the GRANT statements for exactly what the program uses", Args: cobra.NoArgs,
	}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, faults := config.Load(*sources)
		faults = slices.DeleteFunc(faults, func(f config.Fault) bool { return f.Missing })
		if len(faults) > 0 {
			printFaults(e.Stderr, faults)
			return errReported
		}
		if e.Actions.Grants == nil {
			return missing("grants")
		}
		return failed(e.Actions.Grants(cmd.Context(), cfg, e.Stdout))
	}
	return cmd
}
