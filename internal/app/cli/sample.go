package cli

import (
	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

func newSampleConfig(e Env) *cobra.Command {
	return &cobra.Command{
		Use:   "sample-config",
		Short: "Print a commented configuration file with every option",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return failed(config.Sample(e.Stdout)) },
	}
}
