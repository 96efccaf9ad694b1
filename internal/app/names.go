package app

import (
	"context"
	"io"
	"os/user"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/app/records"
)

// records is the office for DNS of a command; its keeper takes orders, and carries them out only while it is told to run.
func (p *probed) records() (*records.Office, error) {
	box, err := sealBox(p.cfg)
	if err != nil {
		return nil, err
	}
	book := records.NewBook(p.store, box)
	k, shop := records.NewKeeper(book, p.clock, p.log)
	return &records.Office{
		Store: p.store, WHMCS: p.whmcs, Book: book, Keeper: k, Open: shop.Open, Clock: p.clock, Undo: p.cfg.Termination.Undo, By: operator(),
	}, nil
}

// operator is who runs the program, as a log names him.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return "somebody on the command line"
	}
	return u.Username + " on the command line"
}

// names is "kvmbridge dns".
func names(ctx context.Context, cfg config.Config, o cli.RecordOptions, out io.Writer) (well bool, err error) {
	err = withParts(ctx, cfg, func(p *probed) error {
		office, err := p.records()
		if err == nil {
			well, err = office.Do(ctx, o, out)
		}
		return err
	})
	return well, err
}

// probeZones tests every DNS zone.
func probeZones(ctx context.Context, p *probed) []config.Fault {
	if faults := probeSchema(ctx, p); faults != nil {
		return faults
	}
	office, err := p.records()
	if err != nil {
		return found("DNS zones", err)
	}
	faults, err := office.Check(ctx)
	return append(faults, found("DNS zones", err)...)
}
