package app

import (
	"context"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/settingrows"
)

// sheet is the table of settings, with the defaults of the configuration file.
func sheet(cfg config.Config) settings.Sheet {
	return settings.New(settings.Configured{Migrate: cfg.Migration.Enable, MigrationTimeout: cfg.Migration.Timeout})
}

// newLive reads what is saved of them.
func newLive(cfg config.Config, s *Sidecar) *settings.Live {
	all := sheet(cfg)
	return &settings.Live{Sheet: all, Source: settingrows.New(s.store.Handle(), all), Clock: s.clock, Log: s.log}
}

func (s *Sidecar) mayMigrate(ctx context.Context) bool { return s.settings.Now(ctx).Migrate }

func (s *Sidecar) migrationTimeout(ctx context.Context) time.Duration {
	return s.settings.Now(ctx).MigrationTimeout
}
