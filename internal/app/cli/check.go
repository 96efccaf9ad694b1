package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
)

// probeTime bounds one probe: longer than a database or a server takes to refuse, short enough to wait for.
const probeTime = 20 * time.Second

func newCheck(e Env) *cobra.Command {
	cmd, sources := withSources(&cobra.Command{
		Use:   "check",
		Short: "Say everything that is wrong with configuration and surroundings",
		Args:  cobra.NoArgs,
	}, e)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, faults := config.Load(*sources)
		if len(faults) == 0 {
			_, _ = fmt.Fprintln(e.Stdout, "ok    configuration")
		}
		faults = append(faults, probe(cmd.Context(), e, cfg, faults)...)
		if len(faults) == 0 {
			return nil
		}
		printFaults(e.Stdout, faults)
		return errReported
	}
	return cmd
}

// probe runs the probes whose options have no fault, one after the other, and returns what they found.
func probe(ctx context.Context, e Env, cfg config.Config, known []config.Fault) []config.Fault {
	var found []config.Fault
	for _, p := range e.Actions.Probes {
		if blocked(p, known) {
			_, _ = fmt.Fprintf(e.Stdout, "skip  %s (mend the configuration first)\n", p.Name)
			continue
		}
		faults := runProbe(ctx, p, cfg)
		if len(faults) == 0 {
			_, _ = fmt.Fprintln(e.Stdout, "ok   ", p.Name)
		}
		// Probes that stand on the same broken ground find the same fault; it is said once.
		for _, f := range faults {
			if !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	return found
}

func blocked(p Probe, known []config.Fault) bool {
	for _, f := range known {
		if p.Needs != "" && strings.HasPrefix(f.Key, p.Needs) || f.Key == "whmcs" {
			return true
		}
	}
	return false
}

func runProbe(ctx context.Context, p Probe, cfg config.Config) []config.Fault {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(p.Limit, probeTime))
	defer cancel()
	faults := p.Run(ctx, cfg)
	for i := range faults {
		if faults[i].Place == "" {
			faults[i].Place = p.Name
		}
	}
	return faults
}
