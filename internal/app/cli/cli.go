package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes of the program.
const (
	exitOK    = 0
	exitFault = 1 // what was asked for failed, or check found faults
	exitUsage = 2 // the command line makes no sense
)

// Env is the process as the sub-commands see it, so that tests can run them without one.
type Env struct {
	Args    []string
	Stdin   io.Reader // nil = empty
	Stdout  io.Writer
	Stderr  io.Writer
	Environ []string // "NAME=value"
	Actions Actions
}

// Run runs one command line and returns the exit code; errors are printed to e.Stderr.
func Run(ctx context.Context, e Env) int {
	root := newRoot(e)
	root.SetArgs(e.Args)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if !errors.Is(err, errReported) {
		_, _ = fmt.Fprintln(e.Stderr, "kvmbridge:", err)
	}
	if ran := new(failure); errors.As(err, &ran) || errors.Is(err, errReported) {
		return exitFault
	}
	return exitUsage
}

// errReported says that the command has already printed why it failed.
var errReported = errors.New("faults were printed")

// failure is an error of the work; everything else that reaches Run is a fault of the command line.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

// failed marks the error of a command's work; a nil err stays nil.
func failed(err error) error {
	if err == nil {
		return nil
	}
	return &failure{err}
}

func newRoot(e Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "kvmbridge",
		Short:         "Builds the virtual machines that WHMCS sells on Proxmox VE",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	for _, command := range commands() {
		root.AddCommand(command(e))
	}
	return root
}

// commands lists the sub-commands in the order of the help text.
func commands() []func(Env) *cobra.Command {
	return []func(Env) *cobra.Command{
		newServe, newCheck, newVM, newAudit, newDNS, newTask, newImport, newMigrate, newGrants, newSampleConfig, newStates, newDemo, newBench, newPVESim, newVersion,
	}
}
