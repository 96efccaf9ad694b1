package cli

import "github.com/spf13/cobra"

func newServe(e Env) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{
		Use:   "serve",
		Short: "Run the sidecar until it is told to stop",
		Args:  cobra.NoArgs,
	}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := load(e, sources)
		if err != nil {
			return err
		}
		if e.Actions.Serve == nil {
			return missing("serve")
		}
		return failed(e.Actions.Serve(cmd.Context(), cfg, logger(e.Stderr, cfg.Log)))
	}
	return cmd
}
