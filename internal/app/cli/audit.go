package cli

import "github.com/spf13/cobra"

func newAudit(e Env) *cobra.Command {
	var asJSON bool
	cmd, sources := withSources(&cobra.Command{
		Use:   "audit",
		Short: "Compare the clusters with the database; changes nothing, exit code 1 when anything differs",
		Args:  cobra.NoArgs,
	}, e)
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Audit == nil {
			return missing("audit")
		}
		clean, err := e.Actions.Audit(cmd.Context(), cfg, asJSON, e.Stdout)
		if err == nil && !clean {
			return errReported
		}
		return failed(err)
	}
	return cmd
}
