package app

import (
	"context"
	_ "time/tzdata" // a minimal machine has no time zones of its own

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	copiespage "github.com/kvmbridge/kvmbridge/internal/app/pages/copies"
	"github.com/kvmbridge/kvmbridge/internal/keeping"
	"github.com/kvmbridge/kvmbridge/internal/store/copies"
	trafficrows "github.com/kvmbridge/kvmbridge/internal/store/traffic"
	"github.com/kvmbridge/kvmbridge/internal/tasks"
	"github.com/kvmbridge/kvmbridge/internal/traffic/collect"
	"github.com/kvmbridge/kvmbridge/internal/vm"
	"github.com/kvmbridge/kvmbridge/internal/web"
)

// newCopies carries backups, snapshots and restores; Wake of the engine is why it comes after that.
func (s *Sidecar) newCopies(cfg config.Config, f vm.Fleet) *keeping.Keeper {
	book := copies.New(s.store.Handle(), cfg.Attention.Webhook != "")
	return &keeping.Keeper{
		Book: book, Records: book, Machines: s.store, Fleet: f, Catalogue: s.whmcs, Clock: s.clock, Log: s.log,
		Zone: cfg.Zone, Wake: s.engine.Wake,
	}
}

// copiesPage is where staff see and order them. Its lists are read by calls that a person waits for.
func (s *Sidecar) copiesPage(cfg config.Config, f *fleet, w *web.Pages) *copiespage.Page {
	return &copiespage.Page{
		Keeper: s.copies, Lists: s.newCopies(cfg, counter{f}), Book: copies.New(s.store.Handle(), false), Machines: s.store, Clock: s.clock,
		Zone: cfg.Zone, Limit: f.brief, Ordered: s.courier.Wake, Web: w,
	}
}

// late lists the services whose last good backup is older than the settings allow.
func (s *Sidecar) late(ctx context.Context) ([]keeping.Late, error) {
	return s.copies.Overdue(ctx, s.settings.Now(ctx).BackupAge)
}

// newCollector counts the traffic.
func (s *Sidecar) newCollector(cfg config.Config, f *fleet) *collect.Collector {
	return &collect.Collector{
		Ledger: trafficrows.New(s.store.Handle()), Fleet: f, Clock: s.clock,
		Terms: func(ctx context.Context) (collect.Terms, error) {
			zone, err := cfg.Zone(ctx)
			if err != nil {
				return collect.Terms{}, err
			}
			policies, err := s.whmcs.Allowances(ctx)
			return collect.Terms{Rule: s.settings.Now(ctx).Traffic, Zone: zone, Policies: policies, Blind: err}, nil
		},
	}
}

// reporting makes a task of what answers with figures.
func reporting(do func(context.Context) (processed, failed int, details []string, err error)) tasks.Run {
	return func(ctx context.Context) (r tasks.Result, err error) {
		r.Processed, r.Errors, r.Details, err = do(ctx)
		return r, err
	}
}
