package cli

import "github.com/spf13/cobra"

// TakeoverOptions are the flags of "kvmbridge import".
type TakeoverOptions struct {
	DryRun bool
	JSON   bool
}

func newImport(e Env) *cobra.Command {
	var o TakeoverOptions
	cmd, sources := withSources(&cobra.Command{
		Use:   "import",
		Short: "Take over IP pools, DNS zones and VM records of the older modules; exit code 1 when a row was left",
		Long: "Take over the IP pools and DNS zones of the older extension, each if there are none yet, and every VM record of the\n" +
			"reference product that has none of ours. No guest is touched, and nothing is guessed: what contradicts something\n" +
			"else is left where it is and printed with the reason. All of it or nothing. The first activation of the addon does\n" +
			"the same; to look before it, run \"kvmbridge migrate\" and then this with --dry-run.",
		Args: cobra.NoArgs,
	}, e)
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "print what would be taken over and what not; change nothing")
	cmd.Flags().BoolVar(&o.JSON, "json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Takeover == nil {
			return missing("import")
		}
		whole, err := e.Actions.Takeover(cmd.Context(), cfg, o, e.Stdout)
		if err == nil && !whole {
			return errReported
		}
		return failed(err)
	}
	return cmd
}
