package app

import (
	"context"
	"path/filepath"
	"time"

	"github.com/kvmbridge/kvmbridge/internal/app/config"
	settingspage "github.com/kvmbridge/kvmbridge/internal/app/pages/settings"
	"github.com/kvmbridge/kvmbridge/internal/settings"
	"github.com/kvmbridge/kvmbridge/internal/store/settingrows"
	"github.com/kvmbridge/kvmbridge/internal/store/taskrows"
	"github.com/kvmbridge/kvmbridge/internal/web"
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

// folder is where WHMCS lies, if the configuration says it.
func folder(cfg config.Config) string {
	if cfg.WHMCS.Dir == "" {
		return ""
	}
	absolute, err := filepath.Abs(cfg.WHMCS.Dir)
	if err != nil {
		return cfg.WHMCS.Dir
	}
	return absolute
}

// settingsPage is where they are changed.
func (s *Sidecar) settingsPage(w *web.Pages) *settingspage.Page {
	return &settingspage.Page{
		Sheet: s.settings.Sheet, Book: settingrows.New(s.store.Handle(), s.settings.Sheet), Tasks: taskrows.New(s.store.Handle()),
		Changed: s.settingsChanged, Addon: s.whmcs.AddonSettings, Folder: s.folder, Clock: s.clock, Web: w,
	}
}

// settingsChanged makes a change count in this process at once; work that was paused begins.
func (s *Sidecar) settingsChanged() {
	s.settings.Forget()
	s.engine.Wake()
}

func (s *Sidecar) mayMigrate(ctx context.Context) bool { return s.settings.Now(ctx).Migrate }

func (s *Sidecar) migrationTimeout(ctx context.Context) time.Duration {
	return s.settings.Now(ctx).MigrationTimeout
}
