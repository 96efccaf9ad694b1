package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/app/machines"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim"
	"github.com/kvmbridge/kvmbridge/internal/proxmox/pvesim/contract"
	"github.com/kvmbridge/kvmbridge/internal/store"
)

// actions is the work behind the sub-commands.
func actions(show Show) cli.Actions {
	return cli.Actions{
		Serve:   serve,
		Migrate: migrate,
		Grants:  grants,
		Schema:  schemaNumber,
		States:  machines.Tables,
		Machine: aMachine,
		Audit:   auditAll,
		Records: names,
		Task:    aTask,

		Takeover: takeOver,

		Demo:   show.Demo,
		Bench:  show.Bench,
		Sim:    simulate,
		Probes: probes(),
	}
}

func migrate(ctx context.Context, cfg config.Config, out io.Writer) (err error) {
	db, err := openStore(ctx, cfg, Options{Clock: clock.System{}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	before, want, err := db.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "The database %s is at schema %d (it was at %d).\n", cfg.DB.Name, want, before)
	return err
}

func grants(_ context.Context, cfg config.Config, out io.Writer) error {
	for _, line := range store.Grants(firstOf(cfg.DB.Name, "whmcs"), "'kvmbridge'@'localhost'") {
		if _, err := fmt.Fprintln(out, line); err != nil {
			return err
		}
	}
	return nil
}

// simulate runs the simulated cluster of the demo on its own.
func simulate(ctx context.Context, o cli.SimOptions, out io.Writer) error {
	cfg := pvesim.Demo(clock.System{})
	cfg.Version = contract.Version(o.Version)
	if o.Fast {
		cfg.Durations = pvesim.NoDurations()
	}
	server, err := pvesim.New(cfg).ListenTLS(o.Listen) //nolint:contextcheck // it listens beyond the call
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "Simulated Proxmox VE %s at %s\nfingerprint  %s\ntoken        %s\nsecret       %s\n",
		o.Version, server.URL(), server.Fingerprint(), pvesim.DemoTokenID, pvesim.DemoTokenSecret)
	if err == nil {
		<-ctx.Done()
	}
	return errors.Join(err, server.Close())
}
