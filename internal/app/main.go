package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
)

// Main runs the program with the process's own streams and returns its exit code. SIGINT and SIGTERM end ctx.
func Main(ctx context.Context, args ...string) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Run(ctx, cli.Env{Args: args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(), Actions: actions()})
}
