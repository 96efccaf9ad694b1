package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by the linker (see the Makefile); empty in a plain go build, where the module's own record answers.
var (
	version string
	commit  string //nolint:gochecknoglobals // set by the linker
)

func newVersion(e Env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go version and schema number",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema := 0
			if e.Actions.Schema != nil {
				schema = e.Actions.Schema()
			}
			v, c := buildIdentity()
			_, err := fmt.Fprintf(e.Stdout, "kvmbridge %s\ncommit    %s\ngo        %s\nschema    %d\n",
				v, c, runtime.Version(), schema)
			return failed(err)
		},
	}
}

// Version is the version of this binary, "dev" if nobody recorded it.
func Version() string {
	v, _ := buildIdentity()
	return v
}

// Commit is the one this binary was built from.
func Commit() string {
	_, c := buildIdentity()
	return c
}

// buildIdentity is the version and commit of this binary, "dev" and "unknown" if nobody recorded them.
func buildIdentity() (v, c string) {
	v, c = version, commit
	if c == "" {
		c = recordedCommit()
	}
	if v == "" {
		v = "dev"
	}
	return v, c
}

func recordedCommit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}
