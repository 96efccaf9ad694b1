package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/cli"
	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/callback"
	"github.com/kvmbridge/kvmbridge/internal/clock"
	"github.com/kvmbridge/kvmbridge/internal/store"
	"github.com/kvmbridge/kvmbridge/internal/whmcs"
)

// probes are the looks at the world of "kvmbridge check", in the order in which one depends on the other.
func probes() []cli.Probe {
	return []cli.Probe{
		{Name: "database", Needs: "db.", Run: onSidecar(func(context.Context, *probed) []config.Fault { return nil })},
		{Name: "schema", Needs: "db.", Run: onSidecar(probeSchema)},
		{Name: "shared secret", Needs: "db.", Run: onSidecar(probeSecret)},
		{Name: "callback of WHMCS", Needs: "db.", Run: onSidecar(probeCallback)},
		{Name: "Proxmox servers", Needs: "db.", Run: onSidecar(probeServers)},
		{Name: "DNS zones", Needs: "db.", Limit: 2 * time.Minute, Run: onSidecar(probeZones)}, // a server's zones are tested one after the other
	}
}

// probed is what the probes look through: the parts of a sidecar, without its listeners.
type probed struct {
	*Sidecar
	keys *keyring
	back *callback.Client
	cfg  config.Config
}

// onSidecar runs a probe with the database open; what it finds are faults, told in sentences.
func onSidecar(look func(context.Context, *probed) []config.Fault) func(context.Context, config.Config) []config.Fault {
	return func(ctx context.Context, cfg config.Config) []config.Fault {
		s, err := openStore(ctx, cfg, Options{Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			return found("database", err)
		}
		defer func() { _ = s.Close() }()
		return look(ctx, newProbed(cfg, s))
	}
}

func newProbed(cfg config.Config, s *store.DB) *probed {
	p := &probed{Sidecar: &Sidecar{log: slog.New(slog.DiscardHandler), store: s, whmcs: whmcs.New(s.Handle()), clock: clock.System{}}, cfg: cfg}
	p.keys = &keyring{cfg: cfg, whmcs: p.whmcs}
	p.back = &callback.Client{Target: p.keys.target}
	p.settings = newLive(cfg, p.Sidecar)
	return p
}

// found is the fault that err tells of; none for nil. A probe that stands on another names that one as the place, so that
// the fault is told once.
func found(place string, err error) []config.Fault {
	if err == nil {
		return nil
	}
	return []config.Fault{{Place: place, Text: sentence(err.Error())}}
}

func probeSchema(ctx context.Context, p *probed) []config.Fault {
	return found("schema", p.store.SchemaCurrent(ctx))
}

func probeSecret(_ context.Context, p *probed) []config.Fault {
	if len(p.keys.Keys()) == 0 { //nolint:contextcheck // the bridge asks for keys without one
		return found("shared secret", errors.New("there is no shared secret: activate the addon in WHMCS (Setup > Addon Modules), or set bridge.secret"))
	}
	return nil
}

func probeCallback(ctx context.Context, p *probed) []config.Fault {
	if faults := probeSecret(ctx, p); faults != nil {
		return faults
	}
	return found("callback of WHMCS", p.back.Ping(ctx))
}

// probeServers checks every enabled server of the module as TestConnection does.
func probeServers(ctx context.Context, p *probed) (faults []config.Fault) {
	if faults := probeSchema(ctx, p); faults != nil {
		return faults
	}
	servers, err := p.whmcs.Servers(ctx)
	if err != nil {
		return found("Proxmox servers", err)
	}
	f := newFleet(p.cfg, p.Sidecar, p.back)
	for _, s := range servers {
		if !s.Ours() || s.Disabled {
			continue
		}
		name := fmt.Sprintf("server %q (ID: %d)", s.Name, s.ID)
		for _, text := range f.check(ctx, s.ID) {
			if !strings.HasPrefix(text, name) {
				text = name + ": " + text
			}
			faults = append(faults, found("Proxmox servers", errors.New(text))...)
		}
	}
	return faults
}
