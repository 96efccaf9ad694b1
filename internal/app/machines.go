package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/app/machines"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/desk"
)

// aMachine is "kvmbridge vm". The replicas look at the database by themselves, so that nobody has to be woken.
func aMachine(ctx context.Context, cfg config.Config, o cli.MachineOptions, out io.Writer) error {
	return withParts(ctx, cfg, func(p *probed) error {
		dns, err := p.records()
		if err != nil {
			return err
		}
		counter := &desk.Desk{
			Registry: p.store, Directory: dns.Keeper, Clock: p.clock, Undo: cfg.Termination.Undo, Reprieves: p.store, Wake: func() {}, Interrupt: func(int64) {},
		}
		return (&machines.Office{Store: p.store, Records: dns.Book, Desk: counter, Clock: p.clock}).Do(ctx, o, out)
	})
}

// auditAll is "kvmbridge audit".
func auditAll(ctx context.Context, cfg config.Config, asJSON bool, out io.Writer) (clean bool, err error) {
	err = withParts(ctx, cfg, func(p *probed) (err error) {
		a := machines.Auditor{Store: p.store, WHMCS: p.whmcs, Fleet: newFleet(cfg, p.Sidecar, p.back)}
		clean, err = a.Do(ctx, asJSON, out)
		return err
	})
	return clean, err
}

// withParts opens the database for one command, which needs tables of the version that is built in.
func withParts(ctx context.Context, cfg config.Config, do func(*probed) error) error {
	db, err := openStore(ctx, cfg, Options{Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if err := db.SchemaCurrent(ctx); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(do(newProbed(cfg, db)), db.Close())
}
