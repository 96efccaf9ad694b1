package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// withSources gives cmd the flags that say where the configuration is.
func withSources(cmd *cobra.Command, e Env) (*cobra.Command, *config.Sources) {
	s := &config.Sources{Environ: e.Environ}
	cmd.Flags().StringVar(&s.WHMCS, "whmcs", "", "folder of WHMCS, whose configuration.php is read (or KVMBRIDGE_WHMCS)")
	cmd.Flags().StringVar(&s.File, "config", "", "TOML file, see sample-config (or KVMBRIDGE_CONFIG)")
	return cmd, s
}

// load reads the configuration for a command that cannot do without; faults are printed.
func load(e Env, s *config.Sources) (config.Config, error) {
	cfg, faults := config.Load(*s)
	if len(faults) > 0 {
		printFaults(e.Stderr, faults)
		return cfg, errReported
	}
	return cfg, nil
}

func printFaults(w io.Writer, faults []config.Fault) {
	for _, f := range faults {
		_, _ = fmt.Fprintln(w, "fault", f)
	}
}

// missing is the answer of a command whose work is not part of this program.
func missing(name string) error {
	return failed(fmt.Errorf("%s is not part of this build", name))
}
