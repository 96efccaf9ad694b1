package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newPVESim(e Env) *cobra.Command {
	var o SimOptions
	cmd := &cobra.Command{
		Use:   "pvesim",
		Short: "Run the Proxmox VE simulator alone, with TLS",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case e.Actions.Sim == nil:
				return missing("pvesim")
			case o.Version != "7.4" && o.Version != "8.4" && o.Version != "9.2":
				return fmt.Errorf("--version %s is not simulated; take 7.4, 8.4 or 9.2", o.Version)
			}
			return failed(e.Actions.Sim(cmd.Context(), o, e.Stdout))
		},
	}
	cmd.Flags().StringVar(&o.Listen, "listen", "127.0.0.1:8006", "address, host:port; port 0 takes a free one")
	cmd.Flags().StringVar(&o.Version, "version", "9.2", "release to be strict like: 7.4, 8.4 or 9.2")
	cmd.Flags().BoolVar(&o.Fast, "fast", false, "tasks take no time")
	return cmd
}
