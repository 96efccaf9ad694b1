package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// probes are the looks at the world of "kvmbridge check", in the order in which one depends on the other.
func probes() []cli.Probe {
	return []cli.Probe{
		{Name: "database", Needs: "db.", Run: onSidecar(func(context.Context, *probed) []string { return nil })},
		{Name: "schema", Needs: "db.", Run: onSidecar(probeSchema)},
		{Name: "shared secret", Needs: "db.", Run: onSidecar(probeSecret)},
		{Name: "callback of WHMCS", Needs: "db.", Run: onSidecar(probeCallback)},
		{Name: "Proxmox servers", Needs: "db.", Run: onSidecar(probeServers)},
	}
}

// probed is what the probes look through: the parts of a sidecar, without its listeners.
type probed struct {
	*Sidecar
	keys *keyring
	back *callback.Client
	cfg  config.Config
}

// onSidecar runs a probe with the database open; each sentence it returns is a fault.
func onSidecar(look func(context.Context, *probed) []string) func(context.Context, config.Config) []config.Fault {
	return func(ctx context.Context, cfg config.Config) (faults []config.Fault) {
		quiet := slog.New(slog.DiscardHandler)
		s, err := openStore(ctx, cfg, Options{Clock: clock.System{}, Log: quiet})
		if err != nil {
			return []config.Fault{{Place: "database", Text: err.Error()}}
		}
		defer func() { _ = s.Close() }()
		p := &probed{Sidecar: &Sidecar{log: quiet, store: s, whmcs: whmcs.New(s.Handle()), clock: clock.System{}}, cfg: cfg}
		p.keys = &keyring{cfg: cfg, whmcs: p.whmcs}
		p.back = &callback.Client{Target: p.keys.target}
		for _, text := range look(ctx, p) {
			faults = append(faults, config.Fault{Text: text})
		}
		return faults
	}
}

func probeSchema(ctx context.Context, p *probed) []string {
	if err := p.store.SchemaCurrent(ctx); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func probeSecret(_ context.Context, p *probed) []string {
	if len(p.keys.Keys()) == 0 { //nolint:contextcheck // as in keyring
		return []string{"There is no shared secret: activate the addon in WHMCS (Setup > Addon Modules), or set bridge.secret."}
	}
	return nil
}

func probeCallback(ctx context.Context, p *probed) []string {
	if err := p.back.Ping(ctx); err != nil {
		return []string{err.Error()}
	}
	return nil
}

// probeServers checks every enabled server of the module as TestConnection does.
func probeServers(ctx context.Context, p *probed) (faults []string) {
	servers, err := p.whmcs.Servers(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	f := newFleet(p.cfg, p.Sidecar, p.back)
	for _, s := range servers {
		if !s.Ours() || s.Disabled {
			continue
		}
		for _, text := range f.check(ctx, s.ID) {
			faults = append(faults, fmt.Sprintf("Server %q (ID: %d): %s", s.Name, s.ID, text))
		}
	}
	return faults
}
