package app

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
)

// Show are the sub-commands that run the whole product, sidecar included (internal/app/showroom).
type Show struct {
	Demo  func(ctx context.Context, o cli.DemoOptions, out io.Writer) error
	Bench func(ctx context.Context, names []string, out io.Writer) error
}

// Main runs the program with the process's own streams and returns its exit code. SIGINT and SIGTERM end ctx.
func Main(ctx context.Context, show Show, args ...string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, cli.Env{Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Actions: actions(show)})
}
