package cli

import "github.com/spf13/cobra"

func newDemo(e Env) *cobra.Command {
	var o DemoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show an order becoming a machine, with everything on this machine",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if e.Actions.Demo == nil {
				return missing("demo")
			}
			return failed(e.Actions.Demo(cmd.Context(), o, e.Stdout))
		},
	}
	cmd.Flags().BoolVar(&o.Once, "once", false, "end when the first machine is ready")
	return cmd
}

func newBench(e Env) *cobra.Command {
	return &cobra.Command{
		Use:    "bench [NAME…]",
		Short:  "Print figures, the floors measured in the same run, and their budgets",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if e.Actions.Bench == nil {
				return missing("bench")
			}
			return failed(e.Actions.Bench(cmd.Context(), args, e.Stdout))
		},
	}
}
